#include "mote/learn/linear.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <numeric>

#include "mote/learn/matrix.h"
#include "mote/ops/linear/linear.op.h"

namespace mote {
namespace {

// weights of standardised features, [outputs][features], as those of features.
LinearModel undo_scaling(const Scaling& scaling, std::vector<double> weights, std::vector<double> bias) {
  const size_t n = scaling.mean.size();
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] /= scaling.deviation[i % n];
    bias[i / n] -= weights[i] * scaling.mean[i % n];
  }
  const auto outputs = static_cast<int32_t>(bias.size());
  return {static_cast<int32_t>(n), outputs, std::move(weights), std::move(bias)};
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// The value at x; writes the gradient.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

// The last steps and changes of the gradient: an estimate of the inverse Hessian.
class Curvature {
 public:
  void add(std::vector<double> step, std::vector<double> change) {
    const double product = dot(step, change);
    if (!(product > 1e-12 * dot(change, change))) return;  // it would not be positive definite
    pairs_.push_back({std::move(step), std::move(change), product});
    if (pairs_.size() > 10) pairs_.pop_front();
  }

  std::vector<double> direction(const std::vector<double>& gradient) const {
    std::vector<double> d = gradient, share;
    for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
      share.push_back(dot(pair->step, d) / pair->product);
      add_to(d, pair->change, -share.back());
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      for (double& v : d) v *= last.product / dot(last.change, last.change);
    }
    for (const Pair& pair : pairs_) {
      add_to(d, pair.step, share.back() - dot(pair.change, d) / pair.product);
      share.pop_back();
    }
    for (double& v : d) v = -v;
    return d;
  }

 private:
  struct Pair {
    std::vector<double> step, change;
    double product;
  };
  static void add_to(std::vector<double>& to, const std::vector<double>& what, double factor) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
  }
  std::deque<Pair> pairs_;
};

std::vector<double> minimise(const Objective& f, std::vector<double> x, int32_t rounds) {
  constexpr double kEnough = 1e-7;  // of the gradient
  Curvature curvature;
  std::vector<double> gradient(x.size()), next_gradient(x.size());
  double value = f(x, gradient);
  for (int32_t round = 0; round < rounds && dot(gradient, gradient) > kEnough * kEnough; ++round) {
    const std::vector<double> direction = curvature.direction(gradient);
    const double slope = dot(gradient, direction);
    double length = round == 0 ? 1 / std::sqrt(1 + dot(gradient, gradient)) : 1, next_value = value;
    std::vector<double> next = x;
    // Shorter until the value falls by a part of what the slope promises.
    for (; length > 1e-12; length /= 2) {
      for (size_t i = 0; i < x.size(); ++i) next[i] = x[i] + length * direction[i];
      next_value = f(next, next_gradient);
      if (next_value <= value + 1e-4 * length * slope) break;
    }
    if (!(next_value < value)) break;
    std::vector<double> step(x.size()), change(x.size());
    for (size_t i = 0; i < x.size(); ++i) step[i] = next[i] - x[i], change[i] = next_gradient[i] - gradient[i];
    curvature.add(std::move(step), std::move(change));
    x = std::move(next), gradient = next_gradient, value = next_value;
  }
  return x;
}

// What each sample counts; their sum is 1.
std::vector<double> weigh(const Samples& samples, bool balanced) {
  std::vector<double> count(static_cast<size_t>(samples.classes()), 0), weights;
  for (int32_t label : samples.labels) ++count[static_cast<size_t>(label)];
  const auto present =
      static_cast<double>(count.size()) - static_cast<double>(std::count(count.begin(), count.end(), 0.0));
  for (int32_t label : samples.labels)
    weights.push_back(balanced ? 1 / (present * count[static_cast<size_t>(label)])
                               : 1 / static_cast<double>(samples.count()));
  return weights;
}

// Of x = [samples][n], the directions of the largest variance first.
struct Directions {
  std::vector<double> variances;  // [n]
  std::vector<double> vectors;    // [n][n], of length 1; 0 where nothing varies
};

