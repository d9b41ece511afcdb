// Every op on every emulated core: cases drawn from the samples of the ops, right answers from their definitions.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "mote/compiler/base/embedded.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/ir/params.h"
#include "mote/compiler/verify/emulator.h"
#include "tests/op_harness.h"

namespace mote {
namespace {

constexpr int kCasesPerOp = 120;

class CaseWriter {
 public:
  explicit CaseWriter(const std::map<std::string, uint32_t>& kernels) : kernels_(kernels) {}

  Bytes write(const Graph& g, const std::vector<KernelCall>& calls, const std::vector<Bytes>& inputs,
              const Bytes& want) {
    std::map<TensorId, uint32_t> number;
    for (const KernelCall& call : calls)
      for (const Reads& r : call.reads) number.emplace(r.tensor, 0);
    uint32_t n = 0;
    for (auto& [id, i] : number) i = n++;
    number[g.outputs[0]] = n;
    word(n + 1);
    word(static_cast<uint32_t>(calls.size()));
    word(static_cast<uint32_t>(want.size()));
    for (const auto& [id, i] : number)
      if (id != g.outputs[0]) tensor(g.at(id), bytes_of_operand(g, id, inputs));
    tensor(g.at(g.outputs[0]), Bytes(want.size(), 0x5A));
    align();
    for (const KernelCall& call : calls) write_call(call, number);
    align();
    bytes_.insert(bytes_.end(), want.begin(), want.end());
    align();
    return std::move(bytes_);
  }

 private:
  void word(uint32_t v) {
    for (int i = 0; i < 4; ++i) bytes_.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }
  void block(std::span<const uint8_t> b) {
    align();
    bytes_.insert(bytes_.end(), b.begin(), b.end());
  }

  static Bytes bytes_of_operand(const Graph& g, TensorId id, const std::vector<Bytes>& inputs) {
    for (size_t i = 0; i < g.inputs.size(); ++i)
      if (g.inputs[i] == id) return inputs[i];
    const auto data = g.at(id).data.bytes();
    return {data.begin(), data.end()};
  }

  void tensor(const Tensor& t, const Bytes& bytes) {
    align();
    word(static_cast<uint32_t>(row_bytes(t)));
    word(static_cast<uint32_t>(bytes.size()));
    block(bytes);
  }

  void write_call(const KernelCall& call, const std::map<TensorId, uint32_t>& number) {
    word(kernels_.at(std::string(call.kernel->name)));
    word(static_cast<uint32_t>(call.rows));
    word(static_cast<uint32_t>(call.rows_per_step));
    word(static_cast<uint32_t>(call.steps_per_row));
    word(call.fold);
    word(static_cast<uint32_t>(call.step_count()));
    const Bytes params = params_of(call);
    word(static_cast<uint32_t>(params.size() / 4));
    word(static_cast<uint32_t>(call.tables.size()));
    word(static_cast<uint32_t>(call.reads.size()));
    word(number.at(call.writes[0].tensor));
    word(static_cast<uint32_t>(call.writes[0].begin));
    word(static_cast<uint32_t>(call.scratch_bytes));
    word(static_cast<uint32_t>(call.carry_bytes));
    for (const Reads& r : call.reads) {
      for (int32_t v : {static_cast<int32_t>(number.at(r.tensor)), r.begin, r.begin + r.count, r.stride, r.offset,
                        r.whole ? 0 : (r.span - 1) * r.dilation + 1, static_cast<int32_t>(r.table.size())})
        word(static_cast<uint32_t>(v));
      if (r.table.empty()) continue;
      block({reinterpret_cast<const uint8_t*>(r.table.data()), r.table.size() * 2});
      align();
    }
    block(params);
    for (const Table& t : call.tables) {
      align();
      word(static_cast<uint32_t>(t.data.size()));
      block(t.data.bytes());
    }
    align();
  }

