// Linear models: regression, logistic regression and principal components. y = weights * x + bias.
#pragma once
#include "mote/learn/append.h"
#include "mote/learn/samples.h"

namespace mote {

struct LinearModel {
  int32_t features = 0, outputs = 0;
  std::vector<double> weights;  // [outputs][features]
  std::vector<double> bias;     // [outputs]
};

std::vector<double> predict(const LinearModel& model, std::span<const float> x);

// Least squares for the targets, plus `ridge` * |weights of standardised features|^2 per sample.
Expected<LinearModel> train_linear_regression(const Samples& samples, double ridge);

struct LogisticSettings {
  double ridge = 1e-3;    // times half the squared weights of standardised features, per sample
  int32_t rounds = 500;   // at most
  bool balanced = false;  // every class counts alike, however many samples it has
};

// Multinomial logistic regression: the logarithms of the classes' chances, up to a number they share. Of two classes,
// one output: the logarithm of the chances of class 1 over class 0. By L-BFGS (Nocedal, Wright, Numerical Optimization,
// 7.2).
Expected<LinearModel> train_logistic_regression(const Samples& samples, const LogisticSettings& settings);

struct PcaSettings {
  int32_t components = 0;  // 0: as many as explain `share` of the variance
  double share = 0.99;
  bool standardise = true;  // divides features by their standard deviations first
  bool whiten = false;      // divides the components by theirs
};

// Projection on the directions of the largest variance.
Expected<LinearModel> train_pca(const Samples& samples, const PcaSettings& settings);

// Appends the model. Without a scale in `spec`, one for what the model makes of `samples`.
Expected<TensorId> append_linear(Graph& graph, TensorId input, const LinearModel& model, const OutputSpec& spec,
                                 const Samples& samples);

}  // namespace mote
