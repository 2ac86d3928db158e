// The array in which the convolutions of a tok2vec see a batch: all documents one after another
// with zero rows between them and at both ends, as many as the convolutions reach (thinc's
// with_array).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "math/matrix.h"
#include "math/row_filter.h"

namespace pawl {

struct PaddedRows {
  size_t rows = 0;
  std::vector<size_t> first;    // per document: the row of its first token
  std::vector<size_t> lengths;  // per document
};

// A run of rows of the padded array.
using Segment = RowRange;

void lay_out(std::span<const size_t> lengths, size_t pad, PaddedRows& out);
// The row of each token.
void token_rows(const PaddedRows& layout, std::vector<size_t>& rows);

// Rows of tokens one after another, to and from their places between padding, which becomes zero.
void spread(ConstMatrixView tokens, const PaddedRows& layout, Matrix& padded);
void gather(const Matrix& padded, const PaddedRows& layout, MatrixView tokens);

// The rows that are at most `extent` away from a token; runs that meet are one.
void find_segments(const PaddedRows& layout, size_t extent, std::vector<Segment>& out);
// The same rows of each document from its first one on, at most `most` at a time.
void find_tiles(const PaddedRows& layout, size_t extent, size_t most, std::vector<Segment>& out);
size_t count_rows(std::span<const Segment> segments);

// The windows of `window` rows to both sides of rows [first, first + rows): rows that overlap.
ConstMatrixView windows(const Matrix& x, size_t first, size_t rows, size_t window);
void copy_windows(const Matrix& x, std::span<const Segment> segments, size_t window, Matrix& out);

// x's rows += y's, which lie one after another; and x's rows, one after another.
void add_segments(const Matrix& y, std::span<const Segment> segments, Matrix& x);
void copy_segments(const Matrix& x, std::span<const Segment> segments, Matrix& out);

}  // namespace pawl
