// Rows on demand: which step makes which row when, and how long each row has to be kept.
#include <algorithm>

#include "mote/compiler/plan/plan.h"
#include "mote/device/program.h"

namespace mote {

RowIndex::RowIndex(const Graph& graph) {
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    first.push_back(static_cast<int32_t>(tensor.size()));
    const Tensor& t = graph.tensors[i];
    if (!t.is_constant()) tensor.insert(tensor.end(), static_cast<size_t>(row_count(t)), static_cast<TensorId>(i));
  }
  first.push_back(static_cast<int32_t>(tensor.size()));
}

StepRows rows_of_step(const KernelCall& call, int32_t step) {
  if (call.steps_per_row == 1) {
    const int32_t first = step * call.rows_per_step;
    return {first, std::min(first + call.rows_per_step, call.rows), first, true, true};
  }
  const int32_t row = step / call.steps_per_row;
  const bool last = (step + 1) % call.steps_per_row == 0;
  return {row, row + 1, call.fold ? step : row, last, last || !call.fold};
}

int64_t count_reads(const KernelCall& call) {
  int64_t rows = 0;
  for (const Reads& r : call.reads) rows += r.whole ? r.count : int64_t{call.rows} * call.steps_per_row * r.span;
  return rows;
}

int64_t count_entries(const std::vector<PlanStep>& schedule) {
  int64_t entries = 0;
  uint32_t run = 0;
  for (size_t t = 0; t < schedule.size(); ++t) {
    const bool goes_on = t > 0 && schedule[t].call != kTake && schedule[t].call == schedule[t - 1].call &&
                         schedule[t].step == schedule[t - 1].step + 1 && run < kMaxCount;
    run = goes_on ? run + 1 : 1;
    entries += !goes_on;
  }
  return entries;
}

int32_t count_row_pointers(const KernelCall& call) {
  int32_t n = 0;
  for (const Reads& r : call.reads)
    n += r.whole ? 1 : (r.span - 1) * r.dilation + 1 + (call.rows_per_step - 1) * r.stride;
  return n;
}

namespace {

class Scheduler {
 public:
  Scheduler(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls, Feed feed,
            const Stream* stream)
      : graph_(graph),
        index_(index),
        calls_(calls),
        feed_(feed),
        stream_(stream),
        op_calls_(stream ? stream->op_calls : static_cast<int32_t>(calls.size())),
        maker_(index.tensor.size(), -1),
        made_(index.tensor.size(), 0),
        is_wanted_(graph.tensors.size(), 0),
        next_(calls.size(), 0) {
    for (int32_t c = 0; c < op_calls_; ++c) note_maker(c);
    if (feed == Feed::whole)
      for (TensorId id : graph.inputs) mark_made(id);
  }

  std::vector<PlanStep> run(const std::vector<int32_t>& cuts) {
    std::vector<int32_t> last_reader(graph_.tensors.size(), -1);
    for (int32_t c = 0; c < op_calls_; ++c)
      for (const Reads& r : calls_[static_cast<size_t>(c)].reads) last_reader[static_cast<size_t>(r.tensor)] = c;
    for (TensorId id : graph_.outputs) last_reader[static_cast<size_t>(id)] = op_calls_;
    for (size_t s = 0; s < cuts.size(); ++s) {
      const int32_t end = s + 1 < cuts.size() ? cuts[s + 1] : op_calls_;
      run_stage(cuts[s], end, last_reader);
    }
    // Rows that a later window alone reads.
    for (size_t row = 0; stream_ && row < made_.size(); ++row)
      if (stream_->lasting[row]) make(static_cast<int32_t>(row));
    // Rows of the input that nothing reads still arrive.
    if (feed_ == Feed::rows)
      for (TensorId id : graph_.inputs) take_until(id, row_count(graph_.at(id)));
    return std::move(schedule_);
  }

  // What a hop does before the first new row is needed. Only what it makes anew is left to be made.
  void begin_hop() {
    for (const Stream::Slide& s : stream_->slides) {
      note_maker(s.call);
      for (int32_t i = 0; i < s.leaving; ++i) schedule_.push_back({s.call, next_[static_cast<size_t>(s.call)]++});
    }
    for (int32_t c = op_calls_; stream_->is_move(c) && c < static_cast<int32_t>(calls_.size()); ++c)
      for (int32_t step = 0; step < calls_[static_cast<size_t>(c)].step_count(); ++step) schedule_.push_back({c, step});
    for (size_t row = 0; row < made_.size(); ++row) made_[row] = !stream_->fresh[row];
  }

