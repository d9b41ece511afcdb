#include "mote/learn/centres.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mote/compiler/base/rng.h"
#include "mote/learn/append.h"
#include "mote/learn/matrix.h"
#include "mote/ops/distances/distances.op.h"
#include "mote/ops/nearest/nearest.op.h"

namespace mote {
namespace {

using Points = std::vector<double>;  // [points][n], standardised

double squared_distance(const double* a, const double* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

struct Nearest {
  size_t centre;
  double distance;
};

Nearest find_nearest(const double* x, const Points& centres, size_t n) {
  Nearest nearest{0, INFINITY};
  for (size_t k = 0; k < centres.size() / n; ++k)
    if (const double d = squared_distance(x, &centres[k * n], n); d < nearest.distance) nearest = {k, d};
  return nearest;
}

// Each next centre is a point drawn with a chance that grows with its squared distance to those already drawn.
Points draw_centres(const Points& x, size_t n, int32_t clusters, Rng& rng) {
  const size_t count = x.size() / n;
  const auto first = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(count) - 1));
  Points centres(x.begin() + static_cast<ptrdiff_t>(first * n), x.begin() + static_cast<ptrdiff_t>((first + 1) * n));
  std::vector<double> distance(count, INFINITY);
  while (static_cast<int32_t>(centres.size() / n) < clusters) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
      sum += distance[i] = std::min(distance[i], squared_distance(&x[i * n], &centres[centres.size() - n], n));
    if (!(sum > 0)) break;  // every point is a centre
    size_t drawn = count;
    double rest = rng.unit() * sum;
    for (size_t i = 0; i < count && rest >= 0; ++i) {
      if (distance[i] > 0) drawn = i;
      rest -= distance[i];
    }
    centres.insert(centres.end(), x.begin() + static_cast<ptrdiff_t>(drawn * n),
                   x.begin() + static_cast<ptrdiff_t>((drawn + 1) * n));
  }
  return centres;
}

// Lloyd's algorithm.
Points find_clusters(const Points& x, size_t n, const ClusterSettings& settings, Rng& rng) {
  Points centres = draw_centres(x, n, settings.clusters, rng);
  std::vector<size_t> of(x.size() / n, SIZE_MAX);
  for (int32_t round = 0; round < settings.rounds; ++round) {
    bool changed = false;
    for (size_t i = 0; i < of.size(); ++i) {
      const size_t k = find_nearest(&x[i * n], centres, n).centre;
      changed |= std::exchange(of[i], k) != k;
    }
    if (!changed) break;
    Points sums(centres.size(), 0);
    std::vector<double> sizes(centres.size() / n, 0);
    for (size_t i = 0; i < of.size(); ++i) {
      ++sizes[of[i]];
      for (size_t j = 0; j < n; ++j) sums[of[i] * n + j] += x[i * n + j];
    }
    for (size_t i = 0; i < sums.size(); ++i)
      if (sizes[i / n] > 0) centres[i] = sums[i] / sizes[i / n];
  }
  return centres;
}

Status check_settings(int32_t clusters, int32_t least) {
  constexpr int32_t kMost = 10000;
  if (clusters < least || clusters > kMost)
    return malformed(fmt::format("{} clusters are asked for; {} to {} are allowed", clusters, least, kMost));
  return {};
}

// Appends centres of standardised features.
void add_centres(Centres& model, const Points& centres, const Scaling& scaling) {
  const auto n = static_cast<size_t>(model.features);
  for (size_t i = 0; i < centres.size(); ++i)
    model.centres.push_back(centres[i] * scaling.deviation[i % n] + scaling.mean[i % n]);
  model.offsets.resize(model.centres.size() / n, 0);
}

Centres start_clusters(const Samples& samples, const Scaling& scaling) {
  Centres model;
  model.features = samples.features;
  for (double deviation : scaling.deviation) model.scales.push_back(1 / deviation);
  return model;
}

// What is multiplied with x[i] - centre[i] on the way to the j-th summand.
double scale_at(const Centres& m, size_t k, size_t j, size_t i) {
  const auto n = static_cast<size_t>(m.features);
  const size_t size = m.triangular ? n * (n + 1) / 2 : n;
  const size_t begin = m.scales.size() == size ? 0 : k * size;
  if (m.triangular) return i > j ? 0 : m.scales[begin + j * (j + 1) / 2 + i];
  return i != j ? 0 : m.scales[begin + i];
}

}  // namespace

std::vector<double> distances_to(const Centres& m, std::span<const float> x) {
  const auto n = static_cast<size_t>(m.features);
  std::vector<double> distances;
  for (size_t k = 0; k < m.count(); ++k) {
    double sum = m.offsets[k];
    for (size_t j = 0; j < n; ++j) {
      double y = 0;
      for (size_t i = m.triangular ? 0 : j; i <= j; ++i)
        y += scale_at(m, k, j, i) * (double{x[i]} - m.centres[k * n + i]);
      sum += y * y;
    }
    distances.push_back(sum);
  }
  return distances;
}

