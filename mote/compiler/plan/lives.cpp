// How long each row has to be kept: from the step that makes it to the last one that needs it.
#include <algorithm>

#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

class LifeFinder {
 public:
  LifeFinder(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls, Feed feed,
             const Stream* stream)
      : graph_(graph), index_(index), calls_(calls), feed_(feed), stream_(stream) {
    for (Phase* p : {&first_, &again_}) {
      p->rows.resize(index.tensor.size());
      p->carry.resize(calls.size());
      p->last_step.assign(calls.size(), -1);
      p->dying_under.assign(index.tensor.size(), -1);
    }
  }

  Lives run(const std::vector<PlanStep>& schedule, const std::vector<PlanStep>& hop_schedule) {
    const auto hop = static_cast<int32_t>(schedule.size()), end = hop + static_cast<int32_t>(hop_schedule.size());
    if (feed_ == Feed::whole)
      for (TensorId id : graph_.inputs) touch_all(first_, id, 0);
    for (int32_t t = 0; t < hop; ++t) visit(first_, schedule[static_cast<size_t>(t)], t);
    finish(first_);
    for (TensorId id : graph_.outputs) touch_all(first_, id, hop_schedule.empty() ? hop : std::max(hop - 1, 0));
    for (int32_t t = hop; t < end; ++t) visit_in_hop(hop_schedule[static_cast<size_t>(t - hop)], t);
    finish(again_);
    if (!hop_schedule.empty()) {
      for (TensorId id : graph_.outputs) touch_all(again_, id, end);
      for (size_t row = 0; row < again_.rows.size(); ++row)
        if (stream_->lasting[row]) touch(again_.rows[row], end);
      for (const Stream::Slide& s : stream_->slides) touch(first_.carry[static_cast<size_t>(s.fold)], end);
    }
    Lives lives;
    find_peak(lives, schedule, hop_schedule);
    lives.rows = std::move(first_.rows), lives.rows_again = std::move(again_.rows);
    lives.carry = std::move(first_.carry), lives.carry_again = std::move(again_.carry);
    return lives;
  }

 private:
  // The first window, or the hop.
  struct Phase {
    std::vector<Life> rows, carry;
    std::vector<int32_t> last_step;    // of each call, in steps of the schedule
    std::vector<int32_t> dying_under;  // by row: the step whose output row may lie over it
  };

  static void touch(Life& life, int32_t t) {
    if (life.birth < 0) life.birth = t;
    life.death = std::max(life.death, t);
  }

  Life& row_life(Phase& p, TensorId id, int32_t y) { return p.rows[static_cast<size_t>(index_.at(id, y))]; }

  void touch_all(Phase& p, TensorId id, int32_t t) {
    for (int32_t y = 0; y < row_count(graph_.at(id)); ++y) touch(row_life(p, id, y), t);
  }

  void visit(Phase& p, PlanStep s, int32_t t) {
    if (s.call == kTake) return touch(row_life(p, graph_.inputs[0], s.step), t);
    const KernelCall& call = calls_[static_cast<size_t>(s.call)];
    p.last_step[static_cast<size_t>(s.call)] = t;
    visit_step_reads(call, s.step, [&](const Reads& reads, int32_t y) {
      if (graph_.at(reads.tensor).is_constant()) return;
      const auto row = static_cast<size_t>(index_.at(reads.tensor, y));
      touch(p.rows[row], t);
      p.dying_under[row] = reads.may_overlap && call.rows_per_step == 1 ? t : -1;
    });
    touch_writes(p, call, s.step, t);
    if (call.carry_bytes > 0) touch(p.carry[static_cast<size_t>(s.call)], t);
  }

  void touch_writes(Phase& p, const KernelCall& call, int32_t step, int32_t t) {
    const StepRows rows = rows_of_step(call, step);
    if (!rows.writes) return;
    for (const Writes& w : call.writes)
      for (int32_t r = rows.first; r < rows.last; ++r) touch(row_life(p, w.tensor, w.begin + r), t);
  }