 private:
  void note_maker(int32_t c) {
    const KernelCall& call = calls_[static_cast<size_t>(c)];
    for (const Writes& w : call.writes)
      for (int32_t y = 0; y < call.rows; ++y) maker_[static_cast<size_t>(index_.at(w.tensor, w.begin + y))] = c;
  }

  // True where the rows of a step are there already, or nobody needs them.
  bool may_skip(const KernelCall& call, int32_t step) const {
    const StepRows rows = rows_of_step(call, step);
    for (const Writes& w : call.writes)
      for (int32_t r = rows.first; r < rows.last; ++r)
        if (!made_[static_cast<size_t>(index_.at(w.tensor, w.begin + r))]) return false;
    return true;
  }

  void mark_made(TensorId id) {
    for (int32_t y = 0; y < row_count(graph_.at(id)); ++y) made_[static_cast<size_t>(index_.at(id, y))] = 1;
  }

  // Makes all that later stages (or the user) read of this stage, the tensors side by side.
  void run_stage(int32_t begin, int32_t end, const std::vector<int32_t>& last_reader) {
    std::vector<TensorId> wanted;
    int32_t most = 0;
    for (int32_t c = begin; c < end; ++c)
      for (const Writes& w : calls_[static_cast<size_t>(c)].writes)
        if (last_reader[static_cast<size_t>(w.tensor)] >= end && !is_wanted_[static_cast<size_t>(w.tensor)]) {
          is_wanted_[static_cast<size_t>(w.tensor)] = 1;  // once, though several calls may make it
          wanted.push_back(w.tensor);
          most = std::max(most, row_count(graph_.at(w.tensor)));
        }
    for (int32_t i = 0; i < most; ++i)
      for (TensorId id : wanted) {
        const int64_t rows = row_count(graph_.at(id));
        for (int64_t y = i * rows / most; y < (i + 1) * rows / most; ++y) make(index_.at(id, static_cast<int32_t>(y)));
      }
    for (TensorId id : wanted) is_wanted_[static_cast<size_t>(id)] = 0;
  }

  void make(int32_t row) {
    if (made_[static_cast<size_t>(row)]) return;
    const TensorId tensor = index_.tensor[static_cast<size_t>(row)];
    const int32_t y = row - index_.at(tensor, 0);
    const int32_t maker = maker_[static_cast<size_t>(row)];
    if (maker < 0) return take_until(tensor, y + 1);
    const KernelCall& call = calls_[static_cast<size_t>(maker)];
    while (!made_[static_cast<size_t>(row)]) {
      const int32_t step = next_[static_cast<size_t>(maker)];
      MOTE_ASSERT(step < call.step_count());
      if (may_skip(call, step)) {
        ++next_[static_cast<size_t>(maker)];
        continue;
      }
      visit_step_reads(call, step, [&](const Reads& reads, int32_t at) {
        if (!graph_.at(reads.tensor).is_constant()) make(index_.at(reads.tensor, at));
      });
      schedule_.push_back({maker, step});
      ++next_[static_cast<size_t>(maker)];
      const StepRows rows = rows_of_step(call, step);
      if (!rows.completes) continue;
      for (const Writes& w : call.writes)
        for (int32_t r = rows.first; r < rows.last; ++r)
          made_[static_cast<size_t>(index_.at(w.tensor, w.begin + r))] = 1;
    }
  }

  // Rows of an input arrive in order.
  void take_until(TensorId input, int32_t end) {
    for (int32_t y = 0; y < end; ++y) {
      char& made = made_[static_cast<size_t>(index_.at(input, y))];
      if (!made) schedule_.push_back({kTake, y});
      made = 1;
    }
  }

  const Graph& graph_;
  const RowIndex& index_;
  const std::vector<KernelCall>& calls_;
  Feed feed_;
  const Stream* stream_;  // null: the window does not slide
  int32_t op_calls_;
  std::vector<int32_t> maker_;
  std::vector<char> made_;
  std::vector<char> is_wanted_;
  std::vector<int32_t> next_;
  std::vector<PlanStep> schedule_;
};

}  // namespace

std::vector<PlanStep> schedule_stages(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                      const std::vector<int32_t>& cuts, Feed feed, const Stream* stream) {
  return Scheduler(graph, index, calls, feed, stream).run(cuts);
}

std::vector<PlanStep> schedule_hop(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                   const std::vector<int32_t>& cuts, const Stream& stream) {
  Scheduler scheduler(graph, index, calls, Feed::rows, &stream);
  scheduler.begin_hop();
  return scheduler.run(cuts);
}

}  // namespace mote
