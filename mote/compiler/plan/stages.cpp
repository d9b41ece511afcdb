// Which runs of calls go through line buffers together. A stage keeps only the rows in flight of what lies inside it;
// what crosses from one stage to the next is kept whole.
//
// The number of partitions is exponential and simulating even every pair of ends would be slow for long models. So:
// a dynamic programme over a cheap estimate of each stage's memory proposes partitions, and a descent simulates small
// changes of the best one, with a fixed number of simulations in all.
#include <algorithm>
#include <map>
#include <numeric>

#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

constexpr int64_t kMaxSimulations = 80, kMinSimulations = 3;
constexpr int64_t kMaxWork = 8'000'000;  // of all simulations, in steps and rows read: tall models get fewer
constexpr int32_t kMaxStage = 256;       // calls: bounds the estimates, and how deep rows on demand reach

class Estimates {
 public:
  Estimates(const Graph& graph, const std::vector<KernelCall>& calls, Feed feed)
      : n_(static_cast<int32_t>(calls.size())) {
    uses_.resize(graph.tensors.size());
    for (size_t i = 0; i < uses_.size(); ++i) {
      const Tensor& t = graph.tensors[i];
      uses_[i] = {t.is_constant() ? 0 : byte_count(t), 0, INT32_MAX, -1};
    }
    for (TensorId id : graph.inputs) {
      Use& u = uses_[static_cast<size_t>(id)];
      u.made = feed == Feed::whole ? -1 : 0;
    }
    for (int32_t c = 0; c < n_; ++c) {
      const KernelCall& call = calls[static_cast<size_t>(c)];
      for (const Writes& w : call.writes)
        uses_[static_cast<size_t>(w.tensor)].made = std::min(uses_[static_cast<size_t>(w.tensor)].made, c);
      for (const Reads& r : call.reads) {
        Use& u = uses_[static_cast<size_t>(r.tensor)];
        const Tensor& t = graph.at(r.tensor);
        if (t.is_constant()) continue;
        const int64_t window = r.whole ? u.whole : ((r.span - 1) * r.dilation + 1) * row_bytes(t);
        u.ring = std::min(u.whole, std::max(u.ring, window));
        u.last = c;
      }
    }
    for (TensorId id : graph.outputs) uses_[static_cast<size_t>(id)].last = n_;
    std::erase_if(uses_, [](const Use& u) { return u.whole == 0 || u.last < 0; });
    made_.resize(static_cast<size_t>(n_));
    last_.resize(static_cast<size_t>(n_));
    before_.resize(static_cast<size_t>(n_) + 1);
    for (size_t i = 0; i < uses_.size(); ++i) note(i);
    for (size_t c = 1; c < before_.size(); ++c) before_[c] += before_[c - 1];
  }

  // Calls visit(end, bytes) for the stages of the calls [begin, end), up to `longest` calls each: what they need,
  // roughly. A tensor that is made and read within a stage of several calls takes the rows of its windows.
  template <class Visit>
  void each_stage(int32_t begin, int32_t longest, Visit visit) const {
    int64_t whole = before_[static_cast<size_t>(begin)], saved = 0;
    for (int32_t c = begin; c < std::min(n_, begin + longest); ++c) {
      for (size_t i : made_[static_cast<size_t>(c)]) whole += uses_[i].whole;
      for (size_t i : last_[static_cast<size_t>(c)])
        if (uses_[i].made >= begin) saved += uses_[i].whole - uses_[i].ring;
      visit(c + 1, c > begin ? whole - saved : whole);
      ++plan_work;
    }
  }

 private:
  struct Use {
    int64_t whole, ring;
    int32_t made, last;  // calls
  };

  void note(size_t i) {
    const Use& u = uses_[i];
    if (u.made >= 0 && u.made < n_) made_[static_cast<size_t>(u.made)].push_back(i);
    if (u.last < n_) last_[static_cast<size_t>(u.last)].push_back(i);
    // Made before call c and read by it or later: c from made + 1 to last.
    if (u.made >= u.last) return;
    before_[static_cast<size_t>(u.made + 1)] += u.whole;
    if (u.last < n_) before_[static_cast<size_t>(u.last + 1)] -= u.whole;
  }

  int32_t n_;
  std::vector<Use> uses_;
  std::vector<std::vector<size_t>> made_, last_;  // by call: the uses that begin or end there
  std::vector<int64_t> before_;                   // by call: bytes of what was made before and is read from there on
};

