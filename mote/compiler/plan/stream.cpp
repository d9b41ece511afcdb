// What a window that slides over a stream of rows shares with the window before.
//
// A row of a window is the same as the row `shift` further on in the window before where it is made by the same kernel
// from rows that are the same, and misses the same rows outside of the image. So the rows near a padding are made anew
// for each window, and all others once. What is read whole, or folded over time, has no rows in time: it is made anew,
// from rows that are kept, except for sums that can slide.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "mote/compiler/plan/plan.h"
#include "mote/device/move_rows.h"

namespace mote {
namespace {

constexpr int32_t kMovedAtOnce = 8;  // rows: their addresses lie on the stack
constexpr KernelDef kMoveRows{"move_rows", "mote/device/move_rows.h", "MoveRows", "bytes", move_rows};

// How a tensor moves on in time: `rows` rows for every `unit` rows of the input, the least for which both are whole
// numbers. No rows: it does not.
struct Pace {
  int64_t rows = 0, unit = 1;
};

// The rows of its operand that a call moves on by for `rows` rows of its output, the least that holds for all of them.
struct Step {
  int64_t rows = 0, reads = 0;
};

Step step_of(const KernelCall& call, const Reads& r) {
  if (r.table.empty()) return {1, int64_t{r.stride} * (call.fold ? call.steps_per_row : 1)};
  const auto n = static_cast<int32_t>(r.table.size());
  for (int32_t rows = 1; rows < n; ++rows) {
    const int32_t reads = r.table[static_cast<size_t>(rows)] - r.table[0];
    bool holds = reads > 0;
    for (int32_t x = 0; holds && x + rows < n; ++x)
      holds = r.table[static_cast<size_t>(x + rows)] - r.table[static_cast<size_t>(x)] == reads;
    if (holds) return {rows, reads};
  }
  return {};
}

class Analysis {
 public:
  Analysis(const Graph& graph, const RowIndex& index, std::vector<KernelCall>& calls)
      : graph_(graph),
        index_(index),
        calls_(calls),
        paces_(graph.tensors.size()),
        maker_(graph.tensors.size(), -1),
        same_(index.tensor.size(), 0) {
    for (size_t c = 0; c < calls.size(); ++c)
      for (const Writes& w : calls[c].writes) maker_[static_cast<size_t>(w.tensor)] = static_cast<int32_t>(c);
  }

  Expected<Stream> run(int32_t hop) {
    const TensorId input = graph_.inputs[0];
    const int32_t window = row_count(graph_.at(input));
    if (hop > window)
      return unsupported(fmt::format("--stream {}: the input \"{}\" ({}) has {} rows in time; at most {} are allowed",
                                     hop, short_name(graph_.at(input)), print(graph_.at(input).shape), window, window));
    const int64_t stride = find_paces();
    if (hop % stride != 0) return refuse(hop, stride, window);
    stream_.hop = hop;
    for (const Pace& p : paces_) stream_.shift.push_back(static_cast<int32_t>(p.rows * (hop / p.unit)));
    stream_.op_calls = static_cast<int32_t>(calls_.size());
    for (auto* rows : {&stream_.kept, &stream_.fresh, &stream_.lasting}) rows->assign(index_.tensor.size(), 0);
    find_same_rows();
    const std::vector<Stream::Slide> slides = find_slides();
    find_needed(slides);
    add_moves();
    for (Stream::Slide s : slides) {
      calls_.push_back(*slide_call(s.fold));
      s.call = static_cast<int32_t>(calls_.size()) - 1;
      stream_.slides.push_back(s);
    }
    return std::move(stream_);
  }

 private:
  static Error refuse(int32_t hop, int64_t stride, int32_t window) {
    const int64_t below = hop / stride * stride, above = below + stride;
    std::string allowed = fmt::format("no such hop is within the {} rows of its window", window);
    if (below > 0 && above <= window) allowed = fmt::format("the nearest allowed are {} and {}", below, above);
    else if (below > 0 || above <= window)
      allowed = fmt::format("the nearest allowed is {}", below > 0 ? below : above);
    return unsupported(
        fmt::format("--stream {}: the model's strides in time multiply to {}, and a hop has to be a multiple of it; {}",
                    hop, stride, allowed));
  }

  bool is_constant(TensorId id) const { return graph_.at(id).is_constant(); }

