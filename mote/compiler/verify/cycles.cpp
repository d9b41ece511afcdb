#include "mote/compiler/verify/cycles.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include "mote/compiler/verify/core_model.h"

namespace mote {
namespace {

using Tier = uint8_t Span::*;
constexpr Tier kTiers[] = {&Span::low, &Span::nominal, &Span::high};
constexpr uint64_t Cycles::*kTotals[] = {&Cycles::low, &Cycles::nominal, &Cycles::high};

bool is_multiply(Kind kind) { return kind >= Kind::multiply && kind <= Kind::multiply_add_long; }
bool is_arithmetic(Kind kind) { return kind >= Kind::alu && kind <= Kind::divide; }
bool is_memory(Kind kind) { return kind >= Kind::load && kind <= Kind::store_many; }
bool is_fpu(Kind kind) { return kind >= Kind::fp && kind <= Kind::fp_divide; }
bool is_vector(Kind kind) { return kind >= Kind::vector && kind <= Kind::vector_store; }
bool is_many(Kind kind) { return kind == Kind::load_many || kind == Kind::store_many; }
bool is_load(Kind kind) { return kind == Kind::load || kind == Kind::fp_load; }
bool is_store(Kind kind) { return kind == Kind::store || kind == Kind::fp_store; }
bool is_indirect(const Instruction& i) {
  return i.flow == Flow::indirect || i.flow == Flow::load_pc || (i.flow == Flow::call && i.reads != 0);
}

template <class F>
void for_each_register(uint64_t set, F f) {
  for (; set != 0; set &= set - 1) f(static_cast<size_t>(std::countr_zero(set)));
}

// The pipeline at one tier. Time is in cycles from its start.
class Pipeline {
 public:
  Pipeline(const CoreModel& core, Tier tier) : core_(core), tier_(tier), width_(tier == &Span::high ? 1 : core.width) {}

  // When the next instruction could issue.
  uint64_t time() const { return next_; }

  void run(std::span<const Instruction> instructions) {
    for (const Instruction& i : instructions) issue(i);
  }

  // After the last instruction control goes to `target` at `address`, not to what follows.
  void take_branch(const Instruction& branch, const Instruction& target, uint64_t address) {
    group_size_ = 0;
    if (branch.kind == Kind::loop_end) {
      next_ += value(core_.loop_end);
      return;
    }
    next_ += value(core_.taken);
    if (target.bytes == 4 && address % 4 != 0) next_ += value(core_.unaligned_target);
    if (is_indirect(branch)) next_ += value(core_.indirect);
    if (branch.flow == Flow::call || branch.flow == Flow::load_pc) next_ += value(core_.link);
    if (branch.flow == Flow::load_pc && branch.kind == Kind::load) next_ += value(core_.loaded_target);
  }

 private:
  // When the result in a register may be read, by what for.
  struct Ready {
    uint64_t operand = 0, address = 0, accumulator = 0;
    bool loaded = false;
  };

  uint64_t value(const Span& span) const { return span.*tier_; }

  uint64_t operands_ready(const Instruction& i) const {
    uint64_t time = 0;
    const bool early = core_.late_alu && i.kind == Kind::alu && width_ > 1;
    for_each_register(i.reads, [&](size_t r) {
      const Ready& ready = ready_[r];
      time = std::max(time, ready.operand - (early && ready.loaded && ready.operand > 0 ? 1 : 0));
    });
    for_each_register(i.address, [&](size_t r) { time = std::max(time, ready_[r].address); });
    const bool forward = core_.accumulator_forwarding && is_multiply(i.kind);
    for_each_register(i.accumulator,
                      [&](size_t r) { time = std::max(time, forward ? ready_[r].accumulator : ready_[r].operand); });
    return time;
  }

  // Vector units: memory, multiplier, the rest.
  uint64_t* vector_unit(Kind kind) {
    switch (kind) {
      case Kind::vector_load:
      case Kind::vector_store: return &vector_free_[0];
      case Kind::vector_multiply: return &vector_free_[1];
      case Kind::vector: return &vector_free_[2];
      default: return nullptr;
    }
  }

