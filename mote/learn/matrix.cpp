#include "mote/learn/matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mote {

std::optional<Matrix> factor_cholesky(const Matrix& a) {
  Matrix lower(a.n);
  for (size_t i = 0; i < a.n; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double sum = a(i, j);
      for (size_t k = 0; k < j; ++k) sum -= lower(i, k) * lower(j, k);
      if (i == j && !(sum > 0)) return std::nullopt;
      lower(i, j) = i == j ? std::sqrt(sum) : sum / lower(j, j);
    }
  return lower;
}

Matrix invert_lower(const Matrix& lower) {
  Matrix inverse(lower.n);
  for (size_t j = 0; j < lower.n; ++j)
    for (size_t i = j; i < lower.n; ++i) {
      double sum = i == j ? 1 : 0;
      for (size_t k = j; k < i; ++k) sum -= lower(i, k) * inverse(k, j);
      inverse(i, j) = sum / lower(i, i);
    }
  return inverse;
}

std::vector<double> solve_cholesky(const Matrix& lower, std::vector<double> b) {
  for (size_t i = 0; i < lower.n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= lower(i, k) * b[k];
    b[i] /= lower(i, i);
  }
  for (size_t i = lower.n; i-- > 0;) {
    for (size_t k = i + 1; k < lower.n; ++k) b[i] -= lower(k, i) * b[k];
    b[i] /= lower(i, i);
  }
  return b;
}

namespace {

// Makes a(p, q) zero: a = J' a J, vectors = J' vectors.
void rotate(Matrix& a, Matrix& vectors, size_t p, size_t q) {
  const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  const auto turn = [&](double& x, double& y) {
    const double old = x;
    x = c * old - s * y;
    y = s * old + c * y;
  };
  for (size_t k = 0; k < a.n; ++k) turn(a(k, p), a(k, q));
  for (size_t k = 0; k < a.n; ++k) turn(a(p, k), a(q, k));
  for (size_t k = 0; k < a.n; ++k) turn(vectors(p, k), vectors(q, k));
}

double sum_off_diagonal(const Matrix& a) {
  double sum = 0;
  for (size_t i = 0; i < a.n; ++i)
    for (size_t j = 0; j < i; ++j) sum += a(i, j) * a(i, j);
  return sum;
}

}  // namespace

Eigen find_eigen(Matrix a) {
  constexpr int kMostSweeps = 60;  // it converges quadratically; about ten are needed
  Matrix vectors(a.n);
  double size = 0;
  for (size_t i = 0; i < a.n; ++i) vectors(i, i) = 1, size += a(i, i) * a(i, i);
  for (int sweep = 0; sweep < kMostSweeps && sum_off_diagonal(a) > 1e-28 * size; ++sweep)
    for (size_t p = 0; p < a.n; ++p)
      for (size_t q = p + 1; q < a.n; ++q)
        if (a(p, q) != 0) rotate(a, vectors, p, q);
  std::vector<size_t> order(a.n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return a(i, i) > a(j, j); });
  Eigen eigen{{}, Matrix(a.n)};
  for (size_t to = 0; to < a.n; ++to) {
    const double* from = &vectors.values[order[to] * a.n];
    const double largest =
        *std::max_element(from, from + a.n, [](double x, double y) { return std::abs(x) < std::abs(y); });
    for (size_t k = 0; k < a.n; ++k) eigen.vectors(to, k) = largest < 0 ? -from[k] : from[k];
    eigen.values.push_back(a(order[to], order[to]));
  }
  return eigen;
}

Matrix measure_covariance(const std::vector<double>& x, const std::vector<double>& mean,
                          const std::vector<double>& weights) {
  const size_t n = mean.size();
  Matrix sum(n);
  double total = 0;
  std::vector<double> d(n);
  for (size_t i = 0; i < x.size() / n; ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    total += weight;
    for (size_t k = 0; k < n; ++k) d[k] = x[i * n + k] - mean[k];
    for (size_t j = 0; j < n; ++j)
      for (size_t k = 0; k <= j; ++k) sum(j, k) += weight * d[j] * d[k];
  }
  for (size_t j = 0; j < n; ++j)
    for (size_t k = 0; k <= j; ++k) sum(j, k) = sum(k, j) = sum(j, k) / total;
  return sum;
}

}  // namespace mote
