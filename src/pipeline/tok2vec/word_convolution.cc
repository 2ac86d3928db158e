#include "pipeline/tok2vec/word_convolution.h"

#include <algorithm>

#include "math/ops.h"

namespace pawl {

WordConvolution::WordConvolution(const nn::Dense& layer, size_t window)
    : pieces_(layer.pieces()),
      is_mish_(layer.is_mish()),
      parts_(layer.split(2 * window + 1)),
      bias_(layer.planar_bias()) {}

void WordConvolution::contribute(ConstMatrixView embeddings, MatrixView out) const {
  gemm(embeddings, parts_, nullptr, out);
}

void WordConvolution::begin(size_t rows, Matrix& candidates) const {
  candidates.resize(rows, bias_.size());
  for (size_t i = 0; i < rows; ++i) std::copy(bias_.begin(), bias_.end(), candidates.row(i));
}

void WordConvolution::add(ConstMatrixView contributions, std::span<const size_t> rows,
                          Matrix& candidates) const {
  const size_t parts = parts_.rows() / bias_.size();
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* from = contributions.row(i);
    const size_t last = rows[i] + parts / 2;  // whose window begins with this word
    for (size_t part = 0; part < parts; ++part, from += bias_.size()) {
      pawl::add(from, candidates.row(last - part), bias_.size());
    }
  }
}

void WordConvolution::choose(const Matrix& candidates, std::span<const Segment> segments,
                             Matrix& out) const {
  out.resize(count_rows(segments), bias_.size() / pieces_);
  size_t row = 0;
  for (const Segment& segment : segments) {
    maxout_planar(candidates.view().slice_rows(segment.first, segment.rows), pieces_,
                  out.view().slice_rows(row, segment.rows), nullptr);
    row += segment.rows;
  }
  if (is_mish_) nn::Mish::activate(out);
}

}  // namespace pawl
