// Whole public models, op by op: the definition of every op gives the bytes that TFLM's reference kernels gave, and the
// plan gives the definition's, row by row. Needs ../shared (or MOTE_SHARED); says so and skips without it.
#include <gtest/gtest.h>

#include <filesystem>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/import/import.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/op_def.h"
#include "mote/compiler/passes/passes.h"
#include "mote/compiler/verify/compare.h"

namespace mote {
namespace {

namespace fs = std::filesystem;

struct Case {
  const char *folder, *model;
};

class Layers : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const char* text = std::getenv("MOTE_SHARED");
    shared_ = text ? text : "../shared";
    if (!fs::exists(shared_ / "conformance/layers"))
      GTEST_SKIP() << "no reference outputs at " << shared_ << ": set MOTE_SHARED";
    auto bytes = read_file(shared_ / "conformance/whole_models" / GetParam().model / "model.tflite");
    ASSERT_TRUE(bytes);
    auto graph = import_model(*bytes, "model");
    ASSERT_TRUE(graph) << graph.error().text();
    graph_ = std::move(*graph);
  }

  fs::path file(const std::string& name) const { return shared_ / "conformance/layers" / GetParam().folder / name; }

  fs::path shared_;
  Graph graph_;
};

TEST_P(Layers, DefinitionsAreTheReference) {
  for (int k = 0; k < 2; ++k) {
    auto input = read_file(file("input_" + std::to_string(k) + ".bin"));
    ASSERT_TRUE(input);
    const Values values = evaluate(graph_, {*input});
    size_t compared = 0;
    for (const Op& op : graph_.ops) {
      char name[40];
      std::snprintf(name, sizeof name, "layers/L%d_%02d.bin", k, op.source);
      auto want = read_file(file(name));
      ASSERT_TRUE(want) << name;
      const auto difference =
          find_difference(graph_.out(op), *want, values[static_cast<size_t>(op.out[0])], describe(op, graph_));
      EXPECT_FALSE(difference) << difference->text();
      compared += want->size() == values[static_cast<size_t>(op.out[0])].size();
    }
    EXPECT_EQ(compared, graph_.ops.size());
  }
}

TEST_P(Layers, PlansAreTheDefinition) {
  Graph graph = graph_;
  ASSERT_TRUE(run_passes(graph, {.check = true}));
  for (Optimize optimize : {Optimize::ram, Optimize::speed})
    for (Feed feed : {Feed::whole, Feed::rows}) {
      auto plan = make_plan(graph, {optimize, feed, {}});
      ASSERT_TRUE(plan) << plan.error().text();
      for (int k = 0; k < 4; ++k) {
        auto input = read_file(file("input_" + std::to_string(k) + ".bin"));
        ASSERT_TRUE(input);
        const Status same = compare_host(graph_, *plan, {*input});
        EXPECT_TRUE(same) << same.error().text();
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, Layers,
                         testing::Values(Case{"kws", "tiny__kws_ref_model"}, Case{"vww", "tiny__vww_96_int8"},
                                         Case{"ic", "tiny__pretrainedResnet_quant"}, Case{"ad", "tiny__ad01_int8"},
                                         Case{"sww", "tiny__str_ww_ref_model"},
                                         Case{"person_detect", "tflite-micro__person_detect"},
                                         Case{"micro_speech", "tflite-micro__micro_speech_quantized"}),
                         [](const auto& info) { return std::string(info.param.folder); });

}  // namespace
}  // namespace mote
