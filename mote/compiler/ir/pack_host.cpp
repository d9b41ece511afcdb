#include "mote/compiler/ir/pack_host.h"

#include <algorithm>

#include "mote/host/vector.h"

namespace mote {
namespace {

Table pack_quant(const std::vector<int32_t>& bias, const std::vector<Requant>& requant) {
  std::vector<LaneQuant> quant(static_cast<size_t>(lane_blocks(static_cast<int32_t>(bias.size()))));
  for (size_t o = 0; o < bias.size(); ++o) {
    LaneQuant& q = quant[o / kHostLanes];
    q.bias[o % kHostLanes] = bias[o];
    q.multiplier[o % kHostLanes] = requant[o].multiplier;
    q.left[o % kHostLanes] = std::max(requant[o].shift, 0);
    q.right[o % kHostLanes] = std::max(-requant[o].shift, 0);
  }
  return make_table("quant", "LaneQuant", make_blob(quant), Table::multipliers);
}

}  // namespace

std::vector<Table> pack_host_windows(std::span<const int8_t> weights, int32_t weights_zero,
                                     const std::vector<int32_t>& bias, const std::vector<Requant>& requant) {
  const size_t outputs = bias.size(), values = weights.size() / outputs, lanes = kHostLanes;
  const auto pairs = static_cast<size_t>(value_pairs(static_cast<int32_t>(values)));
  std::vector<int16_t> packed((outputs + lanes - 1) / lanes * pairs * lanes * 2);
  for (size_t o = 0; o < outputs; ++o)
    for (size_t i = 0; i < values; ++i)
      packed[((o / lanes * pairs + i / 2) * lanes + o % lanes) * 2 + i % 2] =
          static_cast<int16_t>(weights[o * values + i] - weights_zero);
  return {make_table("weights", "int16_t", make_blob(packed), Table::weights), pack_quant(bias, requant)};
}

std::vector<Table> pack_host_taps(std::span<const int8_t> weights, const std::vector<int32_t>& bias,
                                  const std::vector<Requant>& requant) {
  const size_t channels = bias.size(), taps = weights.size() / channels, lanes = kHostLanes;
  std::vector<int32_t> packed((channels + lanes - 1) / lanes * taps * lanes);
  for (size_t tap = 0; tap < taps; ++tap)
    for (size_t c = 0; c < channels; ++c)
      packed[(c / lanes * taps + tap) * lanes + c % lanes] = weights[tap * channels + c] & 0xFFFF;
  return {make_table("weights", packed), pack_quant(bias, requant)};
}

int32_t host_window_bytes(int64_t n) { return kMostWindows * value_pairs(static_cast<int32_t>(n)) * 4; }

}  // namespace mote
