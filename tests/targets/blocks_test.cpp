// Sensor blocks on emulated cores: the same bits as on the host, and what a window costs.
#include <gtest/gtest.h>

#include <map>

#include "mote/blocks/block.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/plan/plan.h"
#include "mote/compiler/verify/firmware_run.h"

namespace mote {
namespace {

struct Figures {
  int64_t arena = 0, features = 0;
  uint64_t instructions = 0;
};

const Signal kAudio{16000, 16000, 1, 1.0 / 32768};  // one second
const Signal kFineAudio{44100, 44100, 1, 1.0 / 32768};
const Signal kMotion{62.5, 125, 3, 1.0 / 16384};  // two seconds
const Signal kFastMotion{187.5, 375, 3, 1.0 / 16384};
const Signal kHeart{250, 2500, 1, 1.0 / 8192};  // ten seconds
const Signal kCamera{160 * 120, 160 * 120, 3, 1.0 / 255, 160};

// The first signal that a block takes, with its defaults.
const Signal& signal_of(const BlockConfig& config) {
  if (find_block(config.block)->takes_pictures) return kCamera;
  for (const Signal* signal : {&kMotion, &kFastMotion, &kAudio})
    if (make_feature_graph(*signal, {&config, 1})) return *signal;
  return kHeart;
}

std::vector<Bytes> outputs_of(const Graph& graph, const std::vector<Bytes>& inputs) {
  const Values values = evaluate(graph, inputs);
  std::vector<Bytes> outputs;
  for (TensorId id : graph.outputs) outputs.push_back(values[static_cast<size_t>(id)]);
  return outputs;
}

// A window through blocks that take the same samples, in one firmware on the core: verifies, and counts instructions.
Expected<Figures> run_blocks(std::span<const BlockConfig> configs, const Signal& signal, const char* core, bool count) {
  MOTE_TRY(const Target* found, find_target(core));
  const Target& target = *found;
  MOTE_TRY(Graph graph, make_feature_graph(signal, configs));
  MOTE_TRY_STATUS(run_passes(graph, {}));
  Rng rng(1);
  Bytes samples(static_cast<size_t>(byte_count(graph.at(graph.inputs[0]))));
  for (uint8_t& b : samples) b = static_cast<uint8_t>(rng.next());
  const std::vector<Bytes> want = outputs_of(graph, {samples});
  FirmwareOptions options{make_name(configs[0].block), core, {}, self_test_inputs(graph), {}};
  options.test_outputs = outputs_of(graph, options.test_inputs);
  Figures f;
  for (TensorId id : graph.outputs) f.features += byte_count(graph.at(id));
  MOTE_TRY(const Plan plan, make_plan(std::move(graph), {Optimize::speed, Feed::rows, {}, target.costs}));
  const Firmware firmware = make_firmware(plan, options);
  MOTE_TRY(const BuiltFirmware built, build_firmware(plan, firmware, target));
  MOTE_TRY(const FirmwareRun run, run_firmware(plan, built, target, {{samples}}, {.count = count}));
  for (size_t i = 0; i < configs.size(); ++i)
    if (run.outputs[0][i] != want[i]) return Error{Code::mismatch, "the core's features differ", configs[i].block};
  if (!run.self_test) return Error{Code::mismatch, "the self-test fails"};
  f.arena = plan.arena_bytes, f.instructions = run.instructions;
  return f;
}

// Blocks that take the same signal share a firmware: to build one takes longer than to run it.
TEST(Blocks, AreTheSameBitsOnEveryCore) {
  std::map<const Signal*, std::vector<BlockConfig>> by_signal;
  for (const BlockDef* block : all_blocks()) {
    const BlockConfig config{std::string(block->name)};
    by_signal[&signal_of(config)].push_back(config);
  }
  for (const char* core : {"cortex-m0", "cortex-m4", "cortex-m55", "rv32imc"})
    for (const auto& [signal, configs] : by_signal) {
      const auto f = run_blocks(configs, *signal, core, false);
      EXPECT_TRUE(f) << core << " " << configs[0].block << " and others: " << (f ? "" : f.error().text());
    }
}

// A second of audio, against CMSIS-DSP as Edge Impulse uses it: 4.07 M and 13 KB of heap as MFCC, 4.23 M as MFE. Two
// seconds of motion on three axes.
TEST(Blocks, CostsOnCortexM4) {
  const std::map<std::string, std::string> low{{"cutoff", "8"}};
  const struct {
    BlockConfig config;
    const Signal& signal;
    uint64_t instructions;
    int64_t arena = 3072;  // besides the features
  } limits[] = {{{"mfcc"}, kAudio, 1300000},
                {{"mfe"}, kAudio, 2000000},
                {{"filter", low}, kMotion, 60000},
                {{"decimate"}, kFastMotion, 300000},
                {{"magnitude"}, kMotion, 60000},
                {{"tilt"}, kMotion, 120000},
                {{"ecg"}, kHeart, 600000, 5100},
                {{"statistics"}, kMotion, 25000},
                {{"resample"}, kMotion, 90000},
                {{"resample", {{"rate_hz", "16000"}}}, kFineAudio, 4600000},
                {{"normalize"}, kMotion, 40000},
                {{"raw"}, kMotion, 5000},
                {{"wavelet"}, kMotion, 250000},
                {{"image"}, kCamera, 1000000},
                {{"image", {{"channels", "grey"}}}, kCamera, 1100000},
                {{"spectral"}, kMotion, 250000},
                {{"spectral", {{"fft_length", "64"}}}, kMotion, 250000},
                {{"spectral", {{"fft_length", "128"}, {"filter_type", "low"}}}, kMotion, 250000}};
  for (const auto& [config, signal, instructions, arena] : limits) {
    const auto f = run_blocks({&config, 1}, signal, "cortex-m4", true);
    ASSERT_TRUE(f) << f.error().text();
    std::string name = config.block;
    for (const auto& [setting, value] : config.settings) name += "_" + value;
    RecordProperty(name + "_instructions", std::to_string(f->instructions));
    RecordProperty(name + "_arena", std::to_string(f->arena - f->features));
    EXPECT_LE(f->instructions, instructions) << name;
    EXPECT_LE(f->arena - f->features, arena) << name;
  }
}

}  // namespace
}  // namespace mote
