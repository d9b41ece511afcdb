// Samples and results of other libraries (make_vectors.py), and models as graphs.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/evaluate.h"
#include "mote/learn/samples.h"

namespace mote {

// A file of tests/learn.
std::string read_vector_text(const std::string& name);

inline nlohmann::json read_vectors(const std::string& name) { return nlohmann::json::parse(read_vector_text(name)); }

// The samples of make_vectors.py.
inline Samples read_samples() {
  const auto json = read_vectors("sklearn.json");
  Samples s;
  s.features = 4;
  s.values = json["samples"].get<std::vector<float>>();
  s.labels = json["labels"].get<std::vector<int32_t>>();
  s.targets = json["targets"].get<std::vector<float>>();
  return s;
}

// Two classes: 0, and what was 1 or 2.
inline Samples with_two_classes(Samples s) {
  for (int32_t& label : s.labels) label = label > 0;
  return s;
}

// What happens to a file on its way: bytes and pieces change places, vanish and are doubled, numbers grow.
inline std::string mutate(std::string text, Rng& rng) {
  for (int32_t n = rng.pick(1, 3); n > 0 && !text.empty(); --n) {
    const auto at = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(text.size()) - 1));
    const auto length = static_cast<size_t>(rng.pick(1, rng.chance(0.8) ? 8 : 300));
    const char* pieces[] = {"-1", "1e400", "99999999999", "null",       "[]",  "{}", "0",
                            "\n", "\"",    "-",           "4294967296", "NaN", "=",  "Tree=7\n"};
    switch (rng.pick(0, 4)) {
      case 0: text[at] = static_cast<char>(rng.pick(0, 255)); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(static_cast<size_t>(rng.pick(0, static_cast<int32_t>(at))), length)); break;
      case 3: text.insert(at, pieces[rng.pick(0, static_cast<int32_t>(std::size(pieces)) - 1)]); break;
      default: {
        const size_t digits = text.find_first_of("0123456789", at);
        if (digits == std::string::npos) break;
        size_t end = digits;
        while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
        text.replace(digits, end - digits, pieces[rng.pick(0, 2)]);
      }
    }
  }
  return text;
}

inline void expect_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], tolerance) << i;
}

// Results for each sample, one after another.
template <class F>
std::vector<double> for_each_sample(const Samples& s, F result) {
  std::vector<double> all;
  for (size_t i = 0; i < s.count(); ++i) {
    const std::vector<double> one = result(s.sample(i));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

// A graph with an input for vectors of features; `scale` and `zero` as given.
struct FeatureGraph {
  Graph graph;
  TensorId input;

  FeatureGraph(int32_t features, float scale, int32_t zero = 0, DType type = DType::int16) {
    Tensor x;
    x.name = "x";
    x.type = type;
    x.shape = {1, features};
    x.quant = {{scale}, {zero}, 0};
    input = graph.add(x);
    graph.inputs = {input};
  }

  // A scale of its own for each of four features.
  void vary_scales() {
    Quant& quant = graph.at(input).quant;
    const float scale = quant.scale[0];
    const int32_t zero = quant.zero[0];
    quant = {{scale, scale * 3, scale * 0.7f, scale * 1.1f}, {zero, zero + 3, zero - 4, zero}, 1};
  }

  void finish(TensorId output) {
    graph.outputs = {output};
    const Status valid = validate(graph);
    ASSERT_TRUE(valid) << valid.error().text();
  }

  // The steps nearest to a sample, and what they stand for.
  std::vector<int32_t> quantise(std::span<const float> x) const {
    const Tensor& t = graph.at(input);
    const double low = t.type == DType::int8 ? -128 : -32768;
    std::vector<int32_t> q;
    for (size_t i = 0; i < x.size(); ++i)
      q.push_back(static_cast<int32_t>(
          std::clamp(std::nearbyint(double{x[i]} / double{t.quant.scale_at(i)}) + t.quant.zero_at(i), low, -1 - low)));
    return q;
  }
  std::vector<float> values(const std::vector<int32_t>& q) const {
    const Quant& quant = graph.at(input).quant;
    std::vector<float> x;
    for (size_t i = 0; i < q.size(); ++i)
      x.push_back(static_cast<float>(double{quant.scale_at(i)} * (q[i] - quant.zero_at(i))));
    return x;
  }

  // What the graph's definition makes of these steps, as real numbers.
  std::vector<double> run(const std::vector<int32_t>& q) const {
    Bytes bytes;
    const size_t size = graph.at(input).type == DType::int8 ? 1 : 2;
    for (int32_t v : q)
      for (size_t b = 0; b < size; ++b) bytes.push_back(static_cast<uint8_t>(v >> (8 * b)));
    const Tensor& out = graph.at(graph.outputs[0]);
    const Bytes made = evaluate(graph, {bytes})[static_cast<size_t>(graph.outputs[0])];
    std::vector<double> y;
    for (size_t i = 0; i < static_cast<size_t>(element_count(out.shape)); ++i) {
      const int32_t v = out.type == DType::int8    ? static_cast<int8_t>(made[i])
                        : out.type == DType::int16 ? view_as<int16_t>(std::span(made))[i]
                                                   : view_as<int32_t>(std::span(made))[i];
      y.push_back(double{out.quant.scale[0]} * (v - (out.type == DType::int32 ? 0 : out.quant.zero_at(0))));
    }
    return y;
  }
};

}  // namespace mote
