// A sensor block: what a project file says about samples, turned into ops. A block is a folder, mote/blocks/<name>/,
// that defines one constant `extern const BlockDef <name>_block`; the build finds it by the folder's name.
//
// A block has no arithmetic of its own: training, evaluation and firmware all run the ops that it appends to a graph.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/compiler/base/expected.h"
#include "mote/compiler/ir/append.h"

namespace mote {

// One setting of a block. Forms are drawn and pages are written from it, and values are checked against it.
struct Setting {
  enum Kind { number, integer, choice, flag, text, texts };  // texts: several, in values one a line
  std::string_view name;
  Kind kind = number;
  std::string_view unit;           // "s", "Hz", "dB", ""
  double low = 0, high = 0;        // numbers: what is allowed
  std::string_view default_value;  // as text
  std::string_view choices;        // "none hann hamming"
  std::string_view about;          // one sentence
};

// The values of a block's settings: all of them, checked.
class Settings {
 public:
  double number(std::string_view name) const;
  int32_t integer(std::string_view name) const { return static_cast<int32_t>(number(name)); }
  const std::string& choice(std::string_view name) const;

 private:
  friend Expected<Settings> check_settings(std::string_view block, std::span<const Setting> schema,
                                           const std::map<std::string, std::string>& given);
  std::map<std::string, std::string, std::less<>> values_;
};

// Fills in defaults. Refuses names that are not there (naming the nearest one) and values outside of what is allowed.
Expected<Settings> check_settings(std::string_view block, std::span<const Setting> schema,
                                  const std::map<std::string, std::string>& given);

// Of `names`, the one that needs the fewest edits to become `name`, where the rest of a name counts as one; none if
// that is more than a third of its letters.
std::optional<std::string_view> find_nearest(std::string_view name, std::span<const std::string_view> names);

// A window of samples, as a project cuts it out of a recording; or a picture, whose pixels are the samples, row by row,
// and whose channels the axes.
struct Signal {
  double rate_hz = 0;
  int32_t samples = 0;  // in a window, per axis
  int32_t axes = 1;
  double scale = 1;   // real value of one step of the int16 samples, or of the bytes of a picture
  int32_t width = 0;  // of a picture; 0: it is none
};

struct BlockDef {
  std::string_view name;   // == folder name
  int32_t version;         // another result is another version: a model names the one that it was trained with
  std::string_view about;  // one sentence
  std::span<const Setting> settings;

  // How many samples an input row may hold at most: the steps in which the block moves along the window.
  Expected<int32_t> (*row_samples)(const Signal& signal, const Settings& settings);

  // Appends the block's ops. `samples`: int16 [1, rows, samples per row * axes], whose row is a divisor of
  // row_samples(); a picture is uint8 [1, height, width, axes]. Returns the features, a tensor of rows.
  Expected<TensorId> (*attach)(Graph& graph, TensorId samples, const Signal& signal, const Settings& settings);

  // For a block that makes samples, which other blocks can take as their input: which. Their rows are those of its
  // input, as many and as long in time. Null: it makes features.
  Expected<Signal> (*makes)(const Signal& signal, const Settings& settings) = nullptr;

  bool takes_pictures = false;  // and no samples in time
};

std::span<const BlockDef* const> all_blocks();
const BlockDef* find_block(std::string_view name);

struct BlockConfig {
  std::string block;
  std::map<std::string, std::string> settings = {};
  std::string name = {};          // for other blocks to refer to; empty: that of the block
  std::string input = "samples";  // whose samples it takes: the sensor's, or those that the block of this name makes
  // Features of int8, these values as -128 and 127; both 0: as the block makes them.
  double int8_low = 0, int8_high = 0;
};

// A graph that makes the features of a window: one input, the samples; one output for each block that no other block
// takes as its input, in the order given. Blocks may stand before those whose samples they take. Where windows overlap,
// `hop` is the samples from one to the next: a whole number of rows.
Expected<Graph> make_feature_graph(const Signal& signal, std::span<const BlockConfig> blocks, int32_t hop = 0);

}  // namespace mote