// Fewer samples than features: the eigenvectors u of x x' / samples, which is the smaller matrix, give those of the
// covariance x' x / samples as x' u, of the same eigenvalues.
Directions find_directions_of_few(const std::vector<double>& x, size_t n) {
  const size_t count = x.size() / n;
  Matrix products(count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j <= i; ++j)
      products(i, j) = products(j, i) =
          std::inner_product(&x[i * n], &x[i * n] + n, &x[j * n], 0.0) / static_cast<double>(count);
  const Eigen eigen = find_eigen(std::move(products));
  Directions directions{std::vector<double>(n, 0), std::vector<double>(n * n, 0)};
  for (size_t c = 0; c < count && eigen.values[c] > 1e-12 * eigen.values[0]; ++c) {
    directions.variances[c] = eigen.values[c];
    double* vector = &directions.vectors[c * n];
    for (size_t s = 0; s < count; ++s)
      for (size_t i = 0; i < n; ++i) vector[i] += eigen.vectors(c, s) * x[s * n + i];
    const double largest =
        *std::max_element(vector, vector + n, [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double length = std::copysign(std::sqrt(eigen.values[c] * static_cast<double>(count)), largest);
    for (size_t i = 0; i < n; ++i) vector[i] /= length;
  }
  return directions;
}

Directions find_directions(const std::vector<double>& x, size_t n) {
  if (x.size() / n < n) return find_directions_of_few(x, n);
  Eigen eigen = find_eigen(measure_covariance(x, std::vector<double>(n, 0), {}));
  return {std::move(eigen.values), std::move(eigen.vectors.values)};
}

}  // namespace

std::vector<double> predict(const LinearModel& m, std::span<const float> x) {
  std::vector<double> y = m.bias;
  const auto n = static_cast<size_t>(m.features);
  for (size_t i = 0; i < m.weights.size(); ++i) y[i / n] += m.weights[i] * double{x[i % n]};
  return y;
}

Expected<LinearModel> train_linear_regression(const Samples& samples, double ridge) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::targets));
  const Scaling scaling = measure_scaling(samples);
  const std::vector<double> x = standardise(samples, scaling);
  const auto n = static_cast<size_t>(samples.features);
  const auto count = static_cast<double>(samples.count());
  double mean = 0;
  for (float target : samples.targets) mean += double{target} / count;
  Matrix a = measure_covariance(x, std::vector<double>(n, 0), {});
  std::vector<double> b(n, 0);
  for (size_t i = 0; i < x.size(); ++i) b[i % n] += x[i] * (double{samples.targets[i / n]} - mean) / count;
  for (size_t i = 0; i < n; ++i) a(i, i) += ridge;
  const std::optional<Matrix> lower = factor_cholesky(a);
  if (!lower) return malformed("the features are not independent; a ridge above 0 is needed");
  return undo_scaling(scaling, solve_cholesky(*lower, b), {mean});
}

Expected<LinearModel> train_logistic_regression(const Samples& samples, const LogisticSettings& settings) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::labels));
  const auto n = static_cast<size_t>(samples.features);
  const auto classes = static_cast<size_t>(samples.classes());
  if (classes < 2) return malformed("a classifier needs samples of at least two classes");
  const Scaling scaling = measure_scaling(samples);
  const std::vector<double> x = standardise(samples, scaling), weights = weigh(samples, settings.balanced);
  // Parameters: weights [classes][n], then biases.
  const auto loss = [&](const std::vector<double>& w, std::vector<double>& gradient) {
    double sum = 0;
    for (size_t i = 0; i < classes * n; ++i)
      sum += settings.ridge / 2 * w[i] * w[i], gradient[i] = settings.ridge * w[i];
    std::fill(gradient.begin() + static_cast<ptrdiff_t>(classes * n), gradient.end(), 0.0);
    std::vector<double> score(classes);
    for (size_t s = 0; s < weights.size(); ++s) {
      const double* features = &x[s * n];
      for (size_t c = 0; c < classes; ++c)
        score[c] = std::inner_product(features, features + n, &w[c * n], w[classes * n + c]);
      const double most = *std::max_element(score.begin(), score.end()),
                   right = score[static_cast<size_t>(samples.labels[s])];
      double total = 0;
      for (double& v : score) total += v = std::exp(v - most);
      sum += weights[s] * (std::log(total) + most - right);
      for (size_t c = 0; c < classes; ++c) {
        const double error = weights[s] * (score[c] / total - (static_cast<size_t>(samples.labels[s]) == c ? 1 : 0));
        for (size_t i = 0; i < n; ++i) gradient[c * n + i] += error * features[i];
        gradient[classes * n + c] += error;
      }
    }
    return sum;
  };
  std::vector<double> w = minimise(loss, std::vector<double>(classes * (n + 1), 0), settings.rounds);
  std::vector<double> bias(w.begin() + static_cast<ptrdiff_t>(classes * n), w.end());
  w.resize(classes * n);
  if (classes == 2) {
    for (size_t i = 0; i < n; ++i) w[i] = w[n + i] - w[i];
    w.resize(n);
    bias = {bias[1] - bias[0]};
  }
  return undo_scaling(scaling, std::move(w), std::move(bias));
}