Expected<Centres> train_k_means(const Samples& samples, const ClusterSettings& settings) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::features));
  MOTE_TRY_STATUS(check_settings(settings.clusters, 1));
  const Scaling scaling = measure_scaling(samples);
  Rng rng(settings.seed);
  Centres model = start_clusters(samples, scaling);
  const auto n = static_cast<size_t>(samples.features);
  add_centres(model, find_clusters(standardise(samples, scaling), n, settings, rng), scaling);
  return model;
}

Expected<Centres> train_prototypes(const Samples& samples, const ClusterSettings& settings) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::labels));
  MOTE_TRY_STATUS(check_settings(settings.clusters, 0));
  const Scaling scaling = measure_scaling(samples);
  const Points x = standardise(samples, scaling);
  const auto n = static_cast<size_t>(samples.features);
  Rng rng(settings.seed);
  Centres model = start_clusters(samples, scaling);
  for (int32_t label = 0; label < samples.classes(); ++label) {
    Points of_class;
    for (size_t i = 0; i < x.size(); ++i)
      if (samples.labels[i / n] == label) of_class.push_back(x[i]);
    if (of_class.empty()) continue;
    add_centres(model, settings.clusters > 0 ? find_clusters(of_class, n, settings, rng) : of_class, scaling);
    model.labels.resize(model.count(), label);
  }
  return model;
}

// ---- mixtures of Gaussians ----

namespace {

struct Gaussian {
  std::vector<double> mean;
  Matrix precision;  // lower triangular: the inverse of the covariance's Cholesky factor
  double offset;     // log |C| - 2 log w
};

// -2 log of the weighted density, less n log 2 pi.
double energy(const Gaussian& g, const double* x, bool full) {
  double sum = g.offset;
  for (size_t j = 0; j < g.mean.size(); ++j) {
    double y = 0;
    for (size_t i = full ? 0 : j; i <= j; ++i) y += g.precision(j, i) * (x[i] - g.mean[i]);
    sum += y * y;
  }
  return sum;
}

// From the samples, each with its responsibility; none where they are too few for a covariance.
std::optional<Gaussian> fit(const Points& x, size_t n, const std::vector<double>& part,
                            const GaussianSettings& settings) {
  const double total = std::accumulate(part.begin(), part.end(), 0.0);
  if (!(total > 1e-6)) return std::nullopt;
  std::vector<double> mean(n, 0);
  for (size_t i = 0; i < x.size(); ++i) mean[i % n] += x[i] * part[i / n] / total;
  Matrix covariance = measure_covariance(x, mean, part);
  for (size_t j = 0; j < n; ++j)
    for (size_t k = 0; k < n; ++k) {
      if (j != k && !settings.full) covariance(j, k) = 0;
      if (j == k) covariance(j, k) += settings.smallest;
    }
  const std::optional<Matrix> lower = factor_cholesky(covariance);
  if (!lower) return std::nullopt;
  double log_determinant = 0;
  for (size_t j = 0; j < n; ++j) log_determinant += 2 * std::log((*lower)(j, j));
  const double weight = total / static_cast<double>(part.size());
  return Gaussian{std::move(mean), invert_lower(*lower), log_determinant - 2 * std::log(weight)};
}

// Responsibilities of each component for each sample, and the mean energy of the mixture.
struct Shares {
  std::vector<std::vector<double>> parts;
  double energy = 0;
};

Shares share_out(const Points& x, size_t n, const std::vector<Gaussian>& components, bool full) {
  const size_t count = x.size() / n;
  Shares shares{std::vector<std::vector<double>>(components.size(), std::vector<double>(count)), 0};
  std::vector<double> e(components.size());
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < e.size(); ++k) e[k] = energy(components[k], &x[i * n], full);
    const double least = *std::min_element(e.begin(), e.end());
    double sum = 0;
    for (size_t k = 0; k < e.size(); ++k) sum += shares.parts[k][i] = std::exp((least - e[k]) / 2);
    for (auto& part : shares.parts) part[i] /= sum;
    shares.energy += (least - 2 * std::log(sum)) / static_cast<double>(count);
  }
  return shares;
}

Shares start_shares(const Points& x, size_t n, const GaussianSettings& settings, Rng& rng) {
  const Points centres = find_clusters(x, n, {settings.components, 100, 0}, rng);
  Shares shares{std::vector<std::vector<double>>(centres.size() / n, std::vector<double>(x.size() / n, 0)), INFINITY};
  for (size_t i = 0; i < x.size() / n; ++i) shares.parts[find_nearest(&x[i * n], centres, n).centre][i] = 1;
  return shares;
}

Centres make_centres(const std::vector<Gaussian>& components, bool full, const Scaling& scaling) {
  Centres model;
  model.features = static_cast<int32_t>(scaling.mean.size());
  model.triangular = full && model.features > 1;
  double log_deviations = 0;  // the determinant is of features as they were
  for (double deviation : scaling.deviation) log_deviations += 2 * std::log(deviation);
  for (const Gaussian& g : components) {
    add_centres(model, g.mean, scaling);
    model.offsets.back() = g.offset + log_deviations;
    for (size_t j = 0; j < g.mean.size(); ++j)
      for (size_t i = model.triangular ? 0 : j; i <= j; ++i)
        model.scales.push_back(g.precision(j, i) / scaling.deviation[i]);
  }
  return model;
}

}  // namespace

