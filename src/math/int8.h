// Products with weights of one byte: quantised once, symmetrically, per output; the other side is
// quantised row by row when it comes. The sums are exact integers, so that a row's result depends
// neither on the other rows nor on how many there are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl {

struct Int8Kernels;

// Row i of the weights is scales[i] * values[i * cols ...], values in [-127, 127].
struct Int8Weights {
  size_t rows = 0;
  size_t cols = 0;
  std::vector<int8_t> values;
  std::vector<float> scales;
};

Int8Weights quantize_weights(ConstMatrixView weights);

// Weights laid out once for the instruction set that is active. Immutable; safe for concurrent use.
class PackedInt8 {
 public:
  PackedInt8() = default;
  // bias: one for each row of the weights.
  PackedInt8(const Int8Weights& weights, std::span<const float> bias);

  bool empty() const { return rows_ == 0; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }

 private:
  friend void gemm_int8(ConstMatrixView, const PackedInt8&, MatrixView);
  const Int8Kernels* kernels_ = nullptr;
  size_t rows_ = 0;
  size_t cols_ = 0;
  std::vector<int8_t, AlignedAllocator<int8_t>> panels_;
  FloatVector scales_;  // these padded to whole panels
  FloatVector sums_;
  FloatVector bias_;
};

// C[M,N] = quantised(A[M,K]) * B^T + bias. A row is mapped from its least and greatest value onto
// 0..255; onto 0..127 on AVX2 and on AVX-512 without VNNI, whose products of bytes would overflow.
void gemm_int8(ConstMatrixView a, const PackedInt8& b, MatrixView c);

}  // namespace pawl
