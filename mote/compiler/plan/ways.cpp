// Which way each op is done. Time and flash are sums over the ops, so each op is first chosen for itself; memory is a
// peak over all of them, so then ops change to ways that need less of it, one at a time, where that lowers the peak.
#include <algorithm>
#include <map>
#include <set>

#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

constexpr int64_t kMaxSimulations = 60;
constexpr int64_t kMaxWork = 6'000'000;  // of all simulations, in steps and rows read

struct Candidate {
  Way way;
  double instructions = 0;
  double code_bytes = 0;     // once for all ops that use the kernel
  int64_t table_bytes = 0;   // for each op
  int64_t memory_bytes = 0;  // scratch, carry, and the rows that lie ready for a step
};

// What a byte of flash is worth, as a share of all time: at `balanced` a kernel of 1 KB has to save 1 % of it.
double flash_price(Optimize optimize) {
  switch (optimize) {
    case Optimize::ram: return 0.02 / 1024;
    case Optimize::balanced: return 0.01 / 1024;
    case Optimize::speed: return 0;
  }
  return 0;
}

class WaySearch {
 public:
  WaySearch(const Graph& graph, const PlanOptions& options) : graph_(graph), options_(options), index_(graph) {}

  Status list_candidates() {
    for (const Op& op : graph_.ops) {
      candidates_.emplace_back();
      if (!op.def->ways) continue;
      for (const Way& way : op.def->ways(op, graph_)) {
        const auto cost = options_.costs.find(way.kernel->name);
        if (cost == options_.costs.end()) continue;
        auto calls = op.def->lower(op, graph_, {way});
        if (!calls) return std::move(calls.error()).at(describe(op, graph_));
        candidates_.back().push_back(measure(*calls, way, cost->second));
      }
    }
    return {};
  }

  // Every op by itself, then without each kernel whose code is not worth what it saves.
  void take_cheapest() {
    std::set<std::string_view> banned;
    double best = take_cheapest_but(banned);
    for (bool better = true; better;) {
      better = false;
      for (std::string_view kernel : kernels_taken()) {
        std::set<std::string_view> more = banned;
        more.insert(kernel);
        if (const double cost = take_cheapest_but(more); cost < best) best = cost, banned = more, better = true;
      }
      take_cheapest_but(banned);
    }
  }

  // As long as it makes the plan better by what `options` ask for.
  Status lower_peak() {
    if (options_.optimize == Optimize::speed && !options_.ram_bytes) return {};
    MOTE_TRY(int64_t peak, simulate());
    int64_t work = 1 + static_cast<int64_t>(index_.tensor.size());
    MOTE_TRY(const auto calls, lower_graph(graph_, taken_));
    for (const KernelCall& call : calls) work += call.step_count() + count_reads(call);
    int64_t left = std::clamp<int64_t>(kMaxWork / work, 4, kMaxSimulations);
    for (bool better = true; better;) {
      better = false;
      for (const auto& [i, way] : smaller_ways()) {
        if (left-- <= 0) return {};
        const Way before = std::exchange(taken_[i], way);
        const double score = score_of(peak, before, i);
        MOTE_TRY(const int64_t now, simulate());
        if (score_of(now, way, i) < score) peak = now, better = true;
        else taken_[i] = before;
      }
    }
    return {};
  }

  const Ways& taken() const { return taken_; }

 private:
  Candidate measure(const std::vector<KernelCall>& calls, const Way& way, const KernelCost& cost) const {
    Candidate c{way, 0, cost.code_bytes};
    for (const KernelCall& call : calls) {
      c.instructions += cost.instructions(call.work);
      int64_t ready = 0;
      for (const Writes& w : call.writes) ready += (call.rows_per_step - 1) * row_bytes(graph_.at(w.tensor));
      for (const Reads& r : call.reads) ready += (call.rows_per_step - 1) * r.stride * row_bytes(graph_.at(r.tensor));
      c.memory_bytes = std::max(c.memory_bytes, call.scratch_bytes + call.carry_bytes + ready);
    }
    for (const Table& t : calls[0].tables) c.table_bytes += static_cast<int64_t>(t.data.size());
    return c;
  }

  std::set<std::string_view> kernels_taken() const {
    std::set<std::string_view> names;
    for (const Way& way : taken_)
      if (way.kernel) names.insert(way.kernel->name);
    return names;
  }

