#include "pipeline/spancat/pooling.h"

#include <algorithm>

#include "math/ops.h"

namespace pawl {
namespace {

void take_greatest(ConstMatrixView tokens, Candidate span, float* out, uint32_t* which) {
  const size_t width = tokens.cols;
  std::copy_n(tokens.row(span.start), width, out);
  if (which) std::fill_n(which, width, span.start);
  for (uint32_t i = span.start + 1; i < span.end; ++i) {
    const float* row = tokens.row(i);
    for (size_t j = 0; j < width; ++j) {
      if (which && row[j] > out[j]) which[j] = i;
      out[j] = std::max(out[j], row[j]);
    }
  }
}

}  // namespace

void pool_spans(ConstMatrixView tokens, std::span<const Candidate> spans, MatrixView pooled,
                uint32_t* which) {
  const size_t width = tokens.cols;
  for (size_t k = 0; k < spans.size(); ++k) {
    const Candidate span = spans[k];
    float* out = pooled.row(k);
    std::copy_n(tokens.row(span.end - 1), width, out);
    std::copy_n(tokens.row(span.start), width, out + width);
    float* mean = out + 2 * width;
    std::copy_n(tokens.row(span.start), width, mean);
    for (uint32_t i = span.start + 1; i < span.end; ++i) add(tokens.row(i), mean, width);
    scale(1.0f / static_cast<float>(span.size()), mean, width);
    take_greatest(tokens, span, out + 3 * width, which ? which + k * width : nullptr);
  }
}

void backprop_pool_spans(ConstMatrixView d_pooled, std::span<const Candidate> spans,
                         const uint32_t* which, MatrixView d_tokens) {
  const size_t width = d_tokens.cols;
  for (size_t k = 0; k < spans.size(); ++k) {
    const Candidate span = spans[k];
    const float* d_out = d_pooled.row(k);
    add(d_out, d_tokens.row(span.end - 1), width);
    add(d_out + width, d_tokens.row(span.start), width);
    const float share = 1.0f / static_cast<float>(span.size());
    for (uint32_t i = span.start; i < span.end; ++i) {
      axpy(share, d_out + 2 * width, d_tokens.row(i), width);
    }
    for (size_t j = 0; j < width; ++j) {
      d_tokens.row(which[k * width + j])[j] += d_out[3 * width + j];
    }
  }
}

}  // namespace pawl
