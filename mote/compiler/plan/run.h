// Runs a plan on the host: the same tables and the same loop (device/program.h) as on the chip, over an arena in
// memory.
#pragma once
#include <functional>
#include <memory>
#include <span>

#include "mote/compiler/plan/plan.h"
#include "mote/device/program.h"

namespace mote {

// A schedule as the device stores it: runs of steps of one call, joined. Programs of up to kMaxCalls calls have the
// same entries in half the bits.
std::vector<WideEntry> make_entries(const std::vector<PlanStep>& schedule);
inline bool is_wide(const Plan& plan) { return plan.calls.size() > kMaxCalls; }

// Most row pointers that any step of the plan reads and writes.
struct PointerCounts {
  int32_t in = 1, out = 1;
};
PointerCounts count_pointers(const Plan& plan);

class PlanRunner {
 public:
  explicit PlanRunner(const Plan& plan);
  PlanRunner(const PlanRunner&) = delete;
  PlanRunner& operator=(const PlanRunner&) = delete;
  ~PlanRunner();

  // Called after each step.
  using Observer = std::function<void(PlanStep step)>;

  // `inputs` by graph.inputs; outputs by graph.outputs.
  std::vector<Bytes> run(const std::vector<Bytes>& inputs, const Observer& observer = {});

  // The window after the one before, of a plan whose window slides: `rows` are the new rows of the input.
  std::vector<Bytes> run_hop(std::span<const uint8_t> rows, const Observer& observer = {});

  std::span<const uint8_t> arena() const;

 private:
  void walk(const std::vector<PlanStep>& schedule, const uint8_t* input, const Observer& observer);
  std::vector<Bytes> outputs() const;

  struct Tables;
  const Plan& plan_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace mote
