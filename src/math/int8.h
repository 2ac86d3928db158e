// Products with weights of one byte: quantised once, symmetrically, per output; the other side is
// quantised row by row when it comes, its least and greatest value onto 0 and kInt8Levels. A few
// input channels whose values are far larger than the rest would spoil that scale: they stay
// float32, and so do their weights (the idea of LLM.int8(), Dettmers et al. 2022, with fixed
// channels). The sums of bytes are exact and the same on every instruction set; a row's result
// depends neither on the other rows nor on how many there are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl {

struct Int8Kernels;

// Row i of the weights is scales[i] * values[i * cols ...], values in [-127, 127], plus, in column
// exact[e], exact_weights(e, i).
struct Int8Weights {
  size_t rows = 0;
  size_t cols = 0;
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<uint32_t> exact;
  FloatVector exact_weights;  // [exact, rows]
};

// The scale of each row is the one of several with the least squared error. `exact`: distinct
// columns.
Int8Weights quantize_weights(ConstMatrixView weights, std::vector<uint32_t> exact);
// A table whose rows are looked up, never multiplied: scales from the greatest value of each row.
Int8Weights quantize_table(ConstMatrixView table);
// Whether products with these values stay within 16 bits where they must; quantize_weights' do.
bool fits_products(const Int8Weights& weights);

// Weights laid out once for the instruction set that is active. Immutable; safe for concurrent use.
class PackedInt8 {
 public:
  PackedInt8() = default;
  // bias: one for each row of the weights. fits_products(weights) is asserted.
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
  std::vector<uint32_t> exact_;
  FloatVector exact_weights_;  // rows padded as well
};

// C[M,N] = quantised(A[M,K]) * B^T + bias
void gemm_int8(ConstMatrixView a, const PackedInt8& b, MatrixView c);

}  // namespace pawl
