// Every op, checked the same way, from its own random samples: the kernel agrees with the definition with whole
// tensors, with each row alone, in place where the op allows it, with several rows at a time and one by one; it stays
// inside its rows, scratch and carry; and its shape rule agrees with what the sample made. Kernels of the host alone
// are checked with every set of vector instructions that this CPU has.
#include <gtest/gtest.h>

#include <set>

#include "mote/compiler/ir/target.h"
#include "mote/host/vector.h"
#include "tests/op_harness.h"

namespace mote {
namespace {

class CheckOp : public testing::TestWithParam<const OpDef*> {};

int64_t rounds() {
  const char* text = std::getenv("MOTE_ROUNDS");
  return text ? std::atoll(text) : 400;
}

size_t count_words(std::string_view text) {
  size_t words = 0;
  for (size_t i = 0; i < text.size(); ++i) words += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
  return words;
}

std::vector<Way> ways_of(const Graph& g) {
  const OpDef& def = *g.ops[0].def;
  return def.ways ? def.ways(g.ops[0], g) : std::vector<Way>{{}};
}

std::span<const VectorForms* const> forms_of(const Way& way) {
  return vector_forms().last(way.kernel && way.kernel->host_only ? vector_forms().size() : 1);
}

TEST_P(CheckOp, KernelIsTheDefinition) {
  const OpDef& def = *GetParam();
  for (int64_t seed = 0; seed < rounds(); ++seed) {
    Rng rng(static_cast<uint64_t>(seed));
    const Graph g = def.sample(rng);
    const Status valid = validate(g);
    ASSERT_TRUE(valid) << def.name << " seed " << seed << ": " << valid.error().text();
    for (const Way& way : ways_of(g)) {
      auto calls = def.lower(g.ops[0], g, {way});
      ASSERT_TRUE(calls) << def.name << " seed " << seed << ": " << calls.error().text();
      const auto inputs = random_inputs(g, rng, static_cast<int>(seed % 5));
      const Bytes want = evaluate(g, inputs)[static_cast<size_t>(g.outputs[0])];
      for (const VectorForms* forms : forms_of(way)) {
        use_vector_forms(*forms);
        for (RowForm form : {RowForm::together, RowForm::alone, RowForm::in_place})
          for (bool several : {true, false}) {
            const HarnessResult got = run_calls(g, *calls, inputs, form, several);
            ASSERT_EQ(got.complaint, "") << def.name << " seed " << seed << " form " << static_cast<int>(form) << " "
                                         << (*calls)[0].kernel->name << " " << forms->name;
            ASSERT_TRUE(got.output == want)
                << def.name << " seed " << seed << " form " << static_cast<int>(form) << " " << (*calls)[0].kernel->name
                << " " << forms->name << ": the kernel differs from the definition; input "
                << (g.inputs.empty() ? "" : print(g.at(g.inputs[0]).shape)) << ", output "
                << print(g.at(g.outputs[0]).shape);
          }
      }
      use_vector_forms(*vector_forms().front());
    }
  }
}

TEST_P(CheckOp, ParametersMatchTheirNames) {
  Rng rng(7);
  for (int i = 0; i < 50; ++i) {
    const Graph g = GetParam()->sample(rng);
    for (const Way& way : ways_of(g)) {
      const auto calls = GetParam()->lower(g.ops[0], g, {way});
      ASSERT_TRUE(calls);
      for (const KernelCall& call : *calls)
        EXPECT_EQ(count_words(call.kernel->fields), call.params.size()) << call.kernel->name;
    }
  }
}

// Every kernel that a table of costs names is one that samples reach: what no sample reaches is not tested above.
TEST(CheckOps, SamplesReachEveryKernelWithCosts) {
  std::set<std::string_view> reached;
  for (const OpDef* def : all_ops())
    for (uint64_t seed = 0; seed < 400; ++seed) {
      Rng rng(seed);
      const Graph g = def->sample(rng);
      for (const Way& way : ways_of(g))
        if (way.kernel) reached.insert(way.kernel->name);
    }
  for (const Target& target : targets())
    for (const auto& [kernel, cost] : target.costs)
      EXPECT_TRUE(reached.count(kernel)) << kernel << ", in the costs of " << target.name;
  for (const auto& [kernel, cost] : host_costs()) EXPECT_TRUE(reached.count(kernel)) << kernel << ", of the host";
}

INSTANTIATE_TEST_SUITE_P(Ops, CheckOp, testing::ValuesIn(all_ops().begin(), all_ops().end()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace mote
