// What an op tells the compiler. Passes and the planner ask; they never switch on which op they hold.
//
// An op is a folder, mote/ops/<name>/, that defines one constant `extern const OpDef <name>_op`. The build finds it by
// the folder's name; nothing else has to change to add one.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/channels.h"
#include "mote/compiler/ir/graph.h"
#include "mote/device/rows.h"

namespace mote {

struct TfliteOp;  // formats/tflite.h

// Reads one operator type of a model file: fills op.attrs (and may drop operands that become attributes).
struct Reader {
  std::string_view opcode;  // "CONV_2D"
  Status (*read)(const TfliteOp& from, const Graph& graph, Op& op);
};

// What an op's definition computes with: operand bytes in NHWC order.
struct Operands {
  const Graph& graph;
  const Op& op;
  std::vector<std::span<const uint8_t>> in;  // an absent operand is empty
  std::vector<std::span<uint8_t>> out;

  template <class T>
  std::span<const T> input(size_t i) const {
    return view_as<T>(in[i]);
  }
  template <class T>
  std::span<T> output(size_t i) const {
    return {reinterpret_cast<T*>(out[i].data()), out[i].size() / sizeof(T)};
  }
};

struct OutputType {
  DType type;
  Shape shape;
};

// A kernel: code in the op's folder. It runs on the host and, unless it is host_only, on every core.
struct KernelDef {
  std::string_view name;    // "conv2d_s8": the function, in namespace mote
  std::string_view header;  // "mote/ops/conv2d/conv2d.kernel.h"
  std::string_view params;  // "Conv2D": its parameter struct, integers
  std::string_view fields;  // "in_w in_c ...": their names, in order, for readable output
  Kernel run;
  Bytes (*pack)(const std::vector<int32_t>& members) = nullptr;  // null: all members are int32_t; see params.h
  bool host_only = false;                                        // <op>.host.h declares it; firmware never has it
};

// One constant table of a kernel call. The emitter writes it as an array of `type`.
struct Table {
  enum Role { weights, multipliers };  // weights and biases, or everything else: multipliers, look-up tables
  std::string name;                    // "weights", "bias", "requant"
  std::string type;                    // "int8_t", "int32_t", "uint16_t", "Requant"
  Role role = weights;
  Blob data;
  int64_t other_bytes = 0;  // of these: multipliers among the weights
};

// Which rows of an operand a step reads. Step x reads the rows first(x) + i * dilation, i < span, of the image
// [begin, begin + count); first(x) = begin + x * stride + offset, or table[x]. Rows outside the image are null.
// x is the output row (for a fold: the step).
struct Reads {
  TensorId tensor = kNone;
  bool whole = false;  // all rows at once, one after another; the kernel gets one pointer
  int32_t begin = 0;
  int32_t count = 0;  // rows in the image
  int32_t span = 1;
  int32_t stride = 1;
  int32_t offset = 0;
  int32_t dilation = 1;
  std::vector<uint16_t> table = {};
  // The output row of a step may start at or before this step's row of this operand and run over it: the kernel reads
  // each byte before it writes any byte at or after it.
  bool may_overlap = false;
};

// Reads row x for output row x: elementwise ops.
Reads read_same_rows(TensorId tensor, const Tensor& type, bool may_overlap);
// Reads everything, in every step.
Reads read_whole(TensorId tensor, const Tensor& type);

struct Writes {
  TensorId tensor = kNone;
  int32_t begin = 0;  // the rows [begin, begin + rows)
};

// Which elements of a constant operand are numbers: first, first + step, ... The others are structure, such as indices.
struct Numbers {
  size_t first = 0, step = 1;
  int32_t bits = 0;  // that flash holds of each, two's complement; 0: none is a number
};

// How often a kernel does what, over a whole inference: its cost on a core is a linear function of these (costs.h).
struct Work {
  int64_t steps = 0;      // calls of the kernel
  int64_t pixels = 0;     // output pixels: vectors along the last dimension
  int64_t values = 0;     // input values that it brings into another form first
  int64_t outputs = 0;    // output values
  int64_t macs = 0;       // multiply-accumulates
  int64_t rest_macs = 0;  // those of them outside the kernel's blocks: pixels that are left over
};

// One kernel at work: what the planner schedules, row by row.
struct KernelCall {
  const KernelDef* kernel = nullptr;
  std::vector<int32_t> params;  // the members of the parameter struct
  std::vector<Table> tables;
  std::vector<Reads> reads;
  std::vector<Writes> writes;
  int32_t rows = 1;           // output rows in all
  int32_t rows_per_step = 1;  // the kernel may be handed this many rows at once
  int32_t steps_per_row = 1;  // > 1: each row is made in parts, or (fold) from as many steps
  bool fold = false;          // a step consumes a row; its output row is written by the last step of the row
  int32_t scratch_bytes = 0;  // during a step
  int32_t carry_bytes = 0;    // from the first step to the last
  Work work = {};             // set where there is a choice between kernels
  int32_t op = 0;             // index into Graph::ops; set by lower_graph
  int32_t step_count() const {
    return rows_per_step > 1 ? (rows + rows_per_step - 1) / rows_per_step : rows * steps_per_row;
  }
};

// A way to do an op: which kernel, and how many rows it makes in a step.
struct Way {
  const KernelDef* kernel = nullptr;
  int32_t rows_per_step = 1;
  bool operator==(const Way&) const = default;
};

// Which of an op's ways to take; none: the first.
struct LowerOptions {
  Way way = {};
};

struct OpDef {
  std::string_view name;  // == folder name
  std::vector<Reader> readers;

