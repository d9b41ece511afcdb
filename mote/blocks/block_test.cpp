// Every block against what its definition says in double precision (tools/blocks/golden.py): features are within a
// thousandth of their range.
#include "mote/blocks/block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "mote/blocks/pages.h"
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

// The same for several axes.
std::vector<int16_t> motion(int32_t n, int32_t axes) {
  std::vector<int16_t> samples;
  uint32_t noise = 12345;
  for (int32_t i = 0; i < n; ++i)
    for (int32_t a = 0; a < axes; ++a) {
      noise = noise * 1664525 + 1013904223;
      const int32_t slow = triangle((i + 40 * a) * 256), middle = triangle(i * 2849 + a * 9000),
                    fast = triangle(i * 12850), hiss = static_cast<int32_t>(noise >> 20) - 2048,
                    knock = i % 250 / 2 == 20 ? 14000 : 0;
      const int32_t v =
          (slow >> (a % 3)) + (middle >> 2) + (fast >> (2 + a % 2)) + (hiss >> 2) + (2000 * a - 1000) + knock;
      samples.push_back(static_cast<int16_t>(std::clamp(v, -32768, 32767)));
    }
  return samples;
}

std::vector<int16_t> vibration(int32_t n, int32_t axes) {
  std::vector<int16_t> samples;
  uint32_t noise = 12345;
  for (int32_t i = 0; i < n; ++i)
    for (int32_t a = 0; a < axes; ++a) {
      noise = noise * 1664525 + 1013904223;
      const int32_t loud = 64 + ((triangle(i * 61 + a * 20000) + 16384) >> 8), at = i % 1000;
      const int32_t v =
          ((static_cast<int32_t>(noise >> 16) - 32768) * loud >> 8) + (triangle(at * at * 16 + a * 9000) >> a);
      samples.push_back(static_cast<int16_t>(std::clamp(v, -32768, 32767)));
    }
  return samples;
}

std::vector<int16_t> electrocardiogram(int32_t n) {
  std::vector<int16_t> samples;
  uint32_t noise = 12345;
  for (int32_t i = 0; i < n; ++i) {
    noise = noise * 1664525 + 1013904223;
    samples.push_back(
        static_cast<int16_t>((triangle(i * 70) >> 3) + ((static_cast<int32_t>(noise >> 20) - 2048) >> 4)));
  }
  auto peak = [](int32_t height, int32_t slope, int32_t k) { return std::max(0, height - slope * std::abs(k)); };
  for (int32_t beat = 60, j = 0; beat < n; beat += 170 + (j * j * 29 + j * 53) % 60, ++j)
    for (int32_t k = -4; k < 60 && beat + k < n; ++k)
      samples[static_cast<size_t>(beat + k)] =
          static_cast<int16_t>(samples[static_cast<size_t>(beat + k)] + peak(9000, 2300, k) - peak(2500, 900, k - 6) +
                               peak(1500, 100, k - 45));
  return samples;
}

// A picture, in bytes.
std::vector<int16_t> picture(const Signal& signal) {
  std::vector<int16_t> samples;
  uint32_t noise = 12345;
  for (int32_t i = 0; i < signal.samples; ++i)
    for (int32_t c = 0; c < signal.axes; ++c) {
      noise = noise * 1664525 + 1013904223;
      const int32_t x = i % signal.width, y = i / signal.width;
      const int32_t slope = triangle(x * 1500 + y * 700 * (c + 1)) >> 7, edge = (x / 9 + y / 7 + c) % 5 == 0 ? 90 : 0;
      const int32_t v = slope + 128 + static_cast<int32_t>(noise >> 27) - 16 + edge;
      samples.push_back(static_cast<int16_t>(std::clamp(v, 0, 255)));
    }
  return samples;
}

// The signal of a golden case.
std::vector<int16_t> signal_of(const BlockDef& block, const Signal& signal, int32_t windows) {
  const int32_t n = signal.samples * windows;
  if (block.takes_pictures) return picture(signal);
  if (block.name == "wavelet") return vibration(n, signal.axes);
  return block.name == "ecg" ? electrocardiogram(n) : windows > 0 ? motion(n, signal.axes) : audio(signal.samples);
}

Json golden_of(std::string_view block) {
  std::ifstream file(std::string(MOTE_SOURCE_DIR "/mote/blocks/") + std::string(block) + "/" + std::string(block) +
                     "_golden.json");
  return Json::parse(file, nullptr, false);
}

size_t columns_of(const Tensor& t) { return static_cast<size_t>(t.shape.back()); }