  bool may_join(const Instruction& i) const {
    if (group_size_ == 0 || group_size_ >= width_) return false;
    const Instruction& other = *latest_;
    const auto both = [&](auto is) { return is(i.kind) && is(other.kind); };
    const auto alone = [](const Instruction& a) {
      return is_many(a.kind) || a.kind == Kind::divide || a.kind == Kind::system || a.kind == Kind::unknown;
    };
    if (alone(i) || alone(other) || is_vector(other.kind)) return false;
    if (both(is_multiply) || both(is_fpu) || (i.flow != Flow::next && other.flow != Flow::next)) return false;
    if (i.kind == Kind::shift && other.kind == Kind::shift) return false;
    const bool both_access = (is_load(i.kind) || is_store(i.kind)) && (is_load(other.kind) || is_store(other.kind));
    return !(both_access && (is_store(i.kind) || is_store(other.kind)));
  }

  uint64_t issue_cycles(const Instruction& i) const {
    uint64_t cycles = value(core_.issue[i.kind]);
    if (is_many(i.kind)) cycles += value(core_.per_word) * static_cast<uint64_t>((i.words + width_ - 1) / width_);
    if (i.kind == Kind::store && i.register_offset) cycles += value(core_.register_offset_store);
    return cycles;
  }

  void issue(const Instruction& i) {
    uint64_t earliest = operands_ready(i);
    if (core_.pipelined_loads && (!is_memory(i.kind) || is_many(i.kind))) earliest = std::max(earliest, loaded_);
    uint64_t* unit = vector_unit(i.kind);
    if (unit) earliest = std::max(earliest, *unit);
    if (!may_join(i) || earliest > now_) {
      now_ = std::max(next_, earliest);
      group_size_ = 0;
    }
    group_size_ += 1;
    latest_ = &i;
    const uint64_t cycles = issue_cycles(i);
    next_ = std::max(next_, now_ + cycles);
    if (unit) *unit = now_ + std::max<uint64_t>(cycles, static_cast<uint64_t>(core_.vector_beats));
    if (i.kind == Kind::load) loaded_ = now_ + cycles + 1;
    write_results(i, now_ + cycles);
  }

  // `done`: when the instruction no longer holds the pipeline.
  void write_results(const Instruction& i, uint64_t done) {
    const uint64_t latency = value(core_.latency[i.kind]);
    Ready ready;
    ready.operand = std::max(done, now_ + latency);
    if (is_many(i.kind)) ready.operand = done;
    ready.address = ready.operand + (is_arithmetic(i.kind) ? value(core_.address_latency) : 0);
    ready.accumulator = is_multiply(i.kind) ? now_ + 1 : ready.operand;
    ready.loaded = is_load(i.kind);
    for_each_register(i.writes & ~i.updated, [&](size_t r) { ready_[r] = ready; });
    const Ready updated{now_ + 1, now_ + 1, now_ + 1, false};
    for_each_register(i.updated, [&](size_t r) { ready_[r] = updated; });
  }

  const CoreModel& core_;
  const Tier tier_;
  const int width_;
  std::array<Ready, 64> ready_{};
  std::array<uint64_t, 3> vector_free_{};
  const Instruction* latest_ = nullptr;
  int group_size_ = 0;  // how many issued at now_, `latest_` the last of them
  uint64_t now_ = 0, next_ = 0;
  uint64_t loaded_ = 0;  // end of the second cycle of the last load
};

// A recorded run: its blocks decoded, and what going from one to another costs.
class FlowCost {
 public:
  FlowCost(const CoreModel& core, const EmulatorRun& run) : core_(core), run_(run) {}

  // Only those that ran under a mark: an emulator's start-up code is not in the ELF.
  Status decode_blocks(const std::vector<CodeSection>& code) {
    blocks_.resize(run_.blocks.size());
    for (const std::vector<FlowEdge>& edges : run_.flow)
      for (const FlowEdge& edge : edges)
        if (blocks_[edge.to].instructions.empty()) {
          MOTE_TRY(blocks_[edge.to], decode_block(code, run_.blocks[edge.to]));
        }
    return {};
  }

