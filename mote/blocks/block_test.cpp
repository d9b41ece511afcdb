// Every block against what its definition says in double precision (tools/blocks/golden.py): features are within a
// thousandth of their range.
#include "mote/blocks/block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mote/compiler/ir/evaluate.h"
#include "mote/compiler/ir/quantize.h"

namespace mote {
namespace {

using Json = nlohmann::json;

int32_t triangle(int32_t phase) {
  phase &= 0xFFFF;
  return phase < 32768 ? phase - 16384 : 49151 - phase;
}

// The signal of tools/blocks/golden.py.
std::vector<int16_t> audio(int32_t n) {
  std::vector<int16_t> samples;
  int32_t a = 0, b = 0;
  uint32_t noise = 12345;
  for (int32_t i = 0; i < n; ++i) {
    noise = noise * 1664525 + 1013904223;
    a += 900 + i / 8, b += 5000 - i / 16;
    const int32_t hiss = static_cast<int32_t>(noise >> 20) - 2048;
    const int32_t parts[] = {triangle(a) + (triangle(b) >> 2) + hiss, (triangle(a) + hiss) >> 4, hiss >> 6,
                             triangle(a)};
    samples.push_back(static_cast<int16_t>(std::clamp(parts[4 * i / n], -32768, 32767)));
  }
  return samples;
}

Json golden_of(std::string_view block) {
  std::ifstream file(std::string(MOTE_SOURCE_DIR "/mote/blocks/") + std::string(block) + "/" + std::string(block) +
                     "_golden.json");
  return Json::parse(file, nullptr, false);
}

std::vector<double> real_values(const Tensor& t, const Bytes& bytes) {
  std::vector<double> values;
  auto add = [&](double q) { values.push_back((q - t.quant.zero_at(0)) * double{t.quant.scale[0]}); };
  if (t.type == DType::int8)
    for (int8_t q : view_as<int8_t>(bytes)) add(q);
  else
    for (int16_t q : view_as<int16_t>(bytes)) add(q);
  return values;
}

class CheckBlock : public testing::TestWithParam<const BlockDef*> {};

TEST_P(CheckBlock, FeaturesAreWithinAThousandthOfTheirRange) {
  const BlockDef& block = *GetParam();
  const Json golden = golden_of(block.name);
  ASSERT_TRUE(golden.is_object()) << "no " << block.name << "_golden.json; tools/blocks/golden.py makes it";
  for (const Json& c : golden["cases"]) {
    const Signal signal{c["rate_hz"], c["samples"], 1, 1.0 / 32768};
    BlockConfig config{std::string(block.name), c["settings"].get<std::map<std::string, std::string>>()};
    const auto graph = make_feature_graph(signal, {&config, 1});
    ASSERT_TRUE(graph) << graph.error().text();
    const std::vector<int16_t> samples = audio(signal.samples);
    Bytes input(samples.size() * 2);
    std::memcpy(input.data(), samples.data(), input.size());
    const Tensor& out = graph->at(graph->outputs[0]);
    const auto got = real_values(out, evaluate(*graph, {input})[static_cast<size_t>(graph->outputs[0])]);
    const auto want = c["features"].get<std::vector<double>>();
    ASSERT_EQ(got.size(), want.size());
    const auto [low, high] = std::minmax_element(want.begin(), want.end());
    // A quantised feature may be off by a step more.
    const double step = out.type == DType::int8 ? double{out.quant.scale[0]} : 0;
    const double allowed = 1e-3 * (*high - *low) + step;
    double worst = 0;
    size_t at = 0, within_a_step = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const double off = std::abs(got[i] - want[i]);
      if (off > worst) worst = off, at = i;
      within_a_step += off <= step;
    }
    RecordProperty("worst", std::to_string(worst / (*high - *low)));
    EXPECT_LE(worst, allowed) << block.name << ": feature " << at << " is " << got[at] << ", not " << want[at]
                              << "; the range is " << *low << " to " << *high << "; " << c["settings"].dump();
    if (step > 0) {
      EXPECT_GE(static_cast<double>(within_a_step), 0.99 * static_cast<double>(want.size()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, CheckBlock, testing::ValuesIn(all_blocks().begin(), all_blocks().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(Settings, WhatIsWrongIsNamed) {
  auto refusal = [](const char* name, const char* value) {
    const BlockConfig config{"mfcc", {{name, value}}};
    const auto graph = make_feature_graph({16000, 16000, 1, 1.0 / 32768}, {&config, 1});
    return graph ? std::string() : graph.error().what;
  };
  EXPECT_EQ(refusal("num_filter", "40"), "mfcc: there is no setting \"num_filter\"; did you mean \"num_filters\"?");
  EXPECT_EQ(refusal("num_filters", "0"), "mfcc: num_filters = 0; allowed is a whole number from 1 to 128");
  EXPECT_EQ(refusal("num_filters", "4.5"), "mfcc: num_filters = 4.5; allowed is a whole number from 1 to 128");
  EXPECT_EQ(refusal("window", "kaiser"), "mfcc: window = kaiser; allowed is none, hann, hamming");
  EXPECT_EQ(refusal("frame_length", "soon"), "mfcc: frame_length = soon; allowed is a number from 0.0005 to 10 s");
  EXPECT_EQ(refusal("num_cepstral", "33"), "33 coefficients of 32 bands; num_cepstral can be at most num_filters");
  EXPECT_EQ(refusal("win_size", "100"), "win_size = 100; an odd number, or 0, is allowed");
}

}  // namespace
}  // namespace mote
