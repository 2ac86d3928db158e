#include "pipeline/tok2vec/padded_rows.h"

#include <algorithm>

#include "math/ops.h"

namespace pawl {

ConstMatrixView windows(const Matrix& x, size_t first, size_t rows, size_t window) {
  return {x.row(first - window), rows, (2 * window + 1) * x.cols(), x.cols()};
}

void lay_out(std::span<const size_t> lengths, size_t pad, PaddedRows& out) {
  out.first.clear();
  out.lengths.assign(lengths.begin(), lengths.end());
  size_t row = pad;
  for (const size_t length : lengths) {
    out.first.push_back(row);
    if (length > 0) row += length + pad;
  }
  out.rows = row;
}

void token_rows(const PaddedRows& layout, std::vector<size_t>& rows) {
  rows.clear();
  for (size_t d = 0; d < layout.first.size(); ++d) {
    for (size_t i = 0; i < layout.lengths[d]; ++i) rows.push_back(layout.first[d] + i);
  }
}

void spread(ConstMatrixView tokens, const PaddedRows& layout, Matrix& padded) {
  padded.reset(layout.rows, tokens.cols);
  size_t row = 0;
  for (size_t d = 0; d < layout.first.size(); ++d) {
    const size_t length = layout.lengths[d];
    if (length == 0) continue;
    copy_matrix(tokens.slice_rows(row, length), padded.view().slice_rows(layout.first[d], length));
    row += length;
  }
}

void gather(const Matrix& padded, const PaddedRows& layout, MatrixView tokens) {
  size_t row = 0;
  for (size_t d = 0; d < layout.first.size(); ++d) {
    const size_t length = layout.lengths[d];
    if (length == 0) continue;
    copy_matrix(padded.view().slice_rows(layout.first[d], length), tokens.slice_rows(row, length));
    row += length;
  }
}

void find_segments(const PaddedRows& layout, size_t extent, std::vector<Segment>& out) {
  out.clear();
  for (size_t d = 0; d < layout.first.size(); ++d) {
    if (layout.lengths[d] == 0) continue;
    const size_t first = layout.first[d] - extent;
    const size_t end = layout.first[d] + layout.lengths[d] + extent;
    if (!out.empty() && first <= out.back().first + out.back().rows) {
      out.back().rows = end - out.back().first;
    } else {
      out.push_back({first, end - first});
    }
  }
}

void find_tiles(const PaddedRows& layout, size_t extent, size_t most, std::vector<Segment>& out) {
  out.clear();
  for (size_t d = 0; d < layout.first.size(); ++d) {
    if (layout.lengths[d] == 0) continue;
    const size_t end = layout.first[d] + layout.lengths[d] + extent;
    for (size_t first = layout.first[d] - extent; first < end; first += most)
      out.push_back({first, std::min(most, end - first)});
  }
}

size_t count_rows(std::span<const Segment> segments) {
  size_t rows = 0;
  for (const Segment& segment : segments) rows += segment.rows;
  return rows;
}

void copy_windows(const Matrix& x, std::span<const Segment> segments, size_t window, Matrix& out) {
  out.resize(count_rows(segments), (2 * window + 1) * x.cols());
  size_t row = 0;
  for (const Segment& segment : segments) {
    copy_matrix(windows(x, segment.first, segment.rows, window),
                out.view().slice_rows(row, segment.rows));
    row += segment.rows;
  }
}

void add_segments(const Matrix& y, std::span<const Segment> segments, Matrix& x) {
  size_t row = 0;
  for (const Segment& segment : segments) {
    add(y.row(row), x.row(segment.first), segment.rows * x.cols());
    row += segment.rows;
  }
}

void copy_segments(const Matrix& x, std::span<const Segment> segments, Matrix& out) {
  out.resize(count_rows(segments), x.cols());
  size_t row = 0;
  for (const Segment& segment : segments) {
    std::copy_n(x.row(segment.first), segment.rows * x.cols(), out.row(row));
    row += segment.rows;
  }
}

}  // namespace pawl