Expected<LinearModel> train_pca(const Samples& samples, const PcaSettings& settings) {
  MOTE_TRY_STATUS(check_samples(samples, Needs::features));
  if (settings.components < 0 || settings.components > samples.features)
    return malformed(fmt::format("{} components of {} features are asked for", settings.components, samples.features));
  Scaling scaling = measure_scaling(samples);
  if (!settings.standardise) std::fill(scaling.deviation.begin(), scaling.deviation.end(), 1.0);
  const auto n = static_cast<size_t>(samples.features);
  const Directions directions = find_directions(standardise(samples, scaling), n);
  auto components = static_cast<size_t>(settings.components);
  const double total = std::accumulate(directions.variances.begin(), directions.variances.end(), 0.0);
  for (double sum = 0; settings.components == 0 && components < n && !(sum >= settings.share * total);)
    sum += directions.variances[components++];
  components = std::max<size_t>(components, 1);
  std::vector<double> weights;
  for (size_t i = 0; i < components * n; ++i) {
    const double variance = directions.variances[i / n];
    weights.push_back(directions.vectors[i] / (settings.whiten ? std::sqrt(std::max(variance, 1e-12 * total)) : 1));
  }
  return undo_scaling(scaling, std::move(weights), std::vector<double>(components, 0));
}

Expected<TensorId> append_linear(Graph& graph, TensorId input, const LinearModel& m, const OutputSpec& spec,
                                 const Samples& samples) {
  MOTE_TRY_STATUS(check_input(graph, input, m.features));
  Tensor out;
  out.name = "linear";
  out.type = spec.type;
  out.quant = spec.quant;
  if (!out.quant.is_set()) {
    double reach = 0;
    for (size_t i = 0; i < samples.count(); ++i)
      for (double y : predict(m, samples.sample(i))) reach = std::max(reach, std::abs(y));
    out.quant = symmetric_quant(spec.type, reach);
  }
  const Quant in = graph.at(input).quant;
  const double to = double{out.quant.scale[0]};
  const auto n = static_cast<size_t>(m.features);
  std::vector<double> steps;  // what a step of a feature moves
  double largest = 0;
  for (size_t i = 0; i < m.weights.size(); ++i) {
    steps.push_back(m.weights[i] * double{in.scale_at(i % n)} / to);
    largest = std::max(largest, std::abs(steps.back()));
  }
  const int shift = std::min(40, 29 - std::ilogb(std::max(largest, 1e-30)));
  if (shift < 8)
    return unsupported("a step of the input moves the output by more than 2^21 steps; give it another scale");
  std::vector<int32_t> weights, bias;
  for (double step : steps) weights.push_back(static_cast<int32_t>(std::llround(std::ldexp(step, shift))));
  for (size_t j = 0; j < m.bias.size(); ++j) {
    double sum = m.bias[j] / to;
    for (size_t i = 0; i < n; ++i) sum -= std::ldexp(weights[j * n + i], -shift) * in.zero_at(i);
    if (!(std::abs(sum) < 1 << 22))
      return unsupported("a bias is more than 2^22 steps of the output; give the output another scale");
    bias.push_back(static_cast<int32_t>(std::llround(sum * 256)));
  }
  return append_op(graph, "linear", "LINEAR", LinearAttrs{shift}, input,
                   {make_constant("weights", DType::int32, {m.outputs, m.features}, make_blob(weights)),
                    make_constant("bias", DType::int32, {m.outputs}, make_blob(bias))},
                   std::move(out));
}

}  // namespace mote
