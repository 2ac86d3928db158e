// The table of kernels that a transformer encoder needs beyond math/kernels.h; the same rules for
// the files that fill it in.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pawl {

// C[m,n] = A * B^T + X * Y + bias with A(i,k) = scale[i] * a(i,k) + minimum[i] and B(j,k) =
// b_scale[j] * b(j,k); X[m,exact] and Y[exact,n] are floats. The bytes of B lie in panels of
// `panel` columns, four of the inner index together, padded with zeros to k4 * 4 and to whole
// panels; so are b_scale, b_sum, bias and the rows of Y.
struct Int8GemmArgs {
  const uint8_t* a;
  size_t row_step;  // a multiple of 4, at least k4 * 4
  const float* scale;
  const float* minimum;
  size_t m;
  const int8_t* panels;
  size_t n;
  size_t k4;
  const float* b_scale;
  const float* b_sum;  // b_scale[j] * sum over k of b(j,k)
  const float* bias;
  size_t exact;
  const float* x;
  const float* y;
  size_t y_step;
  float* c;
  size_t ldc;
};

// Bytes of A are at most kInt8Levels, and neighbouring bytes of B (k even, k + 1) have absolute
// values that sum to at most kInt8Pair: the sum of two products then fits into 16 bits, which is
// what AVX2 has.
constexpr int kInt8Levels = 215;
constexpr int kInt8Pair = 152;
static_assert(kInt8Levels * kInt8Pair <= 32767);

struct Int8Kernels {
  size_t panel;
  // x ~ scale * q + minimum
  void (*quantize_row)(const float* x, size_t n, uint8_t* q, float* scale, float* minimum);
  void (*gemm)(const Int8GemmArgs& args);
};

struct TransformerKernels {
  void (*gelu)(float* x, size_t n);
  void (*backprop_gelu)(const float* x, float* d, size_t n);
  // y may be null.
  void (*add_layer_norm)(const float* x, const float* y, const float* gain, const float* bias,
                         float eps, size_t n, float* out);
  void (*softmax_row)(float* x, size_t n, float factor);
  Int8Kernels int8;
};

const TransformerKernels& baseline_transformer_kernels();
const TransformerKernels& avx2_transformer_kernels();
const TransformerKernels& avx512_transformer_kernels();
const TransformerKernels& vnni_transformer_kernels();

// Those of active_isa(); for kAvx512 with the dot products of VNNI where the processor has them.
const TransformerKernels& active_transformer_kernels();

}  // namespace pawl
