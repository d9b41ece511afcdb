#include "mote/compiler/ir/pack_pairs.h"

#include <algorithm>
#include <cstdlib>

#include "mote/device/pairs.h"

namespace mote {
namespace {

constexpr int64_t kMaxSum = 1 << 23;
constexpr int32_t kMaxShift = 22;

// The first output of each pair: an odd number ends in a pair that overlaps the one before.
std::vector<int32_t> first_of_pairs(int32_t outputs) {
  std::vector<int32_t> first;
  for (int32_t o = 0; o + 1 < outputs; o += 2) first.push_back(o);
  if (outputs & 1) first.push_back(outputs - 2);
  return first;
}

// The two values of each word of a run; -1: none.
std::vector<std::pair<int32_t, int32_t>> word_order(int32_t n) {
  std::vector<std::pair<int32_t, int32_t>> order;
  int32_t i = 0;
  for (; i + 4 <= n; i += 4) order.insert(order.end(), {{i, i + 2}, {i + 1, i + 3}});
  for (; i < n; i += 2) order.push_back({i, i + 1 < n ? i + 1 : -1});
  return order;
}

uint32_t halfword(int8_t w0, int8_t w1) { return static_cast<uint32_t>(256 * w1 + w0) & 0xFFFF; }

}  // namespace

int32_t pair_window_words(int32_t runs, int32_t run_values) { return runs * pair_words(run_values); }

bool fits_pairs(const PairWeights& w) {
  if (w.outputs < 4) return false;
  const auto taps = static_cast<size_t>(w.runs) * static_cast<size_t>(w.run_values);
  const int64_t reach = std::max(127 - w.in_zero, w.in_zero + 128);
  for (size_t o = 0; o < static_cast<size_t>(w.outputs); ++o) {
    if (w.requant[o].shift > -1 || w.requant[o].shift < -kMaxShift) return false;
    int64_t sum = std::abs(int64_t{w.bias[o]});
    for (int8_t v : w.weights.subspan(o * taps, taps)) {
      if (v == -128) return false;
      sum += reach * std::abs(v);
    }
    if (sum >= kMaxSum) return false;
  }
  return true;
}

Table pack_pairs(const PairWeights& w, int32_t out_zero) {
  std::vector<int32_t> words;
  const auto order = word_order(w.run_values);
  const auto taps = static_cast<size_t>(w.runs) * static_cast<size_t>(w.run_values);
  for (int32_t first : first_of_pairs(w.outputs)) {
    const auto o = static_cast<size_t>(first);
    const int32_t b0 = w.bias[o], b1 = w.bias[o + 1];
    words.push_back(static_cast<int32_t>(static_cast<uint32_t>(b1) * 256 + static_cast<uint32_t>(b0)));
    words.push_back(b0);
    for (size_t run = 0; run < static_cast<size_t>(w.runs); ++run) {
      auto both = [&](int32_t i) {
        if (i < 0) return uint32_t{0};
        const size_t at = o * taps + run * static_cast<size_t>(w.run_values) + static_cast<size_t>(i);
        return halfword(w.weights[at], w.weights[at + taps]);
      };
      for (const auto& [a, b] : order) words.push_back(static_cast<int32_t>(both(a) | both(b) << 16));
    }
    const Requant &q0 = w.requant[o], &q1 = w.requant[o + 1];
    words.insert(words.end(), {q0.multiplier, q1.multiplier, (2 * out_zero + 1) * 65536 + ~q1.shift * 256 + ~q0.shift});
  }
  Table table = make_table("weights", words);
  table.other_bytes = static_cast<int64_t>(first_of_pairs(w.outputs).size()) * kPairFinishWords * 4;
  return table;
}

}  // namespace mote
