// The little linear algebra that learners need: symmetric matrices of some dozens of rows, row by row.
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

namespace mote {

struct Matrix {
  size_t n = 0;                // rows and columns
  std::vector<double> values;  // [n][n]

  explicit Matrix(size_t size = 0) : n(size), values(size * size, 0) {}
  double& operator()(size_t row, size_t column) { return values[row * n + column]; }
  double operator()(size_t row, size_t column) const { return values[row * n + column]; }
};

// The lower triangular L with L * transpose(L) = a; none if a is not positive definite.
std::optional<Matrix> factor_cholesky(const Matrix& a);

// The inverse of a lower triangular matrix without zeros on its diagonal.
Matrix invert_lower(const Matrix& lower);

// x with a * x = b, for lower = factor_cholesky(a).
std::vector<double> solve_cholesky(const Matrix& lower, std::vector<double> b);

// Eigenvalues of a symmetric matrix, largest first, and a unit eigenvector for each as a row of `vectors`, whose
// largest component is positive. By Jacobi's cyclic rotations (Golub, Van Loan, Matrix Computations, 8.5).
struct Eigen {
  std::vector<double> values;
  Matrix vectors;
};
Eigen find_eigen(Matrix a);

// sum (x - mean)(x - mean)' * weight / sum weight over the rows of x, of n values each; no weights: all 1.
Matrix measure_covariance(const std::vector<double>& x, const std::vector<double>& mean,
                          const std::vector<double>& weights);

}  // namespace mote
