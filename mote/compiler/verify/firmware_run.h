// Builds the firmware of a plan, exactly as `compile` writes it, and runs it in the emulator.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/verify/emulator.h"
#include "mote/compiler/verify/prediction.h"

namespace mote {

// Built once, run as often as needed; its folder goes with it.
struct BuiltFirmware {
  TemporaryFolder folder;
  Elf elf;
  uint64_t empty_bytes;  // of flash: the same start-up and harness around a model that does nothing
  std::string compiler;  // "arm-none-eabi-g++ 12.2.1"
};

Expected<BuiltFirmware> build_firmware(const Plan& plan, const Firmware& firmware, const Target& target);

struct RunOptions {
  bool count = true;    // count instructions
  bool steps = false;   // and those of every call, step by step
  bool cycles = false;  // and predict cycles
  bool trace = false;   // and bring back the rows that each step makes (for the first input, or all of the stream)
};

struct FirmwareRun {
  std::vector<std::vector<Bytes>> outputs;  // by input, by graph output
  uint32_t stack_bytes = 0;
  bool self_test = false;
  std::string counter;                      // "plugin" or "icount"
  uint64_t instructions = 0;                // of one inference (the mean over the inputs), or of the first window
  std::vector<uint64_t> hop_instructions;   // of each window after the first, where the window slides
  uint64_t longest_push = 0;                // the most that push_row() took for one row in those windows
  std::vector<uint64_t> call_instructions;  // by call; with RunOptions::steps. Of all hops, where the window slides
  std::vector<uint64_t> call_longest_step;
  std::optional<Prediction> prediction;      // with RunOptions::cycles, where the plugin counts; as `instructions`
  std::optional<Prediction> hop_prediction;  // of the mean hop, where the window slides
  std::vector<Cycles> call_cycles;           // by call; with RunOptions::steps too
  Bytes trace;
};

// The mean over the hops of a run; 0 where there are none.
uint64_t mean_hop(const FirmwareRun& run);

// `inputs`: by input, by graph input. Where the window slides, one input, which is a stream: the outputs are those of
// its windows.
Expected<FirmwareRun> run_firmware(const Plan& plan, const BuiltFirmware& built, const Target& target,
                                   const std::vector<std::vector<Bytes>>& inputs, const RunOptions& options = {});

// Pushes samples through a firmware that decides, in pieces of changing length.
struct DecisionsRun {
  std::vector<Decision> decisions;
  uint32_t stack_bytes = 0;                // most stack of push_samples(), the harness's handler included
  Bytes dump;                              // what the recorder keeps at the end; empty without one
  std::vector<uint64_t> hop_instructions;  // of all that is pushed for a decision; the first is that of a whole window
};
Expected<DecisionsRun> run_decisions(const BuiltFirmware& built, const Target& target, std::span<const uint8_t> samples,
                                     DType type, bool count);

// Bytes of the ELF by what they are. Code is all that is left.
struct FlashBytes {
  int64_t total = 0, weights = 0, tables = 0;
  int64_t code() const { return total - weights - tables; }
};
FlashBytes measure_flash(const Plan& plan, const BuiltFirmware& built, const std::string& name);

}  // namespace mote
