// What prove_ranges removed and why, for people and as JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "mote/compiler/ir/graph.h"

namespace mote {

// A line for all and one per op; empty where nothing was removed.
std::string describe_proofs(const Proofs& proofs);

// {"channels", "removed_channels", "macs", "weights_bytes", "ops": [{"index", "type", "name", "reason", "channels",
// "macs", "weights_bytes", "constant": {"-128": "3 [-310, -131], 9 [-140, -140]"}, "never_read": "0-2 7"}]}: by value
// the channels that always have it, each with the interval of what the op computes before it clamps. Channels count as
// in the model file.
nlohmann::ordered_json proofs_json(const Proofs& proofs);

}  // namespace mote
