// A layer whose input is a row and its two neighbours, four rows at a time: six products instead of
// twelve (minimal filtering: Winograd 1980; Lavin and Gray 2016), as exact as the twelve are.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "math/gemm.h"
#include "math/matrix.h"

namespace pawl {

// Rows [first, first + rows) of a matrix.
struct RowRange {
  size_t first = 0;
  size_t rows = 0;
};

// Immutable; safe for concurrent use.
class RowFilter {
 public:
  static constexpr size_t kTaps = 3;
  static constexpr size_t kRows = 4;

  // weights: [kTaps * N, K], the part for the row before, the row itself, the row after; N
  // candidates as maxout_planar wants them. bias: [N].
  RowFilter(const Matrix& weights, FloatVector bias, size_t pieces);

  size_t outputs() const { return bias_.size() / pieces_; }

  // For each row of each tile, of at most kRows rows, one after another: the greatest of its
  // candidates' pieces. The rows next to a tile must be there; its results depend on none beyond.
  void apply(const Matrix& x, std::span<const RowRange> tiles, MatrixView out) const;

 private:
  struct Buffers;
  void apply_block(const Matrix& x, std::span<const RowRange> tiles, Buffers& buffers,
                   float* out) const;

  size_t pieces_;
  FloatVector bias_;
  std::vector<PackedMatrix> products_;
};

}  // namespace pawl
