#include "mote/compiler/ir/pack_lanes.h"

#include <algorithm>
#include <cstdlib>

namespace mote {
namespace {

constexpr int32_t kMaxSize = 255;  // times 128 is below 2^15

int32_t value_count(const PairWeights& w) { return w.runs * w.run_values; }

// The weight of a value for an output; none for the value that makes their number even.
int32_t weight_at(const PairWeights& w, int32_t output, int32_t value) {
  if (value == value_count(w)) return 0;
  return w.weights[static_cast<size_t>(int64_t{output} * value_count(w) + value)];
}

uint32_t lanes_of(int32_t low, int32_t high) {
  return static_cast<uint32_t>(high) * 65536 + static_cast<uint32_t>(low);
}

// The bias with the zero points of all values in it, modulo 2^32.
int32_t start_of(const PairWeights& w, int32_t output) {
  auto start = static_cast<uint32_t>(w.bias[static_cast<size_t>(output)]);
  for (int32_t i = 0; i < value_count(w); ++i) start -= static_cast<uint32_t>(w.in_zero * weight_at(w, output, i));
  return static_cast<int32_t>(start);
}

// The first outputs of the pairs of each block.
std::vector<std::vector<int32_t>> blocks_of(int32_t outputs) {
  std::vector<std::vector<int32_t>> blocks;
  int32_t o = 0;
  for (; o + 4 <= outputs; o += 4) blocks.push_back({o, o + 2});
  for (; o < outputs; o += 2) blocks.push_back({std::min(o, outputs - 2)});
  return blocks;
}

}  // namespace

bool fits_lanes(const PairWeights& w) {
  if (w.outputs < 2) return false;
  for (int32_t o = 0; o < w.outputs; ++o)
    for (int32_t i = 0; i < value_count(w); i += 2)
      if (std::abs(weight_at(w, o, i)) + std::abs(weight_at(w, o, i + 1)) > kMaxSize) return false;
  return true;
}

int32_t lane_window_words(const PairWeights& w) { return (value_count(w) + 1) / 2 * 2; }

std::vector<Table> pack_lanes(const PairWeights& w) {
  std::vector<int32_t> words, start;
  for (const auto& pairs : blocks_of(w.outputs)) {
    for (int32_t i = 0; i < value_count(w); i += 2)
      for (int32_t o : pairs)
        for (int32_t value : {i, i + 1})
          words.push_back(static_cast<int32_t>(lanes_of(weight_at(w, o, value), weight_at(w, o + 1, value))));
    for (int32_t o : pairs) start.push_back(static_cast<int32_t>(lanes_of(start_of(w, o), start_of(w, o + 1))));
    for (int32_t o : pairs) start.push_back(start_of(w, o + 1));
  }
  return {make_table("weights", words), make_table("start", start)};
}

}  // namespace mote
