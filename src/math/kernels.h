// The table of kernels that each instruction set fills in. Kernel files are compiled with flags of
// their own: they include nothing but this header and intrinsics, and keep every function local, so
// that no code with wider instructions leaks into the rest of the program.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pawl {

// C[m,n] (row stride ldc) = sum over k of A(i,k) * B(k,j) + (accumulate ? C : bias or 0). A(i,k) is
// a[i * row_step + k * k_step]. B lies in panels of `panel` columns: panels[(j / panel) *
// panel_stride + k * panel + j % panel], the last one padded.
struct GemmArgs {
  const float* a;
  size_t row_step;
  size_t k_step;
  size_t m;
  const float* panels;
  size_t panel_stride;
  size_t n;
  size_t k;
  const float* bias;
  float* c;
  size_t ldc;
  bool accumulate;
};

struct GemmKernels {
  size_t panel;
  void (*gemm)(const GemmArgs& args);
};

// Columns of B that a sparse product takes at a time.
constexpr size_t kSparsePanel = 32;

struct SparseEntry {
  uint32_t column;
  float value;
};

// C[m,n] (row stride ldc, n <= kSparsePanel) = A * B (+ C): row i of A has the entries starts[i]
// ... starts[i + 1]; row k of B is panel[k * kSparsePanel ...], padded.
struct SparseGemmArgs {
  const uint32_t* starts;
  const SparseEntry* entries;
  size_t m;
  const float* panel;
  size_t n;
  float* c;
  size_t ldc;
  bool accumulate;
};

struct AdamStep;

struct Kernels {
  GemmKernels gemm;
  void (*sparse_gemm)(const SparseGemmArgs& args);
  void (*add)(const float* x, float* y, size_t n);
  void (*axpy)(float alpha, const float* x, float* y, size_t n);
  void (*multiply)(const float* x, float* y, size_t n);
  void (*scale)(float alpha, float* x, size_t n);
  float (*dot)(const float* x, const float* y, size_t n);
  double (*squared_norm)(const float* x, size_t n);
  void (*maxout_planar)(const float* z, size_t outputs, size_t pieces, float* best, uint8_t* which);
  void (*layer_norm)(const float* x, const float* gain, const float* bias, size_t n, float* y,
                     float* x_hat, float* inverse_deviation);
  void (*backprop_layer_norm)(const float* d_y, const float* x_hat, float inverse_deviation,
                              const float* gain, size_t n, float* d_gain, float* d_bias,
                              float* d_x);
  void (*gather_add)(const float* table, size_t width, const uint32_t* rows, size_t per_row,
                     float* y);
  // See RowFilter. Six rows become six inputs, `step` values apart; six rows of products, `step`
  // apart, become the first `rows` of four results, of whose pieces the greatest are taken.
  void (*row_filter_inputs)(const float* const* rows, size_t n, float* out, size_t step);
  void (*row_filter_outputs)(const float* products, size_t step, size_t outputs, size_t pieces,
                             size_t rows, float* best);
  // Steps in order; the gradient, when there is one, belongs to the last.
  void (*adam)(const AdamStep* steps, size_t count, const float* gradient, float* weights,
               float* moment1, float* moment2, float* averages, size_t n);
};

const Kernels& baseline_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();

// Those of active_isa().
const Kernels& active_kernels();

}  // namespace pawl