  // The stride of the whole model: the least hop for which every tensor moves on by whole rows.
  int64_t find_paces() {
    const TensorId input = graph_.inputs[0];
    paces_[static_cast<size_t>(input)] = {1, 1};
    int64_t stride = 1;
    for (size_t c = 0; c < calls_.size(); ++c) {
      const Pace pace = pace_of(static_cast<int32_t>(c));
      for (const Writes& w : calls_[c].writes) paces_[static_cast<size_t>(w.tensor)] = pace;
      if (pace.rows > 0) stride = std::lcm(stride, pace.unit);
    }
    return stride;
  }

  Pace pace_of(int32_t c) const {
    const KernelCall& call = calls_[static_cast<size_t>(c)];
    for (const Writes& w : call.writes)  // a tensor that several calls make has seams that do not move
      if (w.begin != 0 || row_count(graph_.at(w.tensor)) != call.rows || maker_[static_cast<size_t>(w.tensor)] != c)
        return {};
    if (call.rows == 1 || (call.carry_bytes > 0 && !call.fold)) return {};
    Pace pace;
    for (const Reads& r : call.reads) {
      if (is_constant(r.tensor) && (!r.whole || row_count(graph_.at(r.tensor)) == 1)) continue;
      const Pace& in = paces_[static_cast<size_t>(r.tensor)];
      const Step step = step_of(call, r);
      if (r.whole || in.rows == 0 || step.reads <= 0) return {};
      const int64_t times = step.reads / std::gcd(step.reads, in.rows);
      const Pace mine{in.rows * times / step.reads * step.rows, in.unit * times};
      if (pace.rows > 0 && pace.rows * mine.unit != mine.rows * pace.unit) return {};
      if (mine.unit > pace.unit || pace.rows == 0) pace = mine;
    }
    return pace;
  }

  char& same(TensorId id, int32_t y) { return same_[static_cast<size_t>(index_.at(id, y))]; }
  int32_t shift(TensorId id) const { return stream_.shift[static_cast<size_t>(id)]; }

  // same_[y]: row y of a window is row y + shift of the window before.
  void find_same_rows() {
    const TensorId input = graph_.inputs[0];
    for (int32_t y = 0; y + stream_.hop < row_count(graph_.at(input)); ++y) same(input, y) = 1;
    for (const KernelCall& call : calls_) {
      const int32_t by = shift(call.writes[0].tensor);
      if (by == 0) continue;
      for (int32_t x = 0; x + by < call.rows; ++x) {
        const bool is_same = makes_same(call, x, x + by);
        for (const Writes& w : call.writes) same(w.tensor, x) = is_same;
      }
    }
  }

  bool makes_same(const KernelCall& call, int32_t now, int32_t before) {
    const int32_t parts = call.fold ? call.steps_per_row : 1;
    for (const Reads& r : call.reads)
      for (int32_t p = 0; p < parts; ++p)
        if (!reads_same(r, now * parts + p, before * parts + p)) return false;
    return true;
  }

  bool reads_same(const Reads& r, int32_t now, int32_t before) {
    if (r.whole) return true;  // a constant
    auto first = [&](int32_t x) { return r.table.empty() ? x * r.stride + r.offset : r.table[static_cast<size_t>(x)]; };
    for (int32_t i = 0; i < r.span; ++i) {
      const int32_t a = first(now) + i * r.dilation, b = first(before) + i * r.dilation;
      const bool inside = a >= 0 && a < r.count;
      if (inside != (b >= 0 && b < r.count)) return false;
      if (inside && !is_same_row(r.tensor, r.begin + a, r.begin + b)) return false;
    }
    return true;
  }

  bool is_same_row(TensorId id, int32_t now, int32_t before) {
    if (!is_constant(id)) return before == now + shift(id) && same(id, now);
    const auto bytes = graph_.at(id).data.bytes();
    const auto n = static_cast<size_t>(row_bytes(graph_.at(id)));
    return std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(now * n),
                      bytes.begin() + static_cast<std::ptrdiff_t>((now + 1) * n),
                      bytes.begin() + static_cast<std::ptrdiff_t>(before * n));
  }

  std::optional<KernelCall> slide_call(int32_t fold) const {
    const KernelCall& call = calls_[static_cast<size_t>(fold)];
    const Op& op = graph_.ops[static_cast<size_t>(call.op)];
    return op.def->slide(call, shift(call.reads[0].tensor));
  }

