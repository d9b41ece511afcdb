// Weights, biases and multipliers in the form of host/vector.h.
#pragma once
#include <vector>

#include "mote/compiler/ir/lower.h"

namespace mote {

// The tables "weights" and "quant" of WindowProducts for weights [outputs][values], less `weights_zero`.
std::vector<Table> pack_host_windows(std::span<const int8_t> weights, int32_t weights_zero,
                                     const std::vector<int32_t>& bias, const std::vector<Requant>& requant);

// Those of PixelTaps for weights [taps][channels].
std::vector<Table> pack_host_taps(std::span<const int8_t> weights, const std::vector<int32_t>& bias,
                                  const std::vector<Requant>& requant);

// Bytes of kMostWindows windows of n values each.
int32_t host_window_bytes(int64_t n);

}  // namespace mote
