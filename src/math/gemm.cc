#include "math/gemm.h"

#include <immintrin.h>

#include <algorithm>

#include "math/kernels.h"
#include "math/panels.h"

namespace pawl {

namespace {

// Rows of the inner index that are packed at a time: a block of all columns stays in the
// second-level cache.
constexpr size_t kInnerBlock = 384;

FloatVector& scratch(size_t size) {
  thread_local FloatVector buffer;
  if (buffer.size() < size) buffer.resize(size);
  return buffer;
}

// Four rows from `inner` values on become four neighbouring columns.
void transpose_four(const float* const (&rows)[4], size_t inner, size_t panel, float* to) {
  size_t k = 0;
  for (; k + 4 <= inner; k += 4) {
    __m128 a = _mm_loadu_ps(rows[0] + k), b = _mm_loadu_ps(rows[1] + k);
    __m128 c = _mm_loadu_ps(rows[2] + k), d = _mm_loadu_ps(rows[3] + k);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to + k * panel, a);
    _mm_storeu_ps(to + (k + 1) * panel, b);
    _mm_storeu_ps(to + (k + 2) * panel, c);
    _mm_storeu_ps(to + (k + 3) * panel, d);
  }
  for (; k < inner; ++k) {
    for (size_t r = 0; r < 4; ++r) to[k * panel + r] = rows[r][k];
  }
}

// Panels of B where column j is the row `row_of(j)` of a row-major matrix: a transposition.
template <typename RowOf>
void pack_rows(RowOf&& row_of, size_t columns, size_t first, size_t inner, size_t panel,
               float* out) {
  if (inner == 0) return;
  const FloatVector zeros(columns % panel == 0 ? 0 : inner, 0.0f);
  for (size_t begin = 0; begin < columns; begin += panel) {
    float* to = out + begin * inner;
    for (size_t j = 0; j < panel; j += 4) {
      const float* rows[4];
      for (size_t r = 0; r < 4; ++r) {
        const size_t column = begin + j + r;
        rows[r] = column < columns ? row_of(column) + first : zeros.data();  // padding
      }
      transpose_four(rows, inner, panel, to + j);
    }
  }
}

// Panels of rows [first, first + inner) of a row-major B[K,N].
void pack_columns(ConstMatrixView b, size_t first, size_t inner, size_t panel, float* out) {
  for (size_t p = 0; p < panels_of(b.cols, panel); ++p) {
    const size_t begin = p * panel;
    const size_t n = std::min(panel, b.cols - begin);
    float* to = out + p * panel * inner;
    for (size_t k = 0; k < inner; ++k, to += panel) {
      const float* from = b.data + (first + k) * b.stride + begin;
      std::copy_n(from, n, to);
      std::fill(to + n, to + panel, 0.0f);
    }
  }
}

void clear_or_bias(MatrixView c, const float* bias) {
  for (size_t i = 0; i < c.rows; ++i) {
    if (bias != nullptr) {
      std::copy_n(bias, c.cols, c.row(i));
    } else {
      std::fill_n(c.row(i), c.cols, 0.0f);
    }
  }
}

// Runs the kernel block after block of the inner index; pack(first, inner, out) fills the panels.
template <typename Pack>
void multiply_packing(GemmArgs args, size_t inner, const GemmKernels& kernels, Pack&& pack) {
  const float* a = args.a;
  FloatVector& panels =
      scratch(panels_of(args.n, kernels.panel) * kernels.panel * std::min(inner, kInnerBlock));
  for (size_t first = 0; first < inner; first += kInnerBlock) {
    const size_t n = std::min(kInnerBlock, inner - first);
    pack(first, n, panels.data());
    args.a = a + first * args.k_step;
    args.k = n;
    args.panels = panels.data();
    args.panel_stride = kernels.panel * n;
    kernels.gemm(args);
    args.accumulate = true;
  }
}

GemmArgs output_args(MatrixView c, const float* bias, bool accumulate) {
  GemmArgs args{};
  args.m = c.rows;
  args.n = c.cols;
  args.bias = bias;
  args.c = c.data;
  args.ldc = c.stride;
  args.accumulate = accumulate;
  return args;
}

}  // namespace