std::vector<double> real_values(const Tensor& t, const Bytes& bytes) {
  std::vector<double> values;
  auto add = [&](double q) {
    values.push_back((q - t.quant.zero_at(0)) * t.quant.scale_at(values.size() % columns_of(t)));
  };
  if (t.type == DType::int8)
    for (int8_t q : view_as<int8_t>(bytes)) add(q);
  else
    for (int16_t q : view_as<int16_t>(bytes)) add(q);
  return values;
}

// The features of every window of a golden case, window after window.
std::vector<double> features_of(const Graph& graph, const std::vector<int16_t>& samples) {
  const size_t window = static_cast<size_t>(element_count(graph.at(graph.inputs[0]).shape));
  std::vector<double> features;
  for (size_t first = 0; first < samples.size(); first += window) {
    Bytes input(window * 2);
    std::memcpy(input.data(), samples.data() + first, input.size());
    if (graph.at(graph.inputs[0]).type == DType::uint8) input.assign(samples.begin(), samples.end());
    const TensorId out = graph.outputs[0];
    const auto some = real_values(graph.at(out), evaluate(graph, {input})[static_cast<size_t>(out)]);
    features.insert(features.end(), some.begin(), some.end());
  }
  return features;
}

// The range of each column.
struct Bounds {
  double low = 1e30, high = -1e30;
};
std::vector<Bounds> bounds_of(const std::vector<double>& features, size_t columns) {
  std::vector<Bounds> bounds(columns);
  for (size_t i = 0; i < features.size(); ++i) {
    Bounds& b = bounds[i % columns];
    b = {std::min(b.low, features[i]), std::max(b.high, features[i])};
  }
  return bounds;
}

class CheckBlock : public testing::TestWithParam<const BlockDef*> {};

TEST_P(CheckBlock, FeaturesAreWithinAThousandthOfTheirRange) {
  const BlockDef& block = *GetParam();
  const Json golden = golden_of(block.name);
  ASSERT_TRUE(golden.is_object()) << "no " << block.name << "_golden.json; tools/blocks/golden.py makes it";
  for (const Json& c : golden["cases"]) {
    const int32_t windows = c.value("windows", 0);  // none: one of audio
    const double scale = block.takes_pictures ? 1.0 / 255 : windows > 0 ? 1 : 1.0 / 32768;
    const Signal signal{c["rate_hz"], c["samples"], c["axes"], scale, c.value("width", 0)};
    const BlockConfig config{std::string(block.name), c["settings"].get<std::map<std::string, std::string>>()};
    const auto graph = make_feature_graph(signal, {&config, 1});
    ASSERT_TRUE(graph) << graph.error().text();
    const auto got = features_of(*graph, signal_of(block, signal, windows));
    const auto want = c["features"].get<std::vector<double>>();
    ASSERT_EQ(got.size(), want.size());
    const auto bounds = bounds_of(want, c.value("columns", size_t{1}));
    // A quantised feature may be off by a step more.
    const Tensor& out = graph->at(graph->outputs[0]);
    const double step = out.type == DType::int8 ? double{out.quant.scale[0]} : 0;
    double worst = 0;
    size_t within_a_step = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const auto [low, high] = bounds[i % bounds.size()];
      const double off = std::abs(got[i] - want[i]);
      worst = std::max(worst, off / (high - low));
      within_a_step += off <= step;
      EXPECT_LE(off, 1e-3 * (high - low) + step)
          << block.name << ": feature " << i << " is " << got[i] << ", not " << want[i] << "; the range is " << low
          << " to " << high << "; " << c["settings"].dump();
    }
    RecordProperty("worst", std::to_string(worst));
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

TEST(Chains, ABlockTakesWhatAnotherOneMakes) {
  const Signal signal{100, 400, 3, 1};
  const BlockConfig low{"filter", {{"cutoff", "20"}}, "smooth"};
  const BlockConfig high{"filter", {{"kind", "high"}, {"cutoff", "1"}}, "alive", "smooth"};
  const std::vector<int16_t> samples = motion(400, 3);
  const std::vector<BlockConfig> forwards{low, high}, backwards{high, low};
  const auto both = make_feature_graph(signal, forwards);
  ASSERT_TRUE(both) << both.error().text();
  ASSERT_EQ(both->outputs.size(), 1u);
  const auto got = features_of(*both, samples);
  // The second filter alone, of what the first one alone makes.
  const auto first = make_feature_graph(signal, {&low, 1});
  std::vector<int16_t> smooth;
  for (double v : features_of(*first, samples)) smooth.push_back(static_cast<int16_t>(v));
  const BlockConfig alone{high.block, high.settings};
  EXPECT_EQ(got, features_of(*make_feature_graph(signal, {&alone, 1}), smooth));
  EXPECT_EQ(got, features_of(*make_feature_graph(signal, backwards), samples));
}

TEST(Features, BecomeInt8WithinAStep) {
  const Signal signal{100, 250, 3, 1.0 / 4096};
  const std::vector<int16_t> samples = motion(250, 3);
  const BlockConfig fine{"statistics"}, rough{"statistics", {}, {}, "samples", -4, 8};
  const auto wide = make_feature_graph(signal, {&fine, 1}), narrow = make_feature_graph(signal, {&rough, 1});
  ASSERT_TRUE(wide && narrow);
  const Tensor& out = narrow->at(narrow->outputs[0]);
  EXPECT_EQ(out.type, DType::int8);
  EXPECT_EQ(out.quant.zero, std::vector<int32_t>{-43});
  const auto want = features_of(*wide, samples), got = features_of(*narrow, samples);
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], std::clamp(want[i], -4.0, 8.0), 12.0 / 255 * 0.51) << i;
  auto refusal = [&](const BlockConfig& config) {
    const std::vector<BlockConfig> blocks{config, {"statistics", {}, "next", config.block}};
    const bool feeds = find_block(config.block)->makes != nullptr;
    const auto graph = make_feature_graph(signal, std::span(blocks).first(feeds ? 2 : 1));
    return graph ? std::string() : graph.error().what;
  };
  EXPECT_EQ(refusal({"statistics", {}, {}, "samples", 1, 8}), "statistics: int8 from 1 to 8; 0 has to be in between");
  EXPECT_EQ(refusal({"filter", {}, {}, "samples", 0, 8}), "filter: other blocks take what it makes; it stays int16");
}

