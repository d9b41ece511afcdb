// Work that provably cannot matter is removed. Interval analysis goes forwards: the range of each channel of each
// tensor. Need goes backwards: a channel is needed if an op that matters reads it and cannot take it for a constant.
// What is left is sliced by the ops themselves (OpDef::need, OpDef::keep).
#include <algorithm>
#include <map>

#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"

namespace mote {
namespace {

constexpr int kMaxRounds = 8;                       // nearly all is found in the first
constexpr int64_t kMaxChannels = int64_t{1} << 20;  // of all tensors: beyond, a file of a few bytes could ask for much
constexpr int kMaxChanges = 8;  // of one tensor's need, in one round: then all of it is needed, which bounds the work

bool is_byte(const Tensor& t) { return t.type == DType::int8 || t.type == DType::uint8; }

size_t index(TensorId id) { return static_cast<size_t>(id); }

template <class T>
std::vector<T> of_operands(const std::vector<TensorId>& ids, const std::vector<T>& by_tensor) {
  std::vector<T> values;
  for (TensorId id : ids) values.push_back(id == kNone ? T() : by_tensor[index(id)]);
  return values;
}

// What each op of the model file costs, by its index there.
struct Cost {
  int64_t macs = 0, weights_bytes = 0;
};

std::map<int32_t, Cost> costs(const Graph& g) {
  std::map<int32_t, Cost> by_source;
  for (const Op& op : g.ops) {
    Cost& cost = by_source[op.source];
    if (op.def->macs) cost.macs += op.def->macs(op, g);
    for (TensorId id : op.in)
      if (id != kNone) cost.weights_bytes += static_cast<int64_t>(g.at(id).data.size());
  }
  return by_source;
}

using ProofMap = std::map<int32_t, Proof>;

ProofMap open_proofs(const Graph& g) {
  ProofMap proofs;
  for (const Op& op : g.ops) {
    Proof p;
    p.source = op.source, p.type = op.type, p.name = short_name(g.out(op)), p.channels = channel_count(g.out(op));
    proofs[op.source] = p;
  }
  return proofs;
}

// ---- ops whose output is their input ----

// Which tensor stands in for each one.
class Aliases {
 public:
  explicit Aliases(size_t tensors) {
    for (size_t i = 0; i < tensors; ++i) of_.push_back(static_cast<TensorId>(i));
  }
  TensorId operator()(TensorId id) const {
    while (id != kNone && of_[index(id)] != id) id = of_[index(id)];
    return id;
  }
  void set(TensorId id, TensorId to) { of_[index(id)] = to; }

 private:
  std::vector<TensorId> of_;
};

bool is_identity(const Op& op, const Graph& g, const std::vector<Ranges>& ranges) {
  if (!op.def->is_identity || op.in.empty() || op.in[0] == kNone) return false;
  const Tensor &in = *g.in(op, 0), &out = g.out(op);
  return in.type == out.type && in.shape == out.shape && in.quant == out.quant &&
         op.def->is_identity(op, g, of_operands(op.in, ranges));
}

bool remove_identities(Graph& g, const std::vector<Ranges>& ranges, ProofMap& proofs) {
  Aliases alias(g.tensors.size());
  std::vector<char> is_fixed(g.tensors.size(), 0);  // model inputs, outputs and constants keep their names
  for (const auto* ids : {&g.inputs, &g.outputs})
    for (TensorId id : *ids) is_fixed[index(id)] = 1;
  for (size_t i = 0; i < g.tensors.size(); ++i) is_fixed[i] |= g.tensors[i].is_constant();
  std::vector<Op> kept;
  for (Op& op : g.ops) {
    if (is_identity(op, g, ranges)) {
      const TensorId in = alias(op.in[0]), out = op.out[0];
      if (!is_fixed[index(out)] || !is_fixed[index(in)]) {
        if (is_fixed[index(out)]) alias.set(in, out);
        else alias.set(out, in);
        proofs[op.source].kind = Proof::identity;
        continue;
      }
    }
    kept.push_back(std::move(op));
  }
  const bool changed = kept.size() < g.ops.size();
  g.ops = std::move(kept);
  for (Op& op : g.ops)
    for (auto* ids : {&op.in, &op.out})
      for (TensorId& id : *ids) id = alias(id);
  return changed;
}

// ---- need ----

class Needs {
 public:
  Needs(const Graph& g, const std::vector<Ranges>& ranges)
      : g_(g),
        ranges_(ranges),
        users_(g.tensors.size()),
        changes_(g.tensors.size(), 0),
        is_output_(g.tensors.size(), 0),
        is_any_(g.tensors.size(), 0) {
    for (const Tensor& t : g.tensors) sets_.emplace_back(static_cast<size_t>(channel_count(t)), false);
    for (const auto* ids : {&g.inputs, &g.outputs})
      for (TensorId id : *ids) sets_[index(id)].assign(sets_[index(id)].size(), true);
    for (TensorId id : g.outputs) is_output_[index(id)] = 1;
    for (size_t i = 0; i < g.ops.size(); ++i)
      for (const auto* ids : {&g.ops[i].in, &g.ops[i].out})
        for (TensorId id : *ids)
          if (id != kNone) users_[index(id)].push_back(i);
    find();
    keep_one_each();
  }

