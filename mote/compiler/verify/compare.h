// The proof: what the definitions of the untouched model compute, what the plan computes on the host, and what the
// firmware computes in the emulator are the same bytes.
#pragma once
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/verify/firmware_run.h"

namespace mote {

// Where two results part.
struct Difference {
  std::string where;  // 'op 3 CONV_2D "stem/conv"', or "output 0"
  int64_t element = 0;
  int64_t want = 0, got = 0;
  std::string text() const;
};

// The first element in which two tensors differ, or none.
std::optional<Difference> find_difference(const Tensor& tensor, std::span<const uint8_t> want,
                                          std::span<const uint8_t> got, const std::string& where);

// The definitions of a graph that passes rewrote against those of the untouched model, op by op: the first op that
// makes another value than the untouched model has in the same tensor, if any. Passes keep the id of a tensor whose
// values they keep; where channels were removed (Tensor::kept), those that are left are compared.
std::optional<Difference> compare_ops(const Graph& original, const Values& want, const Graph& rewritten,
                                      const Values& got);

// The definition of the untouched model against that of the graph planned, and this one against the plan on the host,
// row by row in the order they are made: names the first op that differs.
Status compare_host(const Graph& original, const Plan& plan, const std::vector<Bytes>& inputs);

// The same for a window that slides over `stream`, rows of the input one after another: names the first window and op
// that differ.
Status compare_host_stream(const Graph& original, const Plan& plan, std::span<const uint8_t> stream);

// The plan on the host against outputs that are known to be right.
Status compare_host_to(const Plan& plan, const std::vector<Bytes>& inputs, const std::vector<Bytes>& want);

// The same for the firmware of a plan whose window slides over `stream`.
Expected<FirmwareRun> compare_firmware_stream(const Graph& original, const Plan& plan, const BuiltFirmware& built,
                                              const Target& target, std::span<const uint8_t> stream, bool count);

// Decisions: those that decide() makes of the untouched model's definition, window by window, against those of a
// firmware that is handed the same samples. Names the first hop that differs.
std::vector<Decision> decide_by_definition(const Graph& original, const DecisionPlan& decision,
                                           std::span<const uint8_t> samples);
Expected<DecisionsRun> compare_decisions(const Graph& original, const DecisionPlan& decision,
                                         const BuiltFirmware& built, const Target& target,
                                         std::span<const uint8_t> samples);

// Definition against the firmware, all inputs in one run of the emulator. On a difference the firmware runs again with
// a trace, to name the first op whose rows differ.
Expected<FirmwareRun> compare_firmware(const Graph& original, const Plan& plan, const BuiltFirmware& built,
                                       const Target& target, const std::vector<std::vector<Bytes>>& inputs, bool count);

}  // namespace mote
