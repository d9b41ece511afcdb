// The order of ops decides how many tensors of a branching graph are alive at once. A search over sets of finished ops
// (dynamic programming over the frontier) finds the order with the least peak of whole tensors; where the graph is too
// wide for it, the order of the model file stays.
#include <algorithm>
#include <map>

#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

constexpr size_t kMaxStates = 4000;          // per number of finished ops
constexpr int64_t kMaxTransitions = 100000;  // in all: a fraction of a second

struct Path {
  int64_t peak = 0, alive = 0;
  std::vector<int32_t> ready;  // ops that may come next, ascending
  int32_t last = -1;           // the step that ends it, and through it all others
};
struct Step {
  int32_t op, before;
};
using Done = std::vector<bool>;

class Orderer {
 public:
  explicit Orderer(const Graph& graph)
      : graph_(graph), readers_(graph.tensors.size()), maker_(graph.tensors.size(), -1) {
    for (size_t i = 0; i < graph.ops.size(); ++i) {
      for (TensorId id : graph.ops[i].in)
        if (id != kNone) readers_[static_cast<size_t>(id)].push_back(static_cast<int32_t>(i));
      for (TensorId id : graph.ops[i].out) maker_[static_cast<size_t>(id)] = static_cast<int32_t>(i);
    }
  }

  // Op numbers in their new order; empty: no order was found within bounds.
  std::vector<int32_t> run() {
    const Done none(graph_.ops.size(), false);
    std::map<Done, Path> states{{none, Path{0, initial_bytes(), first_ready(none)}}};
    for (size_t n = 0; n < graph_.ops.size(); ++n) {
      std::map<Done, Path> next;
      for (const auto& [done, path] : states)
        for (int32_t op : path.ready) {
          if (static_cast<int64_t>(steps_.size()) == kMaxTransitions) return {};
          steps_.push_back({op, path.last});
          plan_work += 1 + static_cast<int64_t>(path.ready.size());
          Done then = done;
          then[static_cast<size_t>(op)] = true;
          const int64_t during = path.alive + made_bytes(op), peak = std::max(path.peak, during);
          const auto [at, fresh] = next.try_emplace(std::move(then));
          if (fresh || peak < at->second.peak)
            at->second = {peak, during - freed_bytes(op, at->first), ready_after(path.ready, op, at->first),
                          static_cast<int32_t>(steps_.size()) - 1};
          if (next.size() > kMaxStates) return {};
        }
      states = std::move(next);
    }
    return order_to(states.begin()->second.last);
  }

 private:
  std::vector<int32_t> order_to(int32_t last) const {
    std::vector<int32_t> order;
    for (; last >= 0; last = steps_[static_cast<size_t>(last)].before)
      order.push_back(steps_[static_cast<size_t>(last)].op);
    std::reverse(order.begin(), order.end());
    return order;
  }

  std::vector<int32_t> first_ready(const Done& done) const {
    std::vector<int32_t> ready;
    for (int32_t op = 0; op < static_cast<int32_t>(graph_.ops.size()); ++op)
      if (is_ready(op, done)) ready.push_back(op);
    return ready;
  }

  // Without `op`, which is done now, and with what waited for it alone.
  std::vector<int32_t> ready_after(std::vector<int32_t> ready, int32_t op, const Done& done) const {
    std::erase(ready, op);
    for (TensorId id : graph_.ops[static_cast<size_t>(op)].out)
      for (int32_t reader : readers_[static_cast<size_t>(id)]) {
        const auto at = std::lower_bound(ready.begin(), ready.end(), reader);
        if ((at == ready.end() || *at != reader) && is_ready(reader, done)) ready.insert(at, reader);
      }
    return ready;
  }

  int64_t bytes(TensorId id) const { return graph_.at(id).is_constant() ? 0 : byte_count(graph_.at(id)); }
  bool is_output(TensorId id) const { return std::count(graph_.outputs.begin(), graph_.outputs.end(), id) > 0; }

  int64_t initial_bytes() const {
    int64_t sum = 0;
    for (TensorId id : graph_.inputs) sum += bytes(id);
    return sum;
  }
  bool is_ready(int32_t op, const Done& done) const {
    for (TensorId id : graph_.ops[static_cast<size_t>(op)].in)
      if (id != kNone && maker_[static_cast<size_t>(id)] >= 0 &&
          !done[static_cast<size_t>(maker_[static_cast<size_t>(id)])])
        return false;
    return true;
  }
  int64_t made_bytes(int32_t op) const {
    int64_t sum = 0;
    for (TensorId id : graph_.ops[static_cast<size_t>(op)].out) sum += bytes(id);
    return sum;
  }
  int64_t freed_bytes(int32_t op, const Done& done) const {
    int64_t sum = 0;
    std::vector<TensorId> ids = graph_.ops[static_cast<size_t>(op)].in;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (TensorId id : ids) {
      if (id == kNone || is_output(id)) continue;
      const auto& readers = readers_[static_cast<size_t>(id)];
      if (std::all_of(readers.begin(), readers.end(), [&](int32_t r) { return done[static_cast<size_t>(r)]; }))
        sum += bytes(id);
    }
    return sum;
  }

  const Graph& graph_;
  std::vector<std::vector<int32_t>> readers_;
  std::vector<int32_t> maker_;
  std::vector<Step> steps_;  // of all paths
};

bool has_branches(const Graph& graph) {
  const std::vector<int> readers = count_readers(graph);
  for (const Op& op : graph.ops)
    for (TensorId id : op.out)
      if (readers[static_cast<size_t>(id)] > 1) return true;
  return graph.inputs.size() > 1;
}

}  // namespace

void order_ops(Graph& graph) {
  if (!has_branches(graph)) return;
  const std::vector<int32_t> order = Orderer(graph).run();
  if (order.empty()) return;
  std::vector<Op> sorted;
  for (int32_t i : order) sorted.push_back(graph.ops[static_cast<size_t>(i)]);
  graph.ops = std::move(sorted);
}

}  // namespace mote