  // Moves, and sums that lose what leaves, read the rows of the window before. The sums themselves last.
  void visit_in_hop(PlanStep s, int32_t t) {
    const bool moves = s.call != kTake && stream_->is_move(s.call);
    const Stream::Slide* slide = s.call == kTake || moves ? nullptr : stream_->slide_of(s.call);
    if (!moves && !slide) return visit(again_, s, t);
    const KernelCall& call = calls_[static_cast<size_t>(s.call)];
    Phase& from = moves || s.step < slide->leaving ? first_ : again_;
    visit_step_reads(call, s.step, [&](const Reads& reads, int32_t y) {
      touch(row_life(from, reads.tensor, y), t);
      from.dying_under[static_cast<size_t>(index_.at(reads.tensor, y))] = -1;
    });
    touch_writes(again_, call, s.step, t);
  }

  // What is read whole is read up to the last step.
  void finish(Phase& p) {
    for (size_t c = 0; c < calls_.size(); ++c)
      for (const Reads& reads : calls_[c].reads) {
        if (!reads.whole || p.last_step[c] < 0 || graph_.at(reads.tensor).is_constant()) continue;
        for (int32_t y = 0; y < reads.count; ++y) {
          const auto row = static_cast<size_t>(index_.at(reads.tensor, reads.begin + y));
          touch(p.rows[row], p.last_step[c]);
          if (p.dying_under[row] == p.last_step[c]) p.dying_under[row] = -1;
        }
      }
  }

  // Bytes alive at each step; a row that may be overwritten in its last step does not count in that step up to the size
  // of what is written there (its writer is counted).
  void find_peak(Lives& lives, const std::vector<PlanStep>& schedule, const std::vector<PlanStep>& hop_schedule) const {
    const size_t hop = schedule.size(), end = hop + hop_schedule.size();
    std::vector<int64_t> change(end + 2, 0);
    auto add = [&](const Life& life, int64_t bytes) {
      if (life.birth < 0 || life.death < life.birth) return;
      change[static_cast<size_t>(life.birth)] += bytes;
      change[static_cast<size_t>(life.death) + 1] -= bytes;
    };
    for (const Phase* p : {&first_, &again_}) {
      for (size_t row = 0; row < p->rows.size(); ++row) {
        Life life = p->rows[row];
        // The step that moves a row away brings the next one to its place.
        if (p == &again_ && first_.rows[row].birth >= 0) life.birth = std::max(life.birth, first_.rows[row].death + 1);
        if (p->dying_under[row] >= 0 && p->dying_under[row] == life.death) --life.death;
        add(life, row_bytes(graph_.at(index_.tensor[row])));
      }
      for (size_t c = 0; c < calls_.size(); ++c) add(p->carry[c], calls_[c].carry_bytes);
    }
    int64_t alive = 0;
    for (size_t t = 0; t <= end; ++t) {
      alive += change[t];
      const int32_t c = t < hop ? schedule[t].call : t < end ? hop_schedule[t - hop].call : kTake;
      const int64_t now = alive + (c == kTake ? 0 : calls_[static_cast<size_t>(c)].scratch_bytes);
      if (now > lives.peak_bytes) lives.peak_bytes = now, lives.peak_step = static_cast<int32_t>(t);
    }
  }

  const Graph& graph_;
  const RowIndex& index_;
  const std::vector<KernelCall>& calls_;
  Feed feed_;
  const Stream* stream_;
  Phase first_, again_;
};

}  // namespace

Lives find_lives(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                 const std::vector<PlanStep>& schedule, Feed feed, const Stream* stream,
                 const std::vector<PlanStep>& hop_schedule) {
  return LifeFinder(graph, index, calls, feed, stream).run(schedule, hop_schedule);
}

Lives find_lives(const Plan& plan, const RowIndex& index) {
  return find_lives(plan.graph, index, plan.calls, plan.schedule, plan.options.feed, &plan.stream, plan.hop_schedule);
}

}  // namespace mote