  const ChannelSet& of(TensorId id) const { return sets_[index(id)]; }
  OpChannels channels(const Op& op) const { return {of_operands(op.in, sets_), of_operands(op.out, sets_)}; }

  bool is_constant(TensorId id, size_t channel) const {
    const Ranges& r = ranges_[index(id)];
    return !r.empty() && r[channel].is_constant();
  }
  // All that is needed of it is constant, if anything is needed: nothing has to make it.
  bool is_known(TensorId id) const {
    if (is_output_[index(id)]) return false;
    if (is_any_[index(id)]) return true;
    for (size_t c = 0; c < of(id).size(); ++c)
      if (of(id)[c] && !is_constant(id, c)) return false;
    return true;
  }
  // Its outputs have to be made.
  bool matters(const Op& op) const {
    return std::any_of(op.out.begin(), op.out.end(), [&](TensorId id) { return !is_known(id); });
  }

 private:
  void find() {
    std::vector<char> pending(g_.ops.size(), 1);
    for (bool again = true; again;) {
      again = false;
      for (size_t i = g_.ops.size(); i-- > 0;) {
        if (!pending[i] || !matters(g_.ops[i])) continue;
        pending[i] = 0;
        const Op& op = g_.ops[i];
        OpChannels channels = this->channels(op);
        if (op.def->need) op.def->need(op, g_, of_operands(op.in, ranges_), channels);
        else need_everything(channels);
        for (size_t k = 0; k < op.in.size(); ++k) again |= grow(op.in[k], channels.in[k], pending);
        for (size_t k = 0; k < op.out.size(); ++k) again |= grow(op.out[k], channels.out[k], pending);
      }
    }
  }

  bool grow(TensorId id, const ChannelSet& by, std::vector<char>& pending) {
    if (id == kNone) return false;
    ChannelSet& set = sets_[index(id)];
    const ChannelSet before = set;
    for (size_t c = 0; c < set.size(); ++c)
      if (by[c]) set[c] = true;
    if (set == before) return false;
    if (++changes_[index(id)] > kMaxChanges) set.assign(set.size(), true);
    for (size_t user : users_[index(id)]) pending[user] = 1;
    return true;
  }

  // A tensor that is read although nothing of it is needed keeps one channel, of any value.
  void keep_one_each() {
    for (const Op& op : g_.ops) {
      if (!matters(op)) continue;
      for (TensorId id : op.in)
        if (id != kNone && count(of(id)) == 0) {
          sets_[index(id)][0] = true;
          is_any_[index(id)] = 1;
        }
    }
  }