// The partition whose largest estimate is least; among equals, the one with the fewest stages.
std::vector<int32_t> best_by_estimate(const Estimates& estimates, int32_t n, int32_t longest) {
  std::vector<std::pair<int64_t, int32_t>> best(static_cast<size_t>(n) + 1, {INT64_MAX, INT32_MAX});
  std::vector<int32_t> from(static_cast<size_t>(n) + 1, 0);
  best[0] = {0, 0};
  for (int32_t begin = 0; begin < n; ++begin)
    estimates.each_stage(begin, longest, [&](int32_t end, int64_t bytes) {
      const auto& before = best[static_cast<size_t>(begin)];
      const std::pair<int64_t, int32_t> cost{std::max(before.first, bytes), before.second + 1};
      if (cost < best[static_cast<size_t>(end)])
        best[static_cast<size_t>(end)] = cost, from[static_cast<size_t>(end)] = begin;
    });
  std::vector<int32_t> cuts;
  for (int32_t at = n; at > 0; at = from[static_cast<size_t>(at)]) cuts.push_back(from[static_cast<size_t>(at)]);
  std::reverse(cuts.begin(), cuts.end());
  return cuts;
}

int32_t count_op_calls(const std::vector<KernelCall>& calls, const Stream* stream) {
  return stream ? stream->op_calls : static_cast<int32_t>(calls.size());
}

class Search {
 public:
  Search(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls, Feed feed,
         const Stream* stream)
      : graph_(graph), index_(index), calls_(calls), feed_(feed), stream_(stream), n_(count_op_calls(calls, stream)) {
    int64_t work = 1 + static_cast<int64_t>(index.tensor.size());
    for (const KernelCall& call : calls) work += call.step_count() + count_reads(call);
    most_ = std::clamp(kMaxWork / work, kMinSimulations, kMaxSimulations);
  }

  bool spent() const { return static_cast<int64_t>(known_.size()) >= most_; }

  void consider(const std::vector<int32_t>& cuts) {
    if (spent() || longest_stage(cuts) > kMaxStage || known_.count(cuts)) return;
    const auto schedule = schedule_stages(graph_, index_, calls_, cuts, feed_, stream_);
    std::vector<PlanStep> hop;
    if (stream_) hop = schedule_hop(graph_, index_, calls_, cuts, *stream_);
    plan_work += static_cast<int64_t>(schedule.size() + hop.size());
    int64_t peak = find_lives(graph_, index_, calls_, schedule, feed_, stream_, hop).peak_bytes;
    if (std::max(count_entries(schedule), count_entries(hop)) > kMaxEntries)
      peak = INT64_MAX;  // taken only if there is no other
    known_[cuts] = peak;
    if (best_cuts_.empty() || peak < best_ || (peak == best_ && cuts.size() < best_cuts_.size()))
      best_ = peak, best_cuts_ = cuts;
  }

  // Tries a cut more, a cut less, and each cut one call earlier or later, until nothing helps.
  void descend() {
    for (bool better = true; better && !spent();) {
      const auto start = best_cuts_;
      for (size_t i = 1; i < start.size() && !spent(); ++i) {
        std::vector<int32_t> without = start;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        consider(without);
        for (int32_t move : {-1, 1}) {
          std::vector<int32_t> moved = start;
          moved[i] += move;
          const int32_t next = i + 1 < start.size() ? start[i + 1] : n_;
          if (moved[i] > start[i - 1] && moved[i] < next) consider(moved);
        }
      }
      for (int32_t c = 1; c < n_ && !spent(); ++c) {
        std::vector<int32_t> with = start;
        const auto at = std::lower_bound(with.begin(), with.end(), c);
        if (at != with.end() && *at == c) continue;
        with.insert(at, c);
        consider(with);
      }
      better = best_cuts_ != start;
    }
  }

  const std::vector<int32_t>& best() const { return best_cuts_; }

 private:
  int32_t longest_stage(const std::vector<int32_t>& cuts) const {
    int32_t longest = 0, end = n_;
    for (size_t i = cuts.size(); i-- > 0; end = cuts[i]) longest = std::max(longest, end - cuts[i]);
    return longest;
  }

  const Graph& graph_;
  const RowIndex& index_;
  const std::vector<KernelCall>& calls_;
  Feed feed_;
  const Stream* stream_;
  int32_t n_;  // calls of ops
  std::map<std::vector<int32_t>, int64_t> known_;
  std::vector<int32_t> best_cuts_;
  int64_t best_ = 0, most_ = 0;
};

}  // namespace

std::vector<int32_t> choose_stages(const Graph& graph, const RowIndex& index, const std::vector<KernelCall>& calls,
                                   Feed feed, const Stream* stream) {
  const int32_t n = count_op_calls(calls, stream);
  if (n == 0) return {};
  const Estimates estimates(graph, {calls.begin(), calls.begin() + n}, feed);
  Search search(graph, index, calls, feed, stream);
  search.consider({0});
  std::vector<int32_t> each(static_cast<size_t>(n));
  std::iota(each.begin(), each.end(), 0);
  search.consider(each);  // has the fewest entries of all
  for (int32_t longest : {std::min(n, kMaxStage), 24, 12, 6, 3})
    search.consider(best_by_estimate(estimates, n, longest));
  search.descend();
  return search.best();
}

}  // namespace mote
