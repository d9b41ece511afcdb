// Models that are centres, each with its own measure of distance: k-means, nearest prototypes, Gaussians and their
// mixtures. What they all compute is
//
//   distance k = |S_k (x - c_k)|^2 + offset_k
//
// with S_k diagonal or lower triangular. For a Gaussian of weight w and covariance C, S is the inverse of C's Cholesky
// factor and offset log |C| - 2 log w, so that the distance is -2 log of its density, less n log 2 pi.
#pragma once
#include "mote/compiler/ir/graph.h"
#include "mote/learn/samples.h"

namespace mote {

struct Centres {
  int32_t features = 0;
  bool triangular = false;
  std::vector<double> centres;  // [count][features]
  std::vector<double> scales;   // [count or 1][features], or [count or 1][features * (features + 1) / 2], row by row
  std::vector<double> offsets;  // [count]
  std::vector<int32_t> labels;  // [count] of prototypes: the class of each; else empty

  size_t count() const { return offsets.size(); }
};

// The distance of x to each centre.
std::vector<double> distances_to(const Centres& model, std::span<const float> x);

struct ClusterSettings {
  int32_t clusters = 4;
  int32_t rounds = 100;  // at most
  uint64_t seed = 1;
};

// k-means, features divided by their standard deviations; started by k-means++ (Arthur, Vassilvitskii, 2007). Fewer
// different samples than clusters: a cluster for each.
Expected<Centres> train_k_means(const Samples& samples, const ClusterSettings& settings);

// Prototypes to vote: the centres of `clusters` clusters of each class; clusters = 0: every sample.
Expected<Centres> train_prototypes(const Samples& samples, const ClusterSettings& settings);

struct GaussianSettings {
  int32_t components = 1;
  bool full = true;        // covariances of pairs of features; false: a deviation for each feature
  double smallest = 1e-3;  // added to the variance of every feature, of which 1 is that of all samples
  int32_t rounds = 200;    // at most
  uint64_t seed = 1;
};

// A mixture of Gaussians by expectation-maximisation, started by k-means. One component is the distance of Mahalanobis.
Expected<Centres> train_gaussians(const Samples& samples, const GaussianSettings& settings);

// Appends the distances to all centres, int32 in steps of 1/256, or the least alone: an anomaly score, for a mixture
// that of its likeliest component. `input`: int8 or int16 with one scale or one for each feature, along its last
// dimension.
Expected<TensorId> append_distances(Graph& graph, TensorId input, const Centres& model, bool least);

// Appends votes of the k nearest prototypes for each class: int8, in steps of 1/k.
Expected<TensorId> append_votes(Graph& graph, TensorId input, const Centres& prototypes, int32_t k, int32_t classes);

}  // namespace mote
