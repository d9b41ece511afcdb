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
    const bool goes_on =
        t > 0 && schedule[t].call != kTake && schedule[t].call == schedule[t - 1].call && run < kMaxCount;
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

class Scheduler {
 public:
  Scheduler(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls, Feed feed)
      : graph_(graph),
        index_(index),
        calls_(calls),
        feed_(feed),
        maker_(index.tensor.size(), -1),
        made_(index.tensor.size(), 0),
        next_(calls.size(), 0) {
    for (size_t c = 0; c < calls.size(); ++c)
      for (const Writes& w : calls[c].writes)
        for (int32_t y = 0; y < calls[c].rows; ++y)
          maker_[static_cast<size_t>(index.at(w.tensor, w.begin + y))] = static_cast<int32_t>(c);
    if (feed == Feed::whole)
      for (TensorId id : graph.inputs) mark_made(id);
  }

  std::vector<PlanStep> run(const std::vector<int32_t>& cuts) {
    std::vector<int32_t> last_reader(graph_.tensors.size(), -1);
    for (size_t c = 0; c < calls_.size(); ++c)
      for (const Reads& r : calls_[c].reads) last_reader[static_cast<size_t>(r.tensor)] = static_cast<int32_t>(c);
    for (TensorId id : graph_.outputs) last_reader[static_cast<size_t>(id)] = static_cast<int32_t>(calls_.size());
    for (size_t s = 0; s < cuts.size(); ++s) {
      const int32_t end = s + 1 < cuts.size() ? cuts[s + 1] : static_cast<int32_t>(calls_.size());
      run_stage(cuts[s], end, last_reader);
    }
    // Rows of the input that nothing reads still arrive.
    if (feed_ == Feed::rows)
      for (TensorId id : graph_.inputs) take_until(id, row_count(graph_.at(id)));
    return std::move(schedule_);
  }

 private:
  void mark_made(TensorId id) {
    for (int32_t y = 0; y < row_count(graph_.at(id)); ++y) made_[static_cast<size_t>(index_.at(id, y))] = 1;
  }

  // Makes all that later stages (or the user) read of this stage, the tensors side by side.
  void run_stage(int32_t begin, int32_t end, const std::vector<int32_t>& last_reader) {
    std::vector<TensorId> wanted;
    int32_t most = 0;
    for (int32_t c = begin; c < end; ++c)
      for (const Writes& w : calls_[static_cast<size_t>(c)].writes)
        if (last_reader[static_cast<size_t>(w.tensor)] >= end &&
            std::count(wanted.begin(), wanted.end(), w.tensor) == 0) {
          wanted.push_back(w.tensor);
          most = std::max(most, row_count(graph_.at(w.tensor)));
        }
    for (int32_t i = 0; i < most; ++i)
      for (TensorId id : wanted) {
        const int64_t rows = row_count(graph_.at(id));
        for (int64_t y = i * rows / most; y < (i + 1) * rows / most; ++y) make(index_.at(id, static_cast<int32_t>(y)));
      }
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
  std::vector<int32_t> maker_;
  std::vector<char> made_;
  std::vector<int32_t> next_;
  std::vector<PlanStep> schedule_;
};

}  // namespace

std::vector<PlanStep> schedule_stages(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                      const std::vector<int32_t>& cuts, Feed feed) {
  return Scheduler(graph, index, calls, feed).run(cuts);
}

Lives find_lives(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                 const std::vector<PlanStep>& schedule, Feed feed) {
  Lives lives;
  lives.rows.resize(index.tensor.size());
  lives.carry.resize(calls.size());
  const auto end = static_cast<int32_t>(schedule.size());
  auto touch = [](Life& life, int32_t t) {
    if (life.birth < 0) life.birth = t;
    life.death = std::max(life.death, t);
  };
  std::vector<int32_t> last_step(calls.size(), -1);           // of each call, in steps of the schedule
  std::vector<int32_t> dying_under(index.tensor.size(), -1);  // the step whose output row may lie over this row
  for (TensorId id : graph.inputs)
    if (feed == Feed::whole)
      for (int32_t y = 0; y < row_count(graph.at(id)); ++y) touch(lives.rows[static_cast<size_t>(index.at(id, y))], 0);
  for (int32_t t = 0; t < end; ++t) {
    const auto [c, step] = schedule[static_cast<size_t>(t)];
    if (c == kTake) {
      touch(lives.rows[static_cast<size_t>(index.at(graph.inputs[0], step))], t);
      continue;
    }
    const KernelCall& call = calls[static_cast<size_t>(c)];
    last_step[static_cast<size_t>(c)] = t;
    visit_step_reads(call, step, [&](const Reads& reads, int32_t y) {
      if (graph.at(reads.tensor).is_constant()) return;
      const auto row = static_cast<size_t>(index.at(reads.tensor, y));
      touch(lives.rows[row], t);
      dying_under[row] = reads.may_overlap && call.rows_per_step == 1 ? t : -1;
    });
    const StepRows rows = rows_of_step(call, step);
    if (rows.writes)
      for (const Writes& w : call.writes)
        for (int32_t r = rows.first; r < rows.last; ++r)
          touch(lives.rows[static_cast<size_t>(index.at(w.tensor, w.begin + r))], t);
    if (call.carry_bytes > 0) touch(lives.carry[static_cast<size_t>(c)], t);
  }
  for (size_t c = 0; c < calls.size(); ++c)
    for (const Reads& reads : calls[c].reads) {
      if (!reads.whole || last_step[c] < 0 || graph.at(reads.tensor).is_constant()) continue;
      for (int32_t y = 0; y < reads.count; ++y) {
        const auto row = static_cast<size_t>(index.at(reads.tensor, reads.begin + y));
        touch(lives.rows[row], last_step[c]);
        if (dying_under[row] == last_step[c]) dying_under[row] = -1;
      }
    }
  for (TensorId id : graph.outputs)
    for (int32_t y = 0; y < row_count(graph.at(id)); ++y) touch(lives.rows[static_cast<size_t>(index.at(id, y))], end);

  // Bytes alive at each step; a row that may be overwritten in its last step does not count in that step up to the size
  // of what is written there (its writer is counted).
  std::vector<int64_t> change(static_cast<size_t>(end) + 2, 0);
  auto add = [&](const Life& life, int64_t bytes) {
    if (life.birth < 0 || life.death < life.birth) return;
    change[static_cast<size_t>(life.birth)] += bytes;
    change[static_cast<size_t>(life.death) + 1] -= bytes;
  };
  for (size_t row = 0; row < lives.rows.size(); ++row) {
    Life life = lives.rows[row];
    if (dying_under[row] >= 0 && dying_under[row] == life.death) --life.death;
    add(life, row_bytes(graph.at(index.tensor[row])));
  }
  for (size_t c = 0; c < calls.size(); ++c) add(lives.carry[c], calls[c].carry_bytes);
  int64_t alive = 0;
  for (int32_t t = 0; t <= end; ++t) {
    alive += change[static_cast<size_t>(t)];
    const int32_t c = t < end ? schedule[static_cast<size_t>(t)].call : kTake;
    const int64_t now = alive + (c == kTake ? 0 : calls[static_cast<size_t>(c)].scratch_bytes);
    if (now > lives.peak_bytes) lives.peak_bytes = now, lives.peak_step = t;
  }
  return lives;
}

}  // namespace mote