TEST(Chains, RowsSuitEveryRate) {
  const BlockConfig slow{"decimate", {{"factor", "3"}}}, slower{"decimate", {{"factor", "5"}}, "slower", "decimate"};
  const std::vector<BlockConfig> chain{
      slow, slower, {"statistics", {}, "", "slower"}, {"spectral", {}, "", "decimate"}};
  const auto graph = make_feature_graph({300, 600, 3, 1}, chain);
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_EQ(graph->at(graph->inputs[0]).shape, (Shape{1, 40, 45}));
  EXPECT_EQ(graph->outputs.size(), 2u);
  EXPECT_EQ(graph->at(graph->outputs[1]).shape, (Shape{1, 1, 3, 3 + 8}));
  const std::vector<BlockConfig> apart{slow, {"decimate", {{"factor", "7"}}, "other"}};
  const auto refused = make_feature_graph({210, 210, 1, 1}, apart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().what,
      "other: rows of 3 samples, which suit all blocks, hold no whole number of its samples; allowed are multiples of 7");
}

// 44,100 Hz to 16,000 Hz: what is heard stays where and as loud as it was, what would alias goes.
TEST(Resampling, ToneStaysOrGoes) {
  const int32_t rate = 44100, to = 16000, n = rate / 10;
  const BlockConfig config{"resample", {{"rate_hz", "16000"}}};
  const auto graph = make_feature_graph({double{rate}, n, 1, 1}, {&config, 1});
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_EQ(graph->at(graph->inputs[0]).shape, (Shape{1, 10, 441}));
  auto tone = [](double hz, double rate_hz, int32_t i) {
    return 30000 * std::sin(2 * std::numbers::pi * hz * i / rate_hz);
  };
  auto largest_error = [&](double hz, bool stays) {
    std::vector<int16_t> samples;
    for (int32_t i = 0; i < n; ++i) samples.push_back(static_cast<int16_t>(std::lround(tone(hz, rate, i))));
    const auto got = features_of(*graph, samples);
    EXPECT_EQ(got.size(), 1600u);
    double most = 0;
    for (int32_t i = 20; i < 1580; ++i)  // besides the ends
      most = std::max(most, std::abs(got[static_cast<size_t>(i)] - (stays ? tone(hz, to, i) : 0)));
    return most;
  };
  EXPECT_LE(largest_error(440, true), 70);  // 54 dB
  EXPECT_LE(largest_error(5000, true), 70);
  EXPECT_LE(largest_error(9500, false), 70);
  EXPECT_LE(largest_error(15000, false), 70);
}

