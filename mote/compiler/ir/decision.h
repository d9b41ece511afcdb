// A decision on the host: its parameters, and the code of the device with memory for its state.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mote/compiler/ir/graph.h"
#include "mote/device/record.h"

namespace mote {

struct DecisionRule {
  DecideParams params = {};
  std::vector<DecideClass> classes;
};

// What firmware remembers of the newest hops (mote/device/record.h).
struct RecorderPlan {
  int32_t samples = 0, decisions = 0;  // how many values and hops
  bool ops = false;                    // and checksums of what each op has made
};

// A decision about a stream of samples, frame by frame: one value per axis.
struct DecisionPlan {
  DecisionRule rule;
  int32_t window = 0, hop = 0;  // values in a window, and from one to the next, which may be more: the device pauses
  std::optional<RecorderPlan> recorder = {};
  DType samples = DType::int16;  // or uint8: the pixels of a camera
};

// The device's decide() over a stream of its own.
class DecisionRunner {
 public:
  explicit DecisionRunner(DecisionRule rule);
  DecisionRunner(const DecisionRunner&) = delete;
  DecisionRunner& operator=(const DecisionRunner&) = delete;

  // Takes the scores of the next hop, one of each class.
  Decision operator()(const int8_t* scores) { return decide(decider_, scores); }

  void restart() { reset(decider_); }

  // The state, as save_state() writes it. load() refuses bytes that no stream of scores leads to where they could do
  // harm, and leaves the state as it was.
  Bytes save() const;
  bool load(std::span<const uint8_t> state);

 private:
  DecisionRule rule_;
  StreamState stream_ = {};
  std::vector<ClassState> classes_;
  std::vector<int8_t> scores_;
  std::vector<uint16_t> times_;
  Decider decider_;
};

bool operator==(const Decision& a, const Decision& b);
std::string print(const Decision& decision);

}  // namespace mote
