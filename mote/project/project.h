// A project: mote.toml, which says what is measured, what is computed from it, what is learned and what it has to fit.
//
// Every key is an entry of project_sections() or of a block's settings; from these the file is read and checked,
// written (write_template) and documented (write_reference).
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mote/blocks/block.h"

namespace mote {

struct Section {
  std::string_view name;   // "input"
  std::string_view about;  // a sentence or two
  std::span<const Setting> settings;
};
std::span<const Section> project_sections();

// The keys that every [[block]] has besides its settings.
std::span<const Setting> block_keys();

struct Project {
  std::filesystem::path folder;  // paths in the file are relative to it
  std::map<std::string, Settings, std::less<>> sections;
  std::vector<BlockConfig> blocks;

  const Settings& section(std::string_view name) const;
};

// The kinds of `mote new`: "audio motion vibration ecg image sensor".
extern const std::string_view kProjectKinds[6];

bool is_project(const std::filesystem::path& file);

// Reads and checks all of it; the error has a line for everything that is wrong, with the line of the file.
Expected<Project> parse_project(std::string_view toml, const std::filesystem::path& file);
Expected<Project> read_project(const std::filesystem::path& file);

// Whether [input] is a camera.
bool takes_pictures(const Project& project);

// The texts of a setting that holds several.
std::vector<std::string> lines_of(const std::string& text);

// Full scale of each axis, by [input] ranges; empty: all have [input] range.
Expected<std::vector<double>> full_scales_of(const Project& project);

// The signal that a window is, by [input]: in its unit, or where axes have ranges of their own in shares of these.
Expected<Signal> signal_of(const Project& project);

// Samples from a window to the next, by [input]; 0 where windows do not overlap.
Expected<int32_t> hop_of(const Project& project);

// Samples (of a camera: pixels) from the beginning of one window to that of the next: the hop, a window where there is
// none, or more than a window where the device pauses. And the seconds that this takes.
Expected<int32_t> period_of(const Project& project);
double seconds_per_window(const Project& project);

// The same in rows of the graph's input.
Expected<int32_t> hop_rows_of(const Project& project);

// What one block makes of a window of samples, with the blocks whose samples it takes.
Expected<Graph> make_block_graph(const Project& project, size_t block);

// The features of a window as one vector, [1, n], in the order of the blocks: what learners take.
Expected<Graph> make_vector_graph(const Project& project);

// All that the firmware computes, as one graph: a window of samples, the blocks' features, the model. Its input is the
// samples, int16 [1, rows, values of a row]; its output the model's, or the features where there is no model yet. The
// features of several blocks are joined to one vector, in the order of the blocks.
Expected<Graph> make_project_graph(const Project& project);

// The same with this model instead of that of [model].
struct LearnedModel;
Expected<Graph> make_project_graph(const Project& project, const LearnedModel& model);

// A mote.toml for a kind of project, each key with its comment.
Expected<std::string> write_template(std::string_view kind, std::string_view name);

// docs/PROJECT.md: every key of every section and block.
std::string write_reference();

}  // namespace mote
