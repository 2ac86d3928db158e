// The first convolution of a tok2vec, word by word. A window's candidates are the sum of what each
// of its words contributes, and a word's contribution, like its embedding, depends on nothing but
// its attributes: it is computed once and kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/gemm.h"
#include "math/matrix.h"
#include "nn/dense.h"
#include "pipeline/tok2vec/padded_rows.h"

namespace pawl {

// Of the weights as they were when it was made. Const functions are safe for concurrent use.
class WordConvolution {
 public:
  // The layer's input is 2 * window + 1 embeddings.
  WordConvolution(const nn::Dense& layer, size_t window);

  size_t width() const { return parts_.rows(); }  // values a word contributes
  void contribute(ConstMatrixView embeddings, MatrixView out) const;

  // The candidates of so many rows before any word has contributed.
  void begin(size_t rows, Matrix& candidates) const;
  // Token i, which stands in row rows[i], contributes to all windows it is in; tokens from left to
  // right.
  void add(ConstMatrixView contributions, std::span<const size_t> rows, Matrix& candidates) const;
  // The layer's output at the rows of `segments`, one after another.
  void choose(const Matrix& candidates, std::span<const Segment> segments, Matrix& out) const;

 private:
  size_t pieces_;
  bool is_mish_;
  PackedMatrix parts_;
  FloatVector bias_;
};

}  // namespace pawl
