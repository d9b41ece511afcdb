// Runs a plan on the host: the same tables and the same loop (device/program.h) as on the chip, over an arena in
// memory.
#pragma once
#include <functional>
#include <memory>

#include "mote/compiler/plan/plan.h"
#include "mote/device/program.h"

namespace mote {

// The schedule as the device stores it: runs of steps of one call, joined.
std::vector<Entry> make_entries(const Plan& plan);

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

  // Called after each step with the index of the step in plan.schedule.
  using Observer = std::function<void(size_t step)>;

  // `inputs` by graph.inputs; outputs by graph.outputs.
  std::vector<Bytes> run(const std::vector<Bytes>& inputs, const Observer& observer = {});

  std::span<const uint8_t> arena() const;

 private:
  struct Tables;
  const Plan& plan_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace mote