Expected<Centres> train_gaussians(const Samples& samples, const GaussianSettings& settings) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::features));
  MOTE_TRY_STATUS(check_settings(settings.components, 1));
  if (!(settings.smallest > 0)) return malformed("the smallest variance has to be above 0");
  const Scaling scaling = measure_scaling(samples);
  const Points x = standardise(samples, scaling);
  const auto n = static_cast<size_t>(samples.features);
  Rng rng(settings.seed);
  Shares shares = start_shares(x, n, settings, rng);
  std::vector<Gaussian> components;
  for (int32_t round = 0; round < settings.rounds; ++round) {
    components.clear();
    for (const auto& part : shares.parts)
      if (auto fitted = fit(x, n, part, settings)) components.push_back(std::move(*fitted));
    if (components.empty()) return malformed("no Gaussian fits these samples; a larger smallest variance may help");
    Shares next = share_out(x, n, components, settings.full);
    const bool settled = shares.energy - next.energy < 1e-9 && next.parts.size() == shares.parts.size();
    shares = std::move(next);
    if (settled) break;
  }
  return make_centres(components, settings.full, scaling);
}

// ---- as ops ----

namespace {

constexpr int kFineBits = 8;  // a step of y is 2^-8 standard deviations, one of the output 2^-8 of their squares

int32_t round_to(double v, double low, double high) {
  return static_cast<int32_t>(std::llround(std::clamp(v, low, high)));
}

// The model's scales for features in steps of the input.
std::vector<double> scales_in_steps(const Centres& m, const Quant& quant) {
  std::vector<double> scales = m.scales;
  const auto n = static_cast<size_t>(m.features);
  size_t at = 0;
  while (at < scales.size())
    for (size_t row = 0; row < (m.triangular ? n : 1); ++row)
      for (size_t i = 0; i < (m.triangular ? row + 1 : n); ++i) scales[at++] *= double{quant.scale_at(i)};
  return scales;
}

}  // namespace

Expected<TensorId> append_distances(Graph& graph, TensorId input, const Centres& m, bool least) {
  MOTE_TRY_STATUS(check_input(graph, input, m.features));
  const Quant quant = graph.at(input).quant;
  const std::vector<double> steps = scales_in_steps(m, quant);
  double largest = 0;
  for (double s : steps) largest = std::max(largest, std::abs(s));
  const int shift = std::clamp(29 - kFineBits - std::ilogb(std::max(largest, 1e-30)), 0, 31);
  std::vector<int16_t> centres;
  for (size_t i = 0; i < m.centres.size(); ++i) {
    const size_t feature = i % static_cast<size_t>(m.features);
    centres.push_back(
        static_cast<int16_t>(round_to(m.centres[i] / quant.scale_at(feature) + quant.zero_at(feature), -32768, 32767)));
  }
  std::vector<int32_t> scales, offsets;
  for (double s : steps) scales.push_back(round_to(std::ldexp(s, shift + kFineBits), INT32_MIN, INT32_MAX));
  for (double o : m.offsets) offsets.push_back(round_to(std::ldexp(o, kFineBits), -1e9, 1e9));
  const auto count = static_cast<int32_t>(m.count());
  const auto per_centre = m.triangular ? m.features * (m.features + 1) / 2 : m.features;
  const auto sets = static_cast<int32_t>(scales.size()) / per_centre;
  Tensor out;
  out.name = least ? "anomaly" : "distances";
  out.type = DType::int32;
  out.quant = {{1.0f / (1 << kFineBits)}, {0}, 0};
  return append_op(graph, "distances", "DISTANCES", DistancesAttrs{least, shift, kFineBits}, input,
                   {make_constant("centres", DType::int16, {count, m.features}, make_blob(centres)),
                    make_constant("scales", DType::int32, {sets, per_centre}, make_blob(scales)),
                    make_constant("offsets", DType::int32, {count}, make_blob(offsets))},
                   std::move(out));
}

Expected<TensorId> append_votes(Graph& graph, TensorId input, const Centres& prototypes, int32_t k, int32_t classes) {
  if (prototypes.labels.size() != prototypes.count()) return malformed("prototypes without labels cannot vote");
  MOTE_TRY(const TensorId distances, append_distances(graph, input, prototypes, false));
  Tensor out;
  out.name = "votes";
  out.quant = {{1.0f / static_cast<float>(std::max(k, 1))}, {0}, 0};
  return append_op(
      graph, "nearest", "NEAREST", NearestAttrs{k, classes}, distances,
      {make_constant("labels", DType::int32, {static_cast<int32_t>(prototypes.count())}, make_blob(prototypes.labels))},
      std::move(out));
}

}  // namespace mote
