#include "pipeline/word_convolution.h"

#include <algorithm>

#include "math/ops.h"

namespace pawl {

namespace {

constexpr int64_t kPadding = -1;

// The token at each row of the padded array.
void find_tokens(const PaddedRows& layout, std::vector<int64_t>& tokens) {
  tokens.assign(layout.rows, kPadding);
  int64_t next = 0;
  for (size_t d = 0; d < layout.first.size(); ++d) {
    for (size_t i = 0; i < layout.lengths[d]; ++i) tokens[layout.first[d] + i] = next++;
  }
}

}  // namespace

WordConvolution::WordConvolution(const nn::Maxout& maxout, size_t window)
    : pieces_(maxout.pieces()), parts_(maxout.split(2 * window + 1)), bias_(maxout.planar_bias()) {}

void WordConvolution::contribute(ConstMatrixView embeddings, MatrixView out) const {
  gemm(embeddings, parts_, nullptr, out);
}

void WordConvolution::sum_window(ConstMatrixView contributions, std::span<const int64_t> tokens,
                                 float* candidates) const {
  std::copy(bias_.begin(), bias_.end(), candidates);
  size_t part = 0;
  for (const int64_t token : tokens) {
    if (token != kPadding) {
      const float* row = contributions.row(static_cast<size_t>(token));
      add(row + part * bias_.size(), candidates, bias_.size());
    }
    ++part;
  }
}

void WordConvolution::predict(ConstMatrixView contributions, const PaddedRows& layout,
                              std::span<const Segment> segments, Matrix& out) const {
  thread_local std::vector<int64_t> tokens;
  thread_local Matrix candidates;
  find_tokens(layout, tokens);
  const size_t words = parts_.rows() / bias_.size();
  candidates.resize(count_rows(segments), bias_.size());
  size_t row = 0;
  for (const Segment& segment : segments) {
    for (size_t i = 0; i < segment.rows; ++i) {
      const size_t first = segment.first + i - words / 2;
      sum_window(contributions, std::span(tokens).subspan(first, words), candidates.row(row++));
    }
  }
  out.resize(candidates.rows(), bias_.size() / pieces_);
  maxout_planar(candidates, pieces_, out, nullptr);
}

}  // namespace pawl