  const Graph& g_;
  const std::vector<Ranges>& ranges_;
  std::vector<ChannelSet> sets_;            // by tensor
  std::vector<std::vector<size_t>> users_;  // by tensor: the ops that read or make it
  std::vector<int> changes_;
  std::vector<char> is_output_, is_any_;
};

// ---- rewriting ----

void prove_removed(const Graph& g, const Needs& needs, const std::vector<Ranges>& ranges, const Op& op, Proof& proof) {
  const TensorId id = op.out[0];
  const bool whole_op = !needs.matters(op);
  const Tensor& t = g.at(id);
  for (size_t c = 0; c < needs.of(id).size(); ++c) {
    if (needs.of(id)[c] && !whole_op) continue;
    Proof::Channel channel;
    channel.index = t.kept.empty() ? static_cast<int32_t>(c) : t.kept[c];
    channel.is_constant = needs.is_constant(id, c);
    if (channel.is_constant) {
      const Range& r = ranges[index(id)][c];
      channel.value = r.lo, channel.lo = r.before_lo, channel.hi = r.before_hi;
    }
    proof.removed.push_back(channel);
  }
}

void slice(Tensor& t, const ChannelSet& set) {
  std::vector<int32_t> kept;
  for (size_t c = 0; c < set.size(); ++c)
    if (set[c]) kept.push_back(t.kept.empty() ? static_cast<int32_t>(c) : t.kept[c]);
  t = keep_indices(t, t.shape.size() - 1, set);
  t.kept = std::move(kept);
}

// Values by channel; 0 where nothing needs them.
void make_constant(Tensor& t, const Ranges& ranges, const ChannelSet& set) {
  MOTE_ASSERT(bytes_of(t.type) == 1);
  Bytes pixel, bytes;
  for (size_t c = 0; c < set.size(); ++c)
    if (set[c]) pixel.push_back(static_cast<uint8_t>(ranges.empty() ? 0 : ranges[c].lo));
  const auto pixels = static_cast<size_t>(element_count(t.shape)) / pixel.size();
  for (size_t i = 0; i < pixels; ++i) bytes.insert(bytes.end(), pixel.begin(), pixel.end());
  t.data = Blob(std::move(bytes));
}

// A constant that is the same everywhere is stored once where all of its readers repeat it.
void shrink_constant(Graph& g, TensorId id, const std::vector<const Op*>& readers) {
  const Tensor full = g.at(id);
  if (full.shape.size() < 2) return;
  Tensor& t = g.at(id);
  std::fill(t.shape.begin(), t.shape.end() - 1, 1);
  auto repeats = [&](const Op* op) {
    if (!op->def->is_broadcast) return false;
    const auto types = op->def->infer(*op, g);
    return types && (*types)[0].shape == g.out(*op).shape;
  };
  if (!std::all_of(readers.begin(), readers.end(), repeats)) {
    t.shape = full.shape;
    return;
  }
  const auto pixel = full.data.bytes().first(static_cast<size_t>(channel_count(t)));
  t.data = Blob(Bytes(pixel.begin(), pixel.end()));
}

// Ops that do not matter go, the others do with the channels that are needed. True where anything changed.
bool rewrite_ops(Graph& g, const Needs& needs, const std::vector<Ranges>& ranges) {
  auto all = [](const std::vector<ChannelSet>& sets) { return std::all_of(sets.begin(), sets.end(), is_whole); };
  bool changed = false;
  std::vector<Op> ops;
  for (Op& op : g.ops) {
    if (!needs.matters(op)) {
      changed = true;
      continue;
    }
    const OpChannels kept = needs.channels(op);
    if (!all(kept.in) || !all(kept.out)) {
      changed = true;
      if (op.def->keep) op.def->keep(op, g, of_operands(op.in, ranges), kept);
    }
    ops.push_back(std::move(op));
  }
  g.ops = std::move(ops);
  return changed;
}

// The tensors of the ops that are left: those that nothing makes any more become constants. Returns them.
std::vector<TensorId> rewrite_tensors(Graph& g, const Needs& needs, const std::vector<Ranges>& ranges) {
  std::vector<char> is_touched(g.tensors.size(), 0), is_made(g.tensors.size(), 0);
  for (const Op& op : g.ops) {
    for (TensorId id : op.in)
      if (id != kNone) is_touched[index(id)] = 1;
    for (TensorId id : op.out) is_touched[index(id)] = is_made[index(id)] = 1;
  }
  for (TensorId id : g.inputs) is_made[index(id)] = 1;
  std::vector<TensorId> constants;
  for (size_t i = 0; i < ranges.size(); ++i) {  // beyond: new constants of ops
    if (!is_touched[i]) continue;
    const auto id = static_cast<TensorId>(i);
    if (!is_whole(needs.of(id))) slice(g.at(id), needs.of(id));
    if (is_made[i] || g.at(id).is_constant()) continue;
    make_constant(g.at(id), ranges[i], needs.of(id));
    constants.push_back(id);
  }
  return constants;
}

void shrink_constants(Graph& g, const std::vector<TensorId>& constants) {
  std::map<TensorId, std::vector<const Op*>> readers;
  for (TensorId id : constants) readers[id] = {};
  for (const Op& op : g.ops)
    for (TensorId id : op.in)
      if (const auto r = readers.find(id); r != readers.end()) r->second.push_back(&op);
  for (const auto& [id, ops] : readers) shrink_constant(g, id, ops);
}

bool remove_channels(Graph& g, const std::vector<Ranges>& ranges, ProofMap& proofs) {
  const Graph before = g;
  const Needs needs(before, ranges);
  for (const Op& op : before.ops) prove_removed(before, needs, ranges, op, proofs[op.source]);
  const bool changed = rewrite_ops(g, needs, ranges);
  shrink_constants(g, rewrite_tensors(g, needs, ranges));
  return changed;
}

void close_proofs(Graph& g, ProofMap& proofs, const std::map<int32_t, Cost>& before) {
  const std::map<int32_t, Cost> after = costs(g);
  for (auto& [source, proof] : proofs) {
    const auto left = after.find(source);
    const Cost rest = left == after.end() ? Cost() : left->second;
    proof.macs = before.at(source).macs - rest.macs;
    proof.weights_bytes = before.at(source).weights_bytes - rest.weights_bytes;
    if (left == after.end() && proof.kind != Proof::identity && proof.removed.empty()) proof.kind = Proof::folded;
    g.proofs.channels += proof.channels;
    if (proof.kind != Proof::channels_removed || !proof.removed.empty() || proof.macs != 0 || proof.weights_bytes != 0)
      g.proofs.ops.push_back(std::move(proof));
  }
}

}  // namespace

std::vector<Ranges> find_ranges(const Graph& g) {
  std::vector<Ranges> ranges(g.tensors.size());
  for (size_t i = 0; i < ranges.size(); ++i)
    if (g.tensors[i].is_constant() && is_byte(g.tensors[i])) ranges[i] = constant_ranges(g.tensors[i]);
  for (TensorId id : g.inputs)
    if (is_byte(g.at(id))) ranges[index(id)] = full_ranges(g.at(id));
  for (const Op& op : g.ops)
    for (TensorId id : op.out)
      if (is_byte(g.at(id)))
        ranges[index(id)] = op.def->ranges ? op.def->ranges(op, g, of_operands(op.in, ranges)) : full_ranges(g.at(id));
  return ranges;
}

Status prove_ranges(Graph& graph) {
  int64_t channels = 0;
  for (const Tensor& t : graph.tensors) channels += channel_count(t);
  if (channels > kMaxChannels) return {};
  const std::map<int32_t, Cost> before = costs(graph);
  ProofMap proofs = open_proofs(graph);
  for (int round = 0; round < kMaxRounds; ++round) {
    const bool fewer_ops = remove_identities(graph, find_ranges(graph), proofs);
    const bool fewer_channels = remove_channels(graph, find_ranges(graph), proofs);
    MOTE_TRY_STATUS(fold_constants(graph));
    MOTE_TRY_STATUS(remove_unused(graph));
    if (!fewer_ops && !fewer_channels) break;
  }
  close_proofs(graph, proofs, before);
  return {};
}

}  // namespace mote
