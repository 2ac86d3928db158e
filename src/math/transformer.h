// What a transformer encoder needs beyond math/ops.h. Shapes are asserted. Every row depends on its
// own sequence alone, whatever else is in the batch. Safe for concurrent use.
#pragma once

#include "math/ops.h"

namespace pawl {

// x * Phi(x) in place, Phi the distribution function of the normal distribution (Hendrycks, Gimpel
// 2016, with erf: not the tanh form). Absolute error of Phi below 2e-7.
void gelu(MatrixView x);
// d *= the slope of gelu at x.
void backprop_gelu(ConstMatrixView x, MatrixView d);

// out = normalise(x + y) * gain + bias per row, with variance + eps. y may have no rows: x alone.
// out may be x or y.
void add_layer_norm(ConstMatrixView x, ConstMatrixView y, const float* gain, const float* bias,
                    float eps, MatrixView out);

// Scaled dot-product attention of each sequence over itself (Vaswani et al. 2017). A row of `qkv`
// is the token's query, key and value, each of out.cols columns in `heads` equal parts.
void self_attention(ConstMatrixView qkv, size_t heads, Lengths lengths, MatrixView out);
// d_qkv, of qkv's shape, from the gradient of what self_attention gave; the weights of attention
// are computed anew.
void backprop_self_attention(ConstMatrixView qkv, size_t heads, Lengths lengths,
                             ConstMatrixView d_out, MatrixView d_qkv);

}  // namespace pawl
