// Matrix products. Every element is summed over the inner index in rising order, so that a row's
// result depends neither on the other rows nor on how many there are: one utterance scores the same
// alone and in a batch. Shapes are asserted. Output may not overlap input. Safe for concurrent use.
#pragma once

#include <cstdint>
#include <vector>

#include "math/matrix.h"

namespace pawl {

struct GemmKernels;

// C[M,N] = A[M,K] * B[N,K]^T + bias[N] (bias may be null). `accumulate` adds to what C holds.
// With `order`, column j is that of B's row (*order)[j].
void gemm_nt(ConstMatrixView a, ConstMatrixView b, const float* bias, MatrixView c,
             bool accumulate = false, const std::vector<uint32_t>* order = nullptr);
// C[M,N] = A[M,K] * B[K,N]
void gemm_nn(ConstMatrixView a, ConstMatrixView b, MatrixView c, bool accumulate = false);
// C[M,N] = A[K,M]^T * B[K,N]: gradients of weights, dW += dY^T * X.
void gemm_tn(ConstMatrixView a, ConstMatrixView b, MatrixView c, bool accumulate = false);

// Weights B[N,K] laid out once for products A * B^T: what a loaded model keeps. Immutable; safe for
// concurrent use.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  explicit PackedMatrix(ConstMatrixView weights);
  // Rows in another order: row i of the product's columns is weights.row(order[i]).
  PackedMatrix(ConstMatrixView weights, const std::vector<uint32_t>& order);

  bool empty() const { return rows_ == 0; }
  size_t rows() const { return rows_; }  // N
  size_t cols() const { return cols_; }  // K

 private:
  friend void gemm(ConstMatrixView, const PackedMatrix&, const float*, MatrixView, bool);
  const GemmKernels* kernels_ = nullptr;
  size_t rows_ = 0;
  size_t cols_ = 0;
  FloatVector panels_;
};

// C[M,N] = A[M,K] * B^T + bias[N] (bias may be null).
void gemm(ConstMatrixView a, const PackedMatrix& b, const float* bias, MatrixView c,
          bool accumulate = false);

}  // namespace pawl