void gemm_nt(ConstMatrixView a, ConstMatrixView b, const float* bias, MatrixView c, bool accumulate,
             const std::vector<uint32_t>* order) {
  assert(a.cols == b.cols && c.rows == a.rows && c.cols == b.rows);
  assert(bias == nullptr || !accumulate);
  if (a.cols == 0 && !accumulate) return clear_or_bias(c, bias);
  if (c.rows == 0 || c.cols == 0) return;
  const GemmKernels& kernels = active_kernels().gemm;
  GemmArgs args = output_args(c, bias, accumulate);
  args.a = a.data;
  args.row_step = a.stride;
  args.k_step = 1;
  multiply_packing(args, a.cols, kernels, [&](size_t first, size_t inner, float* out) {
    pack_rows([&](size_t j) { return b.row(order == nullptr ? j : (*order)[j]); }, b.rows, first,
              inner, kernels.panel, out);
  });
}

void gemm_nn(ConstMatrixView a, ConstMatrixView b, MatrixView c, bool accumulate) {
  assert(a.cols == b.rows && c.rows == a.rows && c.cols == b.cols);
  if (a.cols == 0 && !accumulate) return clear_or_bias(c, nullptr);
  if (c.rows == 0 || c.cols == 0) return;
  const GemmKernels& kernels = active_kernels().gemm;
  GemmArgs args = output_args(c, nullptr, accumulate);
  args.a = a.data;
  args.row_step = a.stride;
  args.k_step = 1;
  multiply_packing(args, a.cols, kernels, [&](size_t first, size_t inner, float* out) {
    pack_columns(b, first, inner, kernels.panel, out);
  });
}

void gemm_tn(ConstMatrixView a, ConstMatrixView b, MatrixView c, bool accumulate) {
  assert(a.rows == b.rows && c.rows == a.cols && c.cols == b.cols);
  if (a.rows == 0 && !accumulate) return clear_or_bias(c, nullptr);
  if (c.rows == 0 || c.cols == 0) return;
  const GemmKernels& kernels = active_kernels().gemm;
  GemmArgs args = output_args(c, nullptr, accumulate);
  args.a = a.data;
  args.row_step = 1;
  args.k_step = a.stride;
  multiply_packing(args, a.rows, kernels, [&](size_t first, size_t inner, float* out) {
    pack_columns(b, first, inner, kernels.panel, out);
  });
}

PackedMatrix::PackedMatrix(ConstMatrixView weights)
    : kernels_(&active_kernels().gemm), rows_(weights.rows), cols_(weights.cols) {
  panels_.resize(panels_of(rows_, kernels_->panel) * kernels_->panel * cols_);
  pack_rows([&](size_t j) { return weights.row(j); }, rows_, 0, cols_, kernels_->panel,
            panels_.data());
}

PackedMatrix::PackedMatrix(ConstMatrixView weights, const std::vector<uint32_t>& order)
    : kernels_(&active_kernels().gemm), rows_(order.size()), cols_(weights.cols) {
  panels_.resize(panels_of(rows_, kernels_->panel) * kernels_->panel * cols_);
  pack_rows([&](size_t j) { return weights.row(order[j]); }, rows_, 0, cols_, kernels_->panel,
            panels_.data());
}

void gemm(ConstMatrixView a, const PackedMatrix& b, const float* bias, MatrixView c,
          bool accumulate) {
  assert(a.cols == b.cols_ && c.rows == a.rows && c.cols == b.rows_);
  assert(bias == nullptr || !accumulate);
  if (c.rows == 0 || c.cols == 0) return;
  if (b.cols_ == 0) {
    if (!accumulate) clear_or_bias(c, bias);
    return;
  }
  GemmArgs args = output_args(c, bias, accumulate);
  args.a = a.data;
  args.row_step = a.stride;
  args.k_step = 1;
  args.k = a.cols;
  args.panels = b.panels_.data();
  args.panel_stride = b.kernels_->panel * b.cols_;
  b.kernels_->gemm(args);
}

}  // namespace pawl
