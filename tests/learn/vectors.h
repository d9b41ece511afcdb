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
    for (float v : x)
      q.push_back(static_cast<int32_t>(
          std::clamp(std::nearbyint(double{v} / double{t.quant.scale[0]}) + t.quant.zero[0], low, -1 - low)));
    return q;
  }
  std::vector<float> values(const std::vector<int32_t>& q) const {
    const Quant& quant = graph.at(input).quant;
    std::vector<float> x;
    for (int32_t v : q) x.push_back(static_cast<float>(double{quant.scale[0]} * (v - quant.zero[0])));
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