  // Folds of all rows of a tensor of which no row is made anew near a padding, where sliding is less work.
  std::vector<Stream::Slide> find_slides() {
    std::vector<Stream::Slide> slides;
    for (size_t c = 0; c < calls_.size(); ++c) {
      const KernelCall& call = calls_[c];
      if (!call.fold || call.rows != 1 || call.reads.size() != 1 || call.writes.size() != 1) continue;
      const Reads& r = call.reads[0];
      const int32_t n = row_count(graph_.at(r.tensor)), by = shift(r.tensor);
      const bool all = r.begin == 0 && r.count == n && r.offset == 0 && r.stride == 1 && r.span == 1 &&
                       r.table.empty() && call.steps_per_row == n &&
                       maker_[static_cast<size_t>(call.writes[0].tensor)] == static_cast<int32_t>(c);
      if (!all || by == 0 || 2 * by >= n || !graph_.ops[static_cast<size_t>(call.op)].def->slide) continue;
      bool shared = true;
      for (int32_t y = 0; y + by < n; ++y) shared &= same(r.tensor, y) != 0;
      if (shared && slide_call(static_cast<int32_t>(c))) slides.push_back({static_cast<int32_t>(c), -1, by});
    }
    return slides;
  }

  // From the outputs backwards: a row that is shared is kept, and then it has to be there at the end of the window
  // before; any other is made from the rows that it reads.
  void find_needed(const std::vector<Stream::Slide>& slides) {
    needed_.assign(index_.tensor.size(), 0);
    const TensorId input = graph_.inputs[0];
    const int32_t window = row_count(graph_.at(input));
    for (int32_t y = window - stream_.hop; y < window; ++y) need(input, y);  // they arrive, whoever reads them
    for (TensorId id : graph_.outputs)
      for (int32_t y = 0; y < row_count(graph_.at(id)); ++y) need(id, y);
    while (!open_.empty()) {
      const int32_t row = open_.back();
      open_.pop_back();
      const TensorId id = index_.tensor[static_cast<size_t>(row)];
      const int32_t y = row - index_.at(id, 0);
      if (same(id, y)) {
        stream_.kept[static_cast<size_t>(row)] = 1;
        last(id, y + shift(id));
      } else if (!stream_.fresh[static_cast<size_t>(row)]) {
        make_fresh(id, y, slides);
      }
    }
  }

  void need(TensorId id, int32_t y) {
    if (is_constant(id)) return;
    const int32_t row = index_.at(id, y);
    if (!needed_[static_cast<size_t>(row)]) open_.push_back(row);
    needed_[static_cast<size_t>(row)] = 1;
  }

  void last(TensorId id, int32_t y) {
    stream_.lasting[static_cast<size_t>(index_.at(id, y))] = 1;
    need(id, y);
  }

  void make_fresh(TensorId id, int32_t y, const std::vector<Stream::Slide>& slides) {
    stream_.fresh[static_cast<size_t>(index_.at(id, y))] = 1;
    const auto slide = std::find_if(slides.begin(), slides.end(), [&](const Stream::Slide& s) {
      return calls_[static_cast<size_t>(s.fold)].writes[0].tensor == id;
    });
    if (slide != slides.end()) {
      const TensorId from = calls_[static_cast<size_t>(slide->fold)].reads[0].tensor;
      const int32_t n = row_count(graph_.at(from));
      for (int32_t i = 0; i < slide->leaving; ++i) last(from, i), need(from, n - 1 - i);
      return;
    }
    for (size_t c = 0; c < calls_.size(); ++c)
      for (const Writes& w : calls_[c].writes)
        if (w.tensor == id && y >= w.begin && y < w.begin + calls_[c].rows) make_row(calls_[c], y - w.begin);
  }

  void make_row(const KernelCall& call, int32_t x) {
    const int32_t parts = call.fold ? call.steps_per_row : 1;
    bool whole = call.carry_bytes > 0 && !call.fold;
    for (const Reads& r : call.reads) {
      whole |= r.whole && !is_constant(r.tensor);
      for (int32_t p = 0; p < parts; ++p) visit_reads(r, x * parts + p, [&](int32_t y) { need(r.tensor, y); });
    }
    for (const Writes& w : call.writes) {
      need(w.tensor, w.begin + x);
      for (int32_t y = 0; whole && y < call.rows; ++y) need(w.tensor, w.begin + y);  // in order, from the first on
    }
  }

