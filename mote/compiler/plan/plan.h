// A plan: in which order the rows of a model are made, and where each of them lives while it is needed.
//
// There is one mechanism. A schedule lists steps of kernel calls; a step makes a row. Whole tensors, line buffers and
// whole networks that run through line buffers differ in the order of the steps alone. Rows are then packed into the
// arena by their lifetimes: a row that has been read for the last time gives its bytes to the next row that fits, be it
// of the same tensor (a ring), of another one (a shared ring), of the input (consumed) or of the op's own operand (in
// place).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mote/compiler/ir/costs.h"
#include "mote/compiler/ir/op_def.h"

namespace mote {

enum class Optimize { ram, balanced, speed };

enum class Feed {
  whole,  // the input lies in the arena before the first step
  rows,   // it arrives row by row; a row stays only as long as it is needed
};

struct PlanOptions {
  Optimize optimize = Optimize::balanced;
  Feed feed = Feed::whole;
  std::optional<int64_t> ram_bytes;  // refuse plans whose arena is larger
  Costs costs = {};                  // of the kernels on the core; empty: each op's first way is taken
  int32_t hop = 0;                   // > 0: the window slides by this many rows of the input (and is fed by rows)
  // What Choice::all_flash_bytes() should stay within; where nothing does, the smallest that was found is taken.
  std::optional<int64_t> flash_bytes = {};
};

// By op: the way it is to be done; none: its first.
using Ways = std::vector<Way>;

// One choice of ways for all ops, and what it takes by the cost table. See ways.cpp.
struct Choice {
  Ways ways;
  std::vector<int32_t> cuts;     // the stages that were assumed; empty: none were
  int64_t peak_bytes = 0;        // of memory, with these stages; 0: not simulated
  double instructions = 0;       // of the ops that have a choice
  double flash_bytes = 0;        // of their tables and of the kernels' code
  double other_flash_bytes = 0;  // of the tables of all other ops
  double all_flash_bytes() const { return flash_bytes + other_flash_bytes; }
};

// Where the rows of a tensor are, as offsets into the arena. Empty: the tensor has no place (a constant, or unused).
struct Place {
  std::vector<int64_t> rows;
  bool linear = false;  // row y lies at rows[0] + y * row_bytes
  int64_t slots = 0;    // most rows alive at once: the height of the ring, or of the whole tensor
};

struct PlanStep {
  int32_t call = 0;  // index into Plan::calls; kTake: row `step` of the input has to be there now
  int32_t step = 0;
};
constexpr int32_t kTake = -1;

// A window that slides along the rows of the input, `hop` rows at a time. Rows are numbered within the window, so that
// a kernel sees the same numbers as in the whole model; row y of a window may be row y + shift of the window before.
struct Stream {
  int32_t hop = 0;
  std::vector<int32_t> shift;  // by tensor: rows that a hop moves it on; 0: nothing of it is taken over
  // By row number (see RowIndex), of a window that is not the first:
  std::vector<char> kept;     // taken over from the window before
  std::vector<char> fresh;    // made anew
  std::vector<char> lasting;  // the next window takes it over
  // Calls that only a hop makes stand behind those of the ops: the first moves, which bring the rows taken over to
  // their places, and then slides, which turn the sums of a fold over time into those of the next window.
  int32_t op_calls = 0;
  struct Slide {
    int32_t fold, call;  // the fold that it stands for; its own call, whose first `leaving` steps take rows away
    int32_t leaving;
  };
  std::vector<Slide> slides;
  int32_t first_slide() const { return slides.empty() ? INT32_MAX : slides[0].call; }
  bool is_move(int32_t call) const { return hop > 0 && call >= op_calls && call < first_slide(); }
  const Slide* slide_of(int32_t call) const {
    for (const Slide& s : slides)
      if (s.call == call) return &s;
    return nullptr;
  }
};

struct Plan {
  Graph graph;  // after the passes
  std::vector<KernelCall> calls;
  std::vector<PlanStep> schedule;      // of a window from nothing
  std::vector<PlanStep> hop_schedule;  // of each window after it, where the window slides
  Stream stream;
  std::vector<Place> places;                        // by tensor
  std::vector<int64_t> scratch;                     // by call: offset of its scratch; -1: none
  std::vector<int64_t> carry;                       // by call
  std::vector<std::pair<int32_t, int32_t>> stages;  // first and last call of each line-buffer pipeline
  int64_t arena_bytes = 0;
  int64_t least_bytes = 0;  // most bytes alive at once: no packing of this schedule can be smaller
  int64_t whole_bytes = 0;  // the arena with every tensor whole, for comparison
  Choice choice;
  PlanOptions options;
};

// The kernel calls of every op, in order.
Expected<std::vector<KernelCall>> lower_graph(const Graph& graph, const Ways& ways);

// Passes have to be run before. Includes check_plan.
Expected<Plan> make_plan(Graph graph, const PlanOptions& options);

// An order of the ops with a small peak of whole tensors. Bounded: exact for graphs with few open branches.
void order_ops(Graph& graph);

// Elementary steps that the planner's searches have taken in this thread so far: what tests of its growth count.
inline thread_local int64_t plan_work = 0;

// ---- the parts of make_plan ----

// Rows of all tensors, numbered through.
struct RowIndex {
  explicit RowIndex(const Graph& graph);
  int32_t at(TensorId tensor, int32_t row) const { return first[static_cast<size_t>(tensor)] + row; }
  std::vector<int32_t> first;    // by tensor: the number of its row 0; one more entry at the end
  std::vector<TensorId> tensor;  // by row number
};

// The rows of `reads.tensor` that output row (fold: step) x reads.
template <class Visit>
void visit_reads(const Reads& reads, int32_t x, Visit visit) {
  if (reads.whole) {
    for (int32_t y = 0; y < reads.count; ++y) visit(reads.begin + y);
    return;
  }
  const int32_t first = reads.table.empty() ? x * reads.stride + reads.offset : reads.table[static_cast<size_t>(x)];
  for (int32_t i = 0; i < reads.span; ++i)
    if (const int32_t y = first + i * reads.dilation; y >= 0 && y < reads.count) visit(reads.begin + y);
}

// The output rows [first, last) that a step works on; for a fold they are written by the last step of a row alone.
struct StepRows {
  int32_t first, last;
  int32_t x;       // what Reads count by
  bool completes;  // the rows are complete after this step
  bool writes;     // this step writes them
};
StepRows rows_of_step(const KernelCall& call, int32_t step);

// All rows that a step reads, once each; of what is read whole, those that the steps before have not read already.
template <class Visit>
void visit_step_reads(const KernelCall& call, int32_t step, Visit visit) {
  const StepRows rows = rows_of_step(call, step);
  for (const Reads& reads : call.reads) {
    if (reads.whole && step > 0) continue;
    if (reads.whole || rows.last - rows.first == 1) {
      visit_reads(reads, rows.x, [&](int32_t y) { visit(reads, y); });
      continue;
    }
    for (int32_t r = 0; r < rows.last - rows.first; ++r)
      visit_reads(reads, rows.x + r, [&](int32_t y) { visit(reads, y); });
  }
}

// Rows that the windows of a call read, step by step; operands that are read whole count once.
int64_t count_reads(const KernelCall& call);
constexpr int64_t kMaxReads = 10'000'000;  // of a model

// What the device stores of a schedule: runs of steps of one call are one entry.
int64_t count_entries(const std::vector<PlanStep>& schedule);
constexpr int64_t kMaxEntries = 65535;

// How many row pointers a step of the call is handed.
int32_t count_row_pointers(const KernelCall& call);

// Runs a stage partition on demand: the steps in order. `cuts` are the calls at which a new stage begins (the first is
// 0). Inputs are taken row by row with Feed::rows.
std::vector<PlanStep> schedule_stages(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                      const std::vector<int32_t>& cuts, Feed feed, const Stream* stream = nullptr);

// The steps of a hop: sums lose what leaves, rows taken over move to their places, then the rest on demand.
std::vector<PlanStep> schedule_hop(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                   const std::vector<int32_t>& cuts, const Stream& stream);

// Finds what a window that slides by `hop` rows takes over from the window before, and appends the calls that only a
// hop makes. Refuses hops that are no multiple of the model's stride in time.
Expected<Stream> plan_stream(const Graph& graph, const RowIndex& index, std::vector<KernelCall>& calls, int32_t hop);

// How many windows so many bytes of a stream of input rows make, and the bytes of one of them.
int64_t count_windows(const Plan& plan, size_t bytes);
Bytes window_of(const Plan& plan, std::span<const uint8_t> stream, int64_t window);

// What a hop computes, against a whole window, and what it keeps for that.
struct HopWork {
  int64_t rows = 0, all_rows = 0;
  int64_t macs = 0, all_macs = 0;
  std::vector<int64_t> op_macs;  // in a hop
  int64_t kept_bytes = 0;        // rows and sums that last from hop to hop
  int64_t moved_bytes = 0;       // rows that are brought to another place in each hop
};
HopWork count_hop_work(const Plan& plan);

// Where each row is born and dies, in steps of the schedule.
struct Life {
  int32_t birth = -1, death = -1;  // both inclusive; -1: never made
};
// Where the window slides, the steps of the hop follow those of the first window, and what they make lives a second
// time. What lasts from hop to hop lives from the end of the first window on, and again to the end of the hop.
struct Lives {
  std::vector<Life> rows, rows_again;    // by row number
  std::vector<Life> carry, carry_again;  // by call
  int64_t peak_bytes = 0;                // most bytes alive at once, in-place reuse counted
  int32_t peak_step = 0;
};
Lives find_lives(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                 const std::vector<PlanStep>& schedule, Feed feed, const Stream* stream = nullptr,
                 const std::vector<PlanStep>& hop_schedule = {});
Lives find_lives(const Plan& plan, const RowIndex& index);

// Choices worth looking at for `options`, from the least memory to the least time; at least one.
Expected<std::vector<Choice>> list_choices(const Graph& graph, const PlanOptions& options);

// What a choice is worth for what was asked for; less is better. `bytes`: the arena, or the peak.
double score_of(const Choice& choice, int64_t bytes, const PlanOptions& options);

// Chooses the stages: a bounded search that starts from estimates and simulates a few dozen partitions.
std::vector<int32_t> choose_stages(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                   Feed feed, const Stream* stream = nullptr);

// Packs the rows; fills places, scratch, carry and arena_bytes.
void place_rows(Plan& plan, const RowIndex& index, const Lives& lives);

// Replays the plan on a memory of owners: every byte that a step reads was last written by the row meant, nothing is
// written outside the arena, outputs are whole at the end. Shares no code with the planner.
Status check_plan(const Plan& plan);

// Why an arena does not fit: the moment of the peak, what is alive then, and what would help.
std::string explain_peak(const Plan& plan);

}  // namespace mote
