// Which way each op is done. Time and flash are sums over the ops: each op is chosen for itself. Memory is a peak over
// all of them: where it counts, every op begins with the way that needs least of it, and takes a faster one if the
// whole plan is then better by what was asked for. A budget of flash sets the price of a byte: the least one at which
// the ops' own choices stay within it, and what is left over goes to the ops that gain most.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

constexpr int64_t kMinSimulations = 4, kMaxSimulations = 300;
constexpr int64_t kMaxWork = 6'000'000;                              // of all simulations, in steps and rows read
constexpr double kLeastPrice = 1e-9, kMostPrice = 1, kDearer = 1.5;  // of a byte of flash, as a share of all time
constexpr double kLevels[] = {1, 1.02, 1.04, 1.06, 1.08, 1.1, 1.15, 1.25, 1.5, 2, 4, 1e6};  // of the least peak

struct Candidate {
  Way way;
  double instructions = 0;
  double code_bytes = 0;               // once for all ops that use the kernel
  double table_bytes = 0;              // for each op
  int64_t memory_bytes = 0;            // scratch, carry, and the rows that lie ready for a step
  std::vector<KernelCall> calls = {};  // without their tables
};

// What a byte of flash is worth, as a share of all time: at `balanced` a kernel of 2 KB has to save 1 % of it.
double flash_price(Optimize optimize) {
  switch (optimize) {
    case Optimize::ram: return 0.012 / 1024;
    case Optimize::balanced: return 0.005 / 1024;
    case Optimize::speed: return 0;
  }
  return 0;
}

// The time, and for each byte of flash a share of it more.
double time_and_flash(const Choice& choice, double price) {
  return choice.instructions * (1 + price * choice.flash_bytes);
}

// All calls of an op have the same tables.
double bytes_of_tables(const std::vector<KernelCall>& calls) {
  double bytes = 0;
  for (const Table& t : calls[0].tables) bytes += static_cast<double>(t.data.size());
  return bytes;
}

class WaySearch {
 public:
  WaySearch(const Graph& graph, const PlanOptions& options)
      : graph_(graph), options_(options), index_(graph), price_(flash_price(options.optimize)) {}