  // A call for each run of rows that are taken over.
  void add_moves() {
    for (size_t i = 0; i < graph_.tensors.size(); ++i) {
      const auto id = static_cast<TensorId>(i);
      if (is_constant(id)) continue;
      const int32_t n = row_count(graph_.at(id));
      auto is_kept = [&](int32_t y) { return y < n && stream_.kept[static_cast<size_t>(index_.at(id, y))]; };
      for (int32_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; is_kept(end);) ++end;
        if (end > begin) add_move(id, begin, end - begin);
        else ++end;
      }
    }
  }

  void add_move(TensorId id, int32_t to, int32_t rows) {
    KernelCall call;
    call.kernel = &kMoveRows;
    call.params = {static_cast<int32_t>(row_bytes(graph_.at(id)))};
    Reads reads;
    reads.tensor = id, reads.begin = to + shift(id), reads.count = rows;
    call.reads = {reads};
    call.writes = {{id, to}};
    call.rows = rows;
    call.rows_per_step = std::min(rows, kMovedAtOnce);
    call.op = maker_[static_cast<size_t>(id)] < 0 ? 0 : calls_[static_cast<size_t>(maker_[static_cast<size_t>(id)])].op;
    calls_.push_back(std::move(call));
  }

  const Graph& graph_;
  const RowIndex& index_;
  std::vector<KernelCall>& calls_;
  std::vector<Pace> paces_;
  std::vector<int32_t> maker_;  // by tensor: the last call that writes to it
  std::vector<char> same_, needed_;
  std::vector<int32_t> open_;
  Stream stream_;
};

}  // namespace

Expected<Stream> plan_stream(const Graph& graph, const RowIndex& index, std::vector<KernelCall>& calls, int32_t hop) {
  for (KernelCall& call : calls) call.rows_per_step = 1;  // a hop makes the rows that it needs, no more
  return Analysis(graph, index, calls).run(hop);
}

int64_t count_windows(const Plan& plan, size_t bytes) {
  const Tensor& input = plan.graph.at(plan.graph.inputs[0]);
  const int64_t rows = static_cast<int64_t>(bytes) / row_bytes(input) - row_count(input);
  return rows < 0 ? 0 : rows / plan.stream.hop + 1;
}

Bytes window_of(const Plan& plan, std::span<const uint8_t> stream, int64_t window) {
  const Tensor& input = plan.graph.at(plan.graph.inputs[0]);
  const auto bytes = stream.subspan(static_cast<size_t>(window * plan.stream.hop * row_bytes(input)),
                                    static_cast<size_t>(byte_count(input)));
  return {bytes.begin(), bytes.end()};
}

HopWork count_hop_work(const Plan& plan) {
  HopWork work;
  std::vector<int64_t> steps(plan.calls.size(), 0), op_steps(plan.graph.ops.size(), 0), all_steps(op_steps);
  for (const PlanStep& s : plan.hop_schedule)
    if (s.call != kTake) ++steps[static_cast<size_t>(s.call)];
  for (int32_t c = 0; c < plan.stream.op_calls; ++c) {
    const KernelCall& call = plan.calls[static_cast<size_t>(c)];
    op_steps[static_cast<size_t>(call.op)] += steps[static_cast<size_t>(c)];
    all_steps[static_cast<size_t>(call.op)] += call.step_count();
    work.all_rows += call.rows;
    work.rows += steps[static_cast<size_t>(c)] / call.steps_per_row;
  }
  work.rows += static_cast<int64_t>(plan.stream.slides.size());
  const RowIndex index(plan.graph);
  for (size_t row = 0; row < index.tensor.size(); ++row) {
    const int64_t bytes = row_bytes(plan.graph.at(index.tensor[row]));
    work.kept_bytes += plan.stream.lasting[row] ? bytes : 0;
    work.moved_bytes += plan.stream.kept[row] ? bytes : 0;
  }
  for (const Stream::Slide& s : plan.stream.slides)
    work.kept_bytes += plan.calls[static_cast<size_t>(s.fold)].carry_bytes;
  for (size_t i = 0; i < plan.graph.ops.size(); ++i) {
    const Op& op = plan.graph.ops[i];
    const int64_t macs = op.def->macs ? op.def->macs(op, plan.graph) : 0;
    work.all_macs += macs;
    work.op_macs.push_back(all_steps[i] > 0 ? macs * op_steps[i] / all_steps[i] : 0);
    work.macs += work.op_macs.back();
  }
  return work;
}

}  // namespace mote
