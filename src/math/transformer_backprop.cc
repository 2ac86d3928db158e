#include <cassert>
#include <cmath>

#include "math/gemm.h"
#include "math/transformer.h"
#include "math/transformer_kernels.h"

namespace pawl {

namespace {

// Query, key and value of one head of one sequence, or their gradients.
template <typename View>
struct HeadViews {
  View query, key, value;

  HeadViews(const View& rows, size_t head, size_t width)
      : query(part(rows, 0, head, width)),
        key(part(rows, 1, head, width)),
        value(part(rows, 2, head, width)) {}

  static View part(const View& rows, size_t which, size_t head, size_t width) {
    return {rows.data + which * (rows.cols / 3) + head * width, rows.rows, width, rows.stride};
  }
};

void backprop_head(const HeadViews<ConstMatrixView>& x, ConstMatrixView d_out,
                   const HeadViews<MatrixView>& d) {
  thread_local Matrix weights, d_weights;
  const size_t length = x.query.rows;
  weights.resize(length, length);
  d_weights.resize(length, length);
  const float factor = 1.0f / std::sqrt(static_cast<float>(x.query.cols));
  gemm_nt(x.query, x.key, nullptr, weights);
  for (size_t i = 0; i < length; ++i) {
    active_transformer_kernels().softmax_row(weights.row(i), length, factor);
  }
  gemm_tn(weights, d_out, d.value);
  gemm_nt(d_out, x.value, nullptr, d_weights);
  backprop_softmax(weights, d_weights, 1.0f / factor);
  gemm_nn(d_weights, x.key, d.query);
  gemm_tn(d_weights, x.query, d.key);
}

}  // namespace

void backprop_self_attention(ConstMatrixView qkv, size_t heads, Lengths lengths,
                             ConstMatrixView d_out, MatrixView d_qkv) {
  assert(qkv.rows == d_out.rows && qkv.cols == 3 * d_out.cols && d_out.cols % heads == 0);
  assert(d_qkv.rows == qkv.rows && d_qkv.cols == qkv.cols);
  const size_t width = d_out.cols / heads;
  size_t row = 0;
  for (const uint32_t length : lengths) {
    const ConstMatrixView rows = qkv.slice_rows(row, length);
    const MatrixView d_rows = d_qkv.slice_rows(row, length);
    for (size_t head = 0; head < heads && length > 0; ++head) {
      const ConstMatrixView d(d_out.data + row * d_out.stride + head * width, length, width,
                              d_out.stride);
      backprop_head({rows, head, width}, d, {d_rows, head, width});
    }
    row += length;
  }
  assert(row == qkv.rows);
}

}  // namespace pawl
