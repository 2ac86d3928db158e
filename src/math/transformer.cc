#include "math/transformer.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "math/kernels.h"
#include "math/panels.h"
#include "math/transformer_kernels.h"

namespace pawl {

namespace {

struct AttentionScratch {
  FloatVector keys;    // transposed, in panels
  FloatVector values;  // in panels
  FloatVector scores;

  void reserve(size_t keys_size, size_t values_size, size_t scores_size) {
    if (keys.size() < keys_size) keys.resize(keys_size);
    if (values.size() < values_size) values.resize(values_size);
    if (scores.size() < scores_size) scores.resize(scores_size);
  }
};

// The keys of one head as the columns of a product.
void pack_keys(const float* first, size_t stride, size_t length, size_t width, size_t panel,
               float* out) {
  for (size_t begin = 0; begin < length; begin += panel, out += panel * width) {
    const size_t n = std::min(panel, length - begin);
    for (size_t d = 0; d < width; ++d) std::fill(out + d * panel + n, out + (d + 1) * panel, 0.0f);
    for (size_t j = 0; j < n; ++j) {
      const float* from = first + (begin + j) * stride;
      for (size_t d = 0; d < width; ++d) out[d * panel + j] = from[d];
    }
  }
}

void pack_values(const float* first, size_t stride, size_t length, size_t width, size_t panel,
                 float* out) {
  for (size_t begin = 0; begin < width; begin += panel) {
    const size_t n = std::min(panel, width - begin);
    for (size_t j = 0; j < length; ++j, out += panel) {
      std::copy_n(first + j * stride + begin, n, out);
      std::fill(out + n, out + panel, 0.0f);
    }
  }
}

// One head of one sequence; `qkv` is at the head's query of the first token.
void attend(const float* qkv, size_t stride, size_t part, size_t length, size_t width,
            AttentionScratch& scratch, float* out, size_t out_stride) {
  const GemmKernels& gemm = active_kernels().gemm;
  pack_keys(qkv + part, stride, length, width, gemm.panel, scratch.keys.data());
  pack_values(qkv + 2 * part, stride, length, width, gemm.panel, scratch.values.data());
  GemmArgs scores{};
  scores.a = qkv;
  scores.row_step = stride;
  scores.k_step = 1;
  scores.m = scores.n = scores.ldc = length;
  scores.k = width;
  scores.panels = scratch.keys.data();
  scores.panel_stride = gemm.panel * width;
  scores.c = scratch.scores.data();
  gemm.gemm(scores);
  const float factor = 1.0f / std::sqrt(static_cast<float>(width));
  for (size_t i = 0; i < length; ++i) {
    active_transformer_kernels().softmax_row(scores.c + i * length, length, factor);
  }
  GemmArgs mix{};
  mix.a = scores.c;
  mix.row_step = mix.k = mix.m = length;
  mix.k_step = 1;
  mix.n = width;
  mix.panels = scratch.values.data();
  mix.panel_stride = gemm.panel * length;
  mix.c = out;
  mix.ldc = out_stride;
  gemm.gemm(mix);
}

}  // namespace

void gelu(MatrixView x) {
  const TransformerKernels& kernels = active_transformer_kernels();
  for (size_t i = 0; i < x.rows; ++i) kernels.gelu(x.row(i), x.cols);
}

void backprop_gelu(ConstMatrixView x, MatrixView d) {
  assert(x.rows == d.rows && x.cols == d.cols);
  const TransformerKernels& kernels = active_transformer_kernels();
  for (size_t i = 0; i < x.rows; ++i) kernels.backprop_gelu(x.row(i), d.row(i), x.cols);
}

void add_layer_norm(ConstMatrixView x, ConstMatrixView y, const float* gain, const float* bias,
                    float eps, MatrixView out) {
  assert(out.rows == x.rows && out.cols == x.cols);
  assert(y.rows == 0 || (y.rows == x.rows && y.cols == x.cols));
  const TransformerKernels& kernels = active_transformer_kernels();
  for (size_t i = 0; i < x.rows; ++i) {
    kernels.add_layer_norm(x.row(i), y.rows == 0 ? nullptr : y.row(i), gain, bias, eps, x.cols,
                           out.row(i));
  }
}

void self_attention(ConstMatrixView qkv, size_t heads, Lengths lengths, MatrixView out) {
  assert(qkv.rows == out.rows && qkv.cols == 3 * out.cols && out.cols % heads == 0);
  thread_local AttentionScratch scratch;
  const size_t width = out.cols / heads;
  const size_t panel = active_kernels().gemm.panel;
  size_t row = 0;
  for (const uint32_t length : lengths) {
    if (length == 0) continue;
    scratch.reserve(panels_of(length, panel) * panel * width,
                    panels_of(width, panel) * panel * length, size_t{length} * length);
    for (size_t head = 0; head < heads; ++head) {
      attend(qkv.row(row) + head * width, qkv.stride, out.cols, length, width, scratch,
             out.row(row) + head * width, out.stride);
    }
    row += length;
  }
  assert(row == qkv.rows);
}

}  // namespace pawl