  const std::map<std::string, uint32_t>& kernels_;
  Bytes bytes_;
};

struct Cases {
  std::vector<std::string> names;
  std::vector<Bytes> bytes;
  std::map<std::string, uint32_t> kernels;  // by name: index
  std::string kernels_header;
};

// Samples whose kernels together cover every kernel that any sample uses.
const Cases& all_cases() {
  static const Cases cases = [] {
    Cases c;
    struct Drawn {
      std::string name;
      Graph graph;
      std::vector<KernelCall> calls;
      std::vector<Bytes> inputs;
      Bytes want;
    };
    std::vector<Drawn> drawn;
    std::map<std::string, std::string> headers;
    for (const OpDef* def : all_ops()) {
      int taken = 0;
      std::map<std::pair<const KernelDef*, bool>, int> drawn_ways;  // each in turn
      for (uint64_t seed = 0; taken < kCasesPerOp && seed < 600; ++seed) {
        Rng rng(seed);
        Graph g = def->sample(rng);
        std::vector<Way> ways = def->ways ? def->ways(g.ops[0], g) : std::vector<Way>{{}};
        std::erase_if(ways, [](const Way& way) { return way.kernel && way.kernel->host_only; });
        const Way way = *std::min_element(ways.begin(), ways.end(), [&](const Way& a, const Way& b) {
          return drawn_ways[{a.kernel, a.rows_per_step > 1}] < drawn_ways[{b.kernel, b.rows_per_step > 1}];
        });
        auto calls = def->lower(g.ops[0], g, {way});
        if (!calls || calls->size() > 8 || g.tensors.size() > 12) continue;
        ++drawn_ways[{way.kernel, way.rows_per_step > 1}];
        auto inputs = random_inputs(g, rng, static_cast<int>(seed % 4));
        Bytes want = evaluate(g, inputs)[static_cast<size_t>(g.outputs[0])];
        for (const KernelCall& call : *calls) headers[std::string(call.kernel->name)] = call.kernel->header;
        drawn.push_back({std::string(def->name) + " seed " + std::to_string(seed), std::move(g), std::move(*calls),
                         std::move(inputs), std::move(want)});
        ++taken;
      }
    }
    std::string includes, list;
    for (const auto& [name, header] : headers) {
      c.kernels.emplace(name, static_cast<uint32_t>(c.kernels.size()));
      includes += "#include \"" + header + "\"\n";
      list += "    mote::" + name + ",\n";
    }
    c.kernels_header = "#pragma once\n" + includes + "constexpr mote::Kernel kKernels[] = {\n" + list + "};\n";
    for (const Drawn& d : drawn) {
      Bytes bytes = CaseWriter(c.kernels).write(d.graph, d.calls, d.inputs, d.want);
      if (bytes.size() > 256 * 1024) continue;
      c.names.push_back(d.name);
      c.bytes.push_back(std::move(bytes));
    }
    return c;
  }();
  return cases;
}

// A way that no case reaches would be chosen without ever having been replayed.
TEST(DeviceReplayCases, ReachEveryKernelThatACoreMayChoose) {
  for (const Target& target : targets())
    for (const auto& [kernel, cost] : target.costs)
      EXPECT_TRUE(all_cases().kernels.count(kernel)) << kernel << " of " << target.name;
}

class DeviceReplay : public testing::TestWithParam<std::string> {};

TEST_P(DeviceReplay, KernelsAreTheDefinition) {
  const Cases& cases = all_cases();
  auto target = find_target(GetParam());
  ASSERT_TRUE(target) << target.error().text();
  const bool strict = std::getenv("CI") != nullptr;
  auto compiler = compiler_version(**target);
  auto emulator = emulator_version(**target);
  if (!compiler || !emulator) {
    const std::string why = !compiler ? compiler.error().text() : emulator.error().text();
    if (strict) FAIL() << why;
    GTEST_SKIP() << why;
  }
  FileSet sources{{"kernels.h", cases.kernels_header}};
  for (const EmbeddedFile& f : embedded_under("mote/device/")) sources[std::string(f.path)] = f.text;
  for (const EmbeddedFile& f : embedded_under("mote/ops/")) sources[std::string(f.path)] = f.text;
  auto replay = read_file(std::string(MOTE_SOURCE_DIR) + "/tests/device/replay.cpp");
  ASSERT_TRUE(replay);
  sources["replay.cpp"] = std::string(replay->begin(), replay->end());
  auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  auto elf = build_elf(**target, sources, {"-O2", {}, {}}, folder->path() / "build");
  ASSERT_TRUE(elf) << elf.error().text();
  Bytes all;
  for (const Bytes& b : cases.bytes) {
    const auto n = static_cast<uint32_t>(b.size());
    for (int i = 0; i < 4; ++i) all.push_back(static_cast<uint8_t>(n >> (8 * i)));
    all.insert(all.end(), b.begin(), b.end());
  }
  ASSERT_TRUE(write_file(folder->path() / "run/cases.bin", all.data(), all.size()));
  EmulatorOptions options;
  options.count = false;
  auto run = run_elf(**target, *elf, folder->path() / "run", options);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 0) << run->output;
  auto verdicts = read_file(folder->path() / "run/verdicts.bin");
  ASSERT_TRUE(verdicts);
  ASSERT_EQ(verdicts->size(), cases.names.size() * 4) << "it ended at " << cases.names[verdicts->size() / 4];
  for (size_t i = 0; i < cases.names.size(); ++i)
    EXPECT_EQ(view_as<uint32_t>(std::span<const uint8_t>(*verdicts))[i], 0u) << cases.names[i] << " on " << GetParam();
}

TEST(DeviceVectors, RoundTiesAwayFromZero) {
  auto target = find_target("cortex-m55");
  ASSERT_TRUE(target) << target.error().text();
  if (!compiler_version(**target) || !emulator_version(**target)) GTEST_SKIP() << "needs a compiler and QEMU";
  FileSet sources;
  for (const EmbeddedFile& f : embedded_under("mote/device/")) sources[std::string(f.path)] = f.text;
  auto program = read_file(std::string(MOTE_SOURCE_DIR) + "/tests/device/vectors.cpp");
  ASSERT_TRUE(program);
  sources["vectors.cpp"] = std::string(program->begin(), program->end());
  auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  auto elf = build_elf(**target, sources, {"-O2", {}, {}}, folder->path() / "build");
  ASSERT_TRUE(elf) << elf.error().text();
  std::filesystem::create_directories(folder->path() / "run");
  EmulatorOptions options;
  options.count = false;
  auto run = run_elf(**target, *elf, folder->path() / "run", options);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit_code, 0) << "2: four pixels, 3: one pixel, 4: columns";
}

INSTANTIATE_TEST_SUITE_P(Cores, DeviceReplay,
                         testing::Values("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55",
                                         "cortex-m85", "rv32imc"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace mote