  Status list_candidates() {
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      const Op& op = graph_.ops[i];
      candidates_.emplace_back();
      if (!op.def->ways) continue;
      for (const Way& way : op.def->ways(op, graph_)) {
        const auto cost = options_.costs.find(way.kernel->name);
        if (cost == options_.costs.end()) continue;
        auto calls = op.def->lower(op, graph_, {way});
        if (!calls) return std::move(calls.error()).at(describe(op, graph_));
        if (options_.hop > 0 && !can_stream((*calls)[0])) continue;
        candidates_.back().push_back(measure(*calls, way, cost->second));
        candidates_.back().back().calls = without_tables(std::move(*calls), i);
      }
    }
    return lower_fixed();
  }

  bool has_choice() const {
    return std::any_of(candidates_.begin(), candidates_.end(), [](const auto& c) { return !c.empty(); });
  }

  // The cheapest ways that stay within the budget of flash; where none do, those with the least.
  void take_cheapest() {
    take_cheapest_at_price();
    if (!is_over_flash()) return;
    const Ways wanted = taken_;
    for (double price = std::max(price_, kLeastPrice); is_over_flash() && price <= kMostPrice; price *= kDearer) {
      price_ = price;
      take_cheapest_at_price();
    }
    if (!is_over_flash()) fill_flash(wanted);
  }

  // The ways taken.
  Choice choice(int64_t peak) const { return {taken_, cuts_, peak, instructions(), flash_bytes(), other_flash_bytes_}; }

  // Begins with the ways that need least memory and lets the peak grow level by level; at each level ops become faster
  // where they can, those first that gain most.
  Expected<std::vector<Choice>> spend_memory() {
    if (options_.optimize == Optimize::speed && !options_.ram_bytes) return std::vector<Choice>{choice(0)};
    const Ways cheapest = std::exchange(taken_, least_memory());
    const int64_t least = simulate();
    simulations_left_ = simulations_allowed();
    std::vector<Choice> choices{choice(least)};
    for (double level : kLevels) {
      const int64_t peak = take_faster(cheapest, static_cast<int64_t>(level * static_cast<double>(least)));
      if (taken_ != choices.back().ways) choices.push_back(choice(peak));
    }
    if (options_.flash_bytes && taken_ != cheapest) {
      taken_ = cheapest;
      choices.push_back(choice(simulate()));
    }
    return choices;
  }

 private:
  // Every op by itself, then without each kernel whose code is not worth what it saves.
  void take_cheapest_at_price() {
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

  bool is_over_flash() const {
    return options_.flash_bytes && choice(0).all_flash_bytes() > static_cast<double>(*options_.flash_bytes);
  }

  // Gives ops back the ways that they would have without a budget, where these fit, those first that gain most.
  void fill_flash(const Ways& wanted) {
    for (size_t i : by_gain(wanted))
      for (const Way& way : faster_ways(i, wanted[i])) {
        const Way before = std::exchange(taken_[i], way);
        if (!is_over_flash()) break;
        taken_[i] = before;
      }
  }

  // In a stream steps are not made in order from the first row on, one after another.
  static bool can_stream(const KernelCall& call) {
    return call.rows_per_step == 1 && (call.carry_bytes == 0 || call.fold);
  }

  Candidate measure(const std::vector<KernelCall>& calls, const Way& way, const KernelCost& cost) const {
    Candidate c{way, 0, cost.code_bytes};
    for (const KernelCall& call : calls) {
      c.instructions += cost.instructions(call.work);
      int64_t ready = 0;
      for (const Writes& w : call.writes) ready += (call.rows_per_step - 1) * row_bytes(graph_.at(w.tensor));
      for (const Reads& r : call.reads) ready += (call.rows_per_step - 1) * r.stride * row_bytes(graph_.at(r.tensor));
      c.memory_bytes = std::max(c.memory_bytes, call.scratch_bytes + call.carry_bytes + ready);
    }
    c.table_bytes = bytes_of_tables(calls);
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
    const double price = price_ * least_instructions();
    double sum = 0;
    std::map<std::string_view, double> code;
    taken_.assign(candidates_.size(), {});
    for (size_t i = 0; i < candidates_.size(); ++i) {
      auto cost_of = [&](const Candidate& c) { return c.instructions + price * c.table_bytes; };
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

  double instructions() const {
    double sum = 0;
    for (size_t i = 0; i < taken_.size(); ++i)
      if (taken_[i].kernel) sum += candidate_of(i, taken_[i]).instructions;
    return sum;
  }

  double flash_bytes() const {
    double sum = 0;
    std::map<std::string_view, double> code;
    for (size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i].kernel) continue;
      const Candidate& c = candidate_of(i, taken_[i]);
      sum += c.table_bytes;
      code[taken_[i].kernel->name] = c.code_bytes;
    }
    for (const auto& [kernel, bytes] : code) sum += bytes;
    return sum;
  }

  // Makes ops faster as long as the peak stays within `most`; tells the peak.
  int64_t take_faster(const Ways& cheapest, int64_t most) {
    int64_t peak = simulate();
    for (size_t i : by_gain(cheapest))
      for (const Way& way : faster_ways(i, cheapest[i])) {
        if (simulations_left_-- <= 0) return peak;
        const Choice old = choice(0);
        const Way before = std::exchange(taken_[i], way);
        const bool fits = !is_over_flash() || flash_bytes() < old.flash_bytes;
        if (fits && time_and_flash(choice(0), price_) < time_and_flash(old, price_)) {
          const int64_t now = simulate();
          if (now <= most) {
            peak = now;
            break;
          }
        }
        taken_[i] = before;
      }
    return peak;
  }

  Ways least_memory() const {
    Ways ways(candidates_.size());
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const auto least =
          std::min_element(candidates_[i].begin(), candidates_[i].end(), [](const Candidate& a, const Candidate& b) {
            return std::pair(a.memory_bytes, a.instructions) < std::pair(b.memory_bytes, b.instructions);
          });
      if (least != candidates_[i].end()) ways[i] = least->way;
    }
    return ways;
  }

  // The ops that could do with less time, those first that could do with much less.
  std::vector<size_t> by_gain(const Ways& cheapest) const {
    std::vector<std::pair<double, size_t>> gains;
    for (size_t i = 0; i < taken_.size(); ++i)
      if (!(taken_[i] == cheapest[i]))
        gains.push_back({candidate_of(i, cheapest[i]).instructions - candidate_of(i, taken_[i]).instructions, i});
    std::sort(gains.begin(), gains.end());
    std::vector<size_t> ops;
    for (const auto& [gain, i] : gains) ops.push_back(i);
    return ops;
  }

  // The cheapest way and those between it and the present one, the fastest first.
  std::vector<Way> faster_ways(size_t i, const Way& cheapest) const {
    std::vector<const Candidate*> found;
    for (const Candidate& c : candidates_[i])
      if (c.way == cheapest || c.instructions < candidate_of(i, taken_[i]).instructions) found.push_back(&c);
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate* a, const Candidate* b) { return a->instructions < b->instructions; });
    std::vector<Way> ways;
    for (const Candidate* c : found) ways.push_back(c->way);
    return ways;
  }

  int64_t simulations_allowed() const {
    const auto calls = calls_taken();
    int64_t work = 1 + static_cast<int64_t>(index_.tensor.size());
    for (const KernelCall& call : calls) work += call.step_count() + count_reads(call);
    return std::clamp<int64_t>(kMaxWork / work, kMinSimulations, kMaxSimulations);
  }

  static std::vector<KernelCall> without_tables(std::vector<KernelCall> calls, size_t op) {
    for (KernelCall& call : calls) call.tables.clear(), call.op = static_cast<int32_t>(op);
    return calls;
  }

  // The calls of the ops that leave no choice.
  Status lower_fixed() {
    fixed_.resize(graph_.ops.size());
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      if (!candidates_[i].empty()) continue;
      auto calls = graph_.ops[i].def->lower(graph_.ops[i], graph_, {});
      if (!calls) return std::move(calls.error()).at(describe(graph_.ops[i], graph_));
      other_flash_bytes_ += bytes_of_tables(*calls);
      fixed_[i] = without_tables(std::move(*calls), i);
    }
    return {};
  }

  std::vector<KernelCall> calls_taken() const {
    std::vector<KernelCall> all;
    for (size_t i = 0; i < taken_.size(); ++i) {
      const auto& calls = taken_[i].kernel ? candidate_of(i, taken_[i]).calls : fixed_[i];
      all.insert(all.end(), calls.begin(), calls.end());
    }
    return all;
  }

  // The peak of the plan with the ways taken, its stages as chosen for the first ones.
  int64_t simulate() {
    const auto calls = calls_taken();
    if (cuts_.empty()) cuts_ = choose_stages(graph_, index_, calls, options_.feed);
    const auto schedule = schedule_stages(graph_, index_, calls, cuts_, options_.feed);
    plan_work += static_cast<int64_t>(schedule.size());
    return find_lives(graph_, index_, calls, schedule, options_.feed).peak_bytes;
  }

  const Graph& graph_;
  const PlanOptions& options_;
  const RowIndex index_;
  std::vector<std::vector<Candidate>> candidates_;  // by op; empty: there is no choice
  std::vector<std::vector<KernelCall>> fixed_;      // by op: its calls, where there is none
  Ways taken_;
  std::vector<int32_t> cuts_;
  double price_;                  // of a byte of flash, as a share of all time
  double other_flash_bytes_ = 0;  // of the tables of ops without a choice
  int64_t simulations_left_ = 0;
};

}  // namespace

double score_of(const Choice& choice, int64_t bytes, const PlanOptions& options) {
  if (options.ram_bytes && bytes > *options.ram_bytes) return 1e90 * static_cast<double>(bytes);
  if (options.flash_bytes && choice.all_flash_bytes() > static_cast<double>(*options.flash_bytes))
    return 1e60 * choice.all_flash_bytes();
  const double time = time_and_flash(choice, flash_price(options.optimize));
  switch (options.optimize) {
    case Optimize::ram: return std::pow(static_cast<double>(bytes), 5) * time;
    case Optimize::balanced: return static_cast<double>(bytes) * time;
    case Optimize::speed: return time;
  }
  return time;
}

Expected<std::vector<Choice>> list_choices(const Graph& graph, const PlanOptions& options) {
  WaySearch search(graph, options);
  MOTE_TRY_STATUS(search.list_candidates());
  search.take_cheapest();
  if (!search.has_choice()) return std::vector<Choice>{search.choice(0)};
  return search.spend_memory();
}

}  // namespace mote