  Cycles of(const std::vector<FlowEdge>& edges) {
    Cycles total;
    for (const FlowEdge& edge : edges) {
      const Cycles& cost = cost_of(edge);
      for (const auto tier : kTotals) total.*tier += edge.count * (cost.*tier);
    }
    add_mispredictions(edges, total);
    return total;
  }

 private:
  struct Decoded {
    std::vector<Instruction> instructions;
    uint64_t begin = 0, end = 0;
  };

  Expected<Decoded> decode_block(const std::vector<CodeSection>& code, const CodeBlock& block) const {
    const auto holds = [&](const CodeSection& s) {
      return block.address >= s.address && block.address < s.address + s.bytes.size();
    };
    const auto section = std::find_if(code.begin(), code.end(), holds);
    if (section == code.end()) return internal_error("a block ran that is not in the firmware");
    std::span<const uint8_t> bytes(section->bytes);
    bytes = bytes.subspan(block.address - section->address);
    Decoded decoded;
    decoded.begin = decoded.end = block.address;
    for (uint32_t i = 0; i < block.instructions; ++i) {
      if (bytes.size() < 2) return internal_error("a block ran over the end of the firmware's code");
      decoded.instructions.push_back(decode(core_.set, bytes));
      const size_t size = std::min<size_t>(decoded.instructions.back().bytes, bytes.size());
      bytes = bytes.subspan(size);
      decoded.end += size;
    }
    return decoded;
  }

  bool is_taken(const FlowEdge& edge) const {
    return edge.from != kNoBlock && blocks_[edge.from].end != blocks_[edge.to].begin;
  }

  // What `to` adds to the time of `from`: what its first instructions wait for is seen.
  const Cycles& cost_of(const FlowEdge& edge) {
    const auto [found, is_new] = costs_.try_emplace({edge.from, edge.to});
    if (!is_new) return found->second;
    const Decoded& to = blocks_[edge.to];
    for (size_t tier = 0; tier < std::size(kTiers); ++tier) {
      Pipeline pipeline(core_, kTiers[tier]);
      uint64_t before = 0;
      if (edge.from != kNoBlock) {
        const Decoded& from = blocks_[edge.from];
        pipeline.run(from.instructions);
        before = pipeline.time();
        if (is_taken(edge)) pipeline.take_branch(from.instructions.back(), to.instructions.front(), to.begin);
      }
      pipeline.run(to.instructions);
      found->second.*kTotals[tier] = pipeline.time() - before;
    }
    return found->second;
  }

  // A predictor that learns takes a branch to go as it mostly does.
  void add_mispredictions(const std::vector<FlowEdge>& edges, Cycles& total) const {
    if (core_.mispredicted.high == 0) return;
    std::map<uint32_t, std::array<uint64_t, 2>> ways;
    for (const FlowEdge& edge : edges)
      if (edge.from != kNoBlock && blocks_[edge.from].instructions.back().flow == Flow::conditional)
        ways[edge.from][is_taken(edge)] += edge.count;
    for (const auto& [block, counts] : ways)
      for (size_t tier = 0; tier < std::size(kTiers); ++tier)
        total.*kTotals[tier] += std::min(counts[0], counts[1]) * (core_.mispredicted.*kTiers[tier]);
  }

  const CoreModel& core_;
  const EmulatorRun& run_;
  std::vector<Decoded> blocks_;
  std::map<std::pair<uint32_t, uint32_t>, Cycles> costs_;
};

}  // namespace

Cycles count_cycles(const CoreModel& core, std::span<const Instruction> instructions) {
  Cycles cycles;
  for (size_t tier = 0; tier < std::size(kTiers); ++tier) {
    Pipeline pipeline(core, kTiers[tier]);
    pipeline.run(instructions);
    cycles.*kTotals[tier] = pipeline.time();
  }
  return cycles;
}

Expected<std::vector<Cycles>> count_cycles(const CoreModel& core, const Elf& elf, const EmulatorRun& run) {
  MOTE_TRY(const std::vector<CodeSection> code, read_code(elf.path));
  FlowCost cost(core, run);
  MOTE_TRY_STATUS(cost.decode_blocks(code));
  std::vector<Cycles> by_mark;
  for (const std::vector<FlowEdge>& edges : run.flow) by_mark.push_back(cost.of(edges));
  return by_mark;
}

}  // namespace mote