TEST(Resampling, WhatDoesNotFitIsNamed) {
  auto refusal = [](int32_t samples, const char* rate_hz, const BlockConfig& next, int32_t hop) {
    const std::vector<BlockConfig> chain{{"resample", {{"rate_hz", rate_hz}}}, next};
    const auto graph = make_feature_graph({44100, samples, 1, 1}, chain, hop);
    return graph ? std::string() : graph.error().what;
  };
  const BlockConfig mfe{"mfe", {}, "", "resample"}, log_mel{"log_mel", {{"frame_stride", "0.016"}}, "", "resample"};
  EXPECT_EQ(refusal(44100, "16000", mfe, 0), "");
  EXPECT_EQ(refusal(44100, "16000", mfe, 11025), "");
  EXPECT_EQ(refusal(44100, "16001", mfe, 0),
            "rate_hz = 16001 at a rate of 44100 Hz; allowed are fractions of numbers up to 1024, the nearest is "
            "16000.8849558");
  EXPECT_EQ(refusal(44000, "16000", mfe, 0),
            "a window of 44000 samples, of which every 441 become 160; it has to be a multiple of 441");
  EXPECT_EQ(
      refusal(44100, "16000", log_mel, 0),
      "log_mel: it moves along by 256 samples, and every 441 of the sensor's become 160; allowed are multiples of "
      "160 (0.01 s)");
  EXPECT_EQ(refusal(44100, "16000", mfe, 4000),
            "resample: a hop of 4000 samples, of which every 441 become 160; it has to be a multiple of 441 (0.01 s)");
}

// The narrowest and lowest filters that the settings allow are supported.
TEST(Filter, ExtremesAreSupported) {
  for (const char* kind : {"low", "high", "band", "notch", "dc"})
    for (const char* cutoff : {"0.5", "499"}) {
      const BlockConfig config{
          "filter", {{"kind", kind}, {"cutoff", cutoff}, {"cutoff_high", "499.9"}, {"order", "8"}, {"quality", "200"}}};
      const auto graph = make_feature_graph({1000, 1000, 1, 1}, {&config, 1});
      EXPECT_TRUE(graph) << kind << " " << cutoff << ": " << (graph ? "" : graph.error().text());
    }
}

TEST(Wavelet, AWindowHoldsItsOctaves) {
  auto refusal = [](int32_t samples, const char* level) {
    const BlockConfig config{"wavelet", {{"wavelet", "db4"}, {"level", level}}};
    const auto graph = make_feature_graph({100, samples, 1, 1}, {&config, 1});
    return graph ? std::string() : graph.error().what;
  };
  EXPECT_EQ(refusal(56, "3"), "");  // 8 times one tap less than db4 has
  EXPECT_EQ(refusal(55, "3"), "level = 3 in a window of 55 samples; with this wavelet at most 2 is allowed");
  EXPECT_EQ(refusal(6, "1"), "level = 1 in a window of 6 samples; with this wavelet at most 0 is allowed");
}

TEST(Chains, WhatDoesNotFitIsNamed) {
  auto refusal = [](const std::vector<BlockConfig>& blocks) {
    const auto graph = make_feature_graph({16000, 16000, 1, 1}, blocks);
    return graph ? std::string() : graph.error().what;
  };
  EXPECT_EQ(refusal({{"filter", {}, "", "sampels"}}),
            "filter: there is no input \"sampels\"; there are samples, filter");
  EXPECT_EQ(refusal({{"filter"}, {"filter"}}), "two inputs are named \"filter\"; give one of them another name");
  EXPECT_EQ(refusal({{"filter", {}, "samples"}}), "two inputs are named \"samples\"; give one of them another name");
  EXPECT_EQ(refusal({{"mfcc"}, {"filter", {}, "", "mfcc"}}), "filter: its input \"mfcc\" makes features, not samples");
  EXPECT_EQ(refusal({{"filter", {}, "a", "b"}, {"filter", {}, "b", "a"}}), "a: its input is made from its own output");
  EXPECT_EQ(refusal({{"filter", {{"cutoff", "8000"}}}}),
            "cutoff = 8000 Hz at a rate of 16000 Hz; allowed is 8 to below 8000 Hz");
}

TEST(Pages, AreWrittenFromTheSchemas) {
  std::ifstream file(MOTE_SOURCE_DIR "/docs/BLOCKS.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}}, written = write_block_pages();
  if (page != written) std::ofstream(MOTE_BUILD_DIR "/BLOCKS.md") << written;
  EXPECT_EQ(page, written) << "copy " MOTE_BUILD_DIR "/BLOCKS.md to docs";
}

// A default that the schema refuses would fail only when somebody uses it.
TEST(Settings, DefaultsAreAllowed) {
  for (const BlockDef* block : all_blocks())
    for (const Setting& s : block->settings) {
      const std::map<std::string, std::string> given{{std::string(s.name), std::string(s.default_value)}};
      const auto checked = check_settings(block->name, block->settings, given);
      EXPECT_TRUE(checked) << (checked ? "" : checked.error().text());
    }
}

}  // namespace
}  // namespace mote