  // Takes the cheapest way of each op but those with a banned kernel (its first way is always allowed), and tells what
  // all that costs.
  double take_cheapest_but(const std::set<std::string_view>& banned) {
    const double price = flash_price(options_.optimize) * least_instructions();
    double sum = 0;
    std::map<std::string_view, double> code;
    taken_.assign(candidates_.size(), {});
    for (size_t i = 0; i < candidates_.size(); ++i) {
      auto cost_of = [&](const Candidate& c) { return c.instructions + price * static_cast<double>(c.table_bytes); };
      const Candidate* best = nullptr;
      for (const Candidate& c : candidates_[i]) {
        const bool allowed = &c == &candidates_[i].front() || !banned.count(c.way.kernel->name);
        if (allowed && (!best || cost_of(c) < cost_of(*best))) best = &c;
      }
      if (!best) continue;
      taken_[i] = best->way;
      sum += cost_of(*best);
      code[best->way.kernel->name] = best->code_bytes;
    }
    for (const auto& [kernel, bytes] : code) sum += price * bytes;
    return sum;
  }

  // Of the best way of every op, whatever flash it takes.
  double least_instructions() const {
    double sum = 0;
    for (const auto& candidates : candidates_) {
      double least = candidates.empty() ? 0 : candidates[0].instructions;
      for (const Candidate& c : candidates) least = std::min(least, c.instructions);
      sum += least;
    }
    return sum;
  }

  const Candidate& candidate_of(size_t i, const Way& way) const {
    return *std::find_if(candidates_[i].begin(), candidates_[i].end(),
                         [&](const Candidate& c) { return c.way == way; });
  }

  // Less is better, with op i done this way. `ram`: the peak, then the time; `balanced`: their product; `speed`: the
  // time. A peak above --ram is worse than any below.
  double score_of(int64_t peak, const Way& way, size_t i) const {
    double time = candidate_of(i, way).instructions;
    for (size_t k = 0; k < taken_.size(); ++k)
      if (k != i && taken_[k].kernel) time += candidate_of(k, taken_[k]).instructions;
    if (options_.ram_bytes && peak > *options_.ram_bytes) return 1e30 * static_cast<double>(peak);
    switch (options_.optimize) {
      case Optimize::ram: return static_cast<double>(peak) * 1e12 + time;
      case Optimize::balanced: return static_cast<double>(peak) * time;
      case Optimize::speed: return time;
    }
    return time;
  }

  // For each op the fastest way with less memory than its present one, those that save most first.
  std::vector<std::pair<size_t, Way>> smaller_ways() const {
    std::vector<std::pair<int64_t, std::pair<size_t, Way>>> found;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (!taken_[i].kernel) continue;
      const int64_t memory = candidate_of(i, taken_[i]).memory_bytes;
      const Candidate* next = nullptr;
      for (const Candidate& c : candidates_[i])
        if (c.memory_bytes < memory && (!next || c.instructions < next->instructions)) next = &c;
      if (next) found.push_back({memory - next->memory_bytes, {i, next->way}});
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::pair<size_t, Way>> ways;
    for (const auto& f : found) ways.push_back(f.second);
    return ways;
  }

  // The peak of the plan with the ways taken, its stages as chosen for the first ones.
  Expected<int64_t> simulate() {
    MOTE_TRY(const auto calls, lower_graph(graph_, taken_));
    if (cuts_.empty()) cuts_ = choose_stages(graph_, index_, calls, options_.feed);
    const auto schedule = schedule_stages(graph_, index_, calls, cuts_, options_.feed);
    return find_lives(graph_, index_, calls, schedule, options_.feed).peak_bytes;
  }

  const Graph& graph_;
  const PlanOptions& options_;
  const RowIndex index_;
  std::vector<std::vector<Candidate>> candidates_;  // by op; empty: there is no choice
  Ways taken_;
  std::vector<int32_t> cuts_;
};

}  // namespace

Expected<Ways> choose_ways(const Graph& graph, const PlanOptions& options) {
  if (options.costs.empty()) return Ways(graph.ops.size());
  WaySearch search(graph, options);
  MOTE_TRY_STATUS(search.list_candidates());
  search.take_cheapest();
  MOTE_TRY_STATUS(search.lower_peak());
  return search.taken();
}

}  // namespace mote