  // Shapes and types of the outputs; refuses what the op does not do. Output quantisation is read from the graph.
  Expected<std::vector<OutputType>> (*infer)(const Op& op, const Graph& graph);

  // The definition: naive loops that share no arithmetic with the kernel.
  void (*define)(const Operands& operands);

  // The kernel calls that do it.
  Expected<std::vector<KernelCall>> (*lower)(const Op& op, const Graph& graph, const LowerOptions& options);

  // How it can be done, the plain way, which every core has, first. The planner chooses by cost among those whose
  // kernels the core's cost table lists. Null: there is one.
  std::vector<Way> (*ways)(const Op& op, const Graph& graph) = nullptr;

  // For a call that folds all rows of its operand into sums: the call that turns the sums of one window into those of
  // the window that lies `rows` further on. Its first `rows` steps take the rows away that leave, as many more add the
  // new ones, the last one writes the result. None, or null: its sums cannot slide.
  std::optional<KernelCall> (*slide)(const KernelCall& fold, int32_t rows) = nullptr;

  // What of a constant operand are numbers, of which a wrong one makes a worse model and no broken one. None, or null:
  // all of its elements, in all of their bits.
  std::optional<Numbers> (*numbers)(size_t operand) = nullptr;

  // Multiply-accumulates, for reports; null: none.
  int64_t (*macs)(const Op& op, const Graph& graph) = nullptr;

  // Values that the definition looks at for all of its results, where that is neither about one of each operand nor
  // macs(): the taps of a pool. Null: nothing more.
  int64_t (*taps)(const Op& op, const Graph& graph) = nullptr;

  // Takes over a clamp of its output, or says no. Null: never.
  bool (*absorb_clamp)(Op& op, Clamp clamp) = nullptr;

  // Takes over a padding of its first input with the input's zero point (rows before and after, columns before and
  // after), or says no. Null: never.
  bool (*absorb_padding)(Op& op, const Graph& graph, const std::vector<std::pair<int32_t, int32_t>>& padding) = nullptr;

  // The output's bytes are the input's bytes: a change of shape alone.
  bool is_reshape = false;
  // Its first operand may have any shape with the same bytes; the output's shape must not depend on it.
  bool (*reads_flat)(const Op& op) = nullptr;
  // One operand, an output of its shape, and each vector along the last dimension is dealt with by itself.
  bool is_pointwise = false;
  // If the op is a plain clamp (equal quantisation on both sides): which one. Null: it never is.
  std::optional<Clamp> (*as_clamp)(const Op& op, const Graph& graph) = nullptr;
  // If the op only surrounds its input with the zero point: by how much, per dimension. Null: it never does.
  std::optional<std::vector<std::pair<int32_t, int32_t>>> (*as_padding)(const Op& op, const Graph& graph) = nullptr;

  // The range of each channel of the (8-bit) output, given those of the operands: never narrower than what define()
  // makes of any values within them. Null: any value.
  Ranges (*ranges)(const Op& op, const Graph& graph, const OperandRanges& in) = nullptr;
  // For all values within these ranges the output is the first operand, byte for byte. Null: never.
  bool (*is_identity)(const Op& op, const Graph& graph, const OperandRanges& in) = nullptr;
  // Adds to the sets the channels that go with those already in them: of operands what the output's channels are made
  // of, less constant channels that keep() folds away; of operands and outputs what the op cannot tell apart.
  // Null: everything.
  void (*need)(const Op& op, const Graph& graph, const OperandRanges& in, OpChannels& channels) = nullptr;
  // Makes the op do with the channels kept, which need() has agreed to and of which some go: slices its weights and
  // what else belongs to a channel (as new tensors), and folds the constant channels that go. The tensors that it reads
  // and makes as data are sliced by the caller, afterwards. Null: nothing in the op depends on channels.
  void (*keep)(Op& op, Graph& graph, const OperandRanges& in, const OpChannels& kept) = nullptr;
  // Operands are repeated along dimensions where their size is 1.
  bool is_broadcast = false;

  // A random valid instance: one op, its constants, shapes of the outputs filled in. All its test needs.
  Graph (*sample)(Rng& rng) = nullptr;
};

// All ops, in the order of their names (the build writes the list from the folders).
std::span<const OpDef* const> all_ops();
const OpDef* find_op(std::string_view name);
// The op and reader for an operator type of a .tflite file, or null.
std::pair<const OpDef*, const Reader*> find_reader(std::string_view opcode);

}  // namespace mote
