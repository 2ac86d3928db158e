#include "math/sparse_rows.h"

#include <vector>

#include "math/gemm.h"
#include "math/ops.h"
#include "tests/math/math_fixture.h"

namespace pawl {
namespace {

class SparseRowsTest : public EveryIsa {
 protected:
  // About half of the values are kept; some rows stay empty.
  std::pair<Matrix, SparseRows> random_pair(size_t rows, size_t cols) {
    std::pair<Matrix, SparseRows> out{random(rows, cols), {}};
    auto& [dense, sparse] = out;
    sparse.cols = cols;
    sparse.starts.push_back(0);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t k = 0; k < cols; ++k) {
        if (i % 5 == 3 || rng_.uniform() < 0.5) {
          dense(i, k) = 0.0f;
        } else {
          sparse.entries.push_back({static_cast<uint32_t>(k), dense(i, k)});
        }
      }
      sparse.starts.push_back(static_cast<uint32_t>(sparse.entries.size()));
    }
    return out;
  }

  std::vector<uint8_t> random_choice(size_t n, size_t pieces) {
    std::vector<uint8_t> which(n);
    for (uint8_t& w : which) w = static_cast<uint8_t>(rng_.below(pieces));
    return which;
  }
};
PAWL_EVERY_ISA(SparseRowsTest);

std::vector<double> doubles(const Matrix& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

struct SparseShape {
  size_t m, n, k;
};

const SparseShape kSparseShapes[] = {{1, 1, 1},   {5, 31, 8},   {6, 32, 24}, {7, 33, 384},
                                     {12, 64, 9}, {97, 65, 96}, {4, 100, 1}, {33, 288, 96},
                                     {12, 8, 0},  {0, 8, 4}};

TEST_P(SparseRowsTest, ProductIsThatOfTheDenseMatrix) {
  for (const SparseShape& s : kSparseShapes) {
    const auto [dense, sparse] = random_pair(s.m, s.k);
    const Matrix b = random(s.k, s.n);
    Matrix expected(s.m, s.n), c(s.m, s.n, 99.0f);
    gemm_nn(dense, b, expected);
    gemm(sparse, b, c);
    expect_near(c, doubles(expected), 1e-4);
    gemm_nn(dense, b, expected, true);
    gemm(sparse, b, c, true);
    expect_near(c, doubles(expected), 1e-4);
  }
}

TEST_P(SparseRowsTest, StridesAreRespectedAndNothingElseIsWritten) {
  const auto [dense, sparse] = random_pair(10, 20);
  const Matrix b = random(20, 60);
  const ConstMatrixView part(b.data() + 7, 20, 37, 60);
  Matrix expected(10, 37), c(10, 50, -5.0f);
  gemm_nn(dense, part, expected);
  gemm(sparse, part, {c.data() + 4, 10, 37, 50});
  for (size_t i = 0; i < c.rows(); ++i) {
    for (size_t j = 0; j < c.cols(); ++j) {
      const bool inside = j >= 4 && j < 41;
      EXPECT_NEAR(c(i, j), inside ? expected(i, j - 4) : -5.0f, inside ? 1e-4 : 0.0);
    }
  }
}

TEST_P(SparseRowsTest, GradientOfMaxoutIsThatOfTheDenseOne) {
  for (const size_t pieces : {1, 2, 3, 7}) {
    const size_t rows = 9, outputs = 13;
    const Matrix d_best = random(rows, outputs), x = random(rows, 40);
    const Matrix weights = random(outputs * pieces, 40);
    const auto which = random_choice(rows * outputs, pieces);
    Matrix d_z(rows, outputs * pieces), expected_x(rows, 40), expected_w(outputs * pieces, 40);
    backprop_maxout(d_best, which.data(), pieces, d_z);
    gemm_nn(d_z, weights, expected_x);
    gemm_tn(d_z, x, expected_w);
    SparseRows sparse;
    backprop_maxout(d_best, which.data(), pieces, sparse);
    Matrix d_x(rows, 40), d_w(outputs * pieces, 40);
    gemm(sparse, weights, d_x);
    expect_near(d_x, doubles(expected_x), 1e-4);
    backprop_maxout_transposed(d_best, which.data(), pieces, sparse);
    gemm(sparse, x, d_w);
    expect_near(d_w, doubles(expected_w), 1e-4);
    Matrix bias(1, outputs * pieces, 1.0f), expected_bias(1, outputs * pieces, 1.0f);
    sum_rows(d_z, expected_bias.data());
    add_row_sums(sparse, bias.data());
    expect_near(bias, doubles(expected_bias), 1e-5);
  }
}

TEST_P(SparseRowsTest, NothingLearntIsAProductOfZeros) {
  SparseRows sparse;
  backprop_maxout_transposed(Matrix(0, 4), nullptr, 3, sparse);
  Matrix c(12, 5, 2.0f);
  gemm(sparse, Matrix(0, 5), c, true);
  for (size_t i = 0; i < c.size(); ++i) EXPECT_EQ(c.data()[i], 2.0f);
}

}  // namespace
}  // namespace pawl
