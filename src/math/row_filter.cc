#include "math/row_filter.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "math/kernels.h"

namespace pawl {

namespace {

constexpr size_t kProducts = 6;
constexpr size_t kInputRows = RowFilter::kRows + 2;
constexpr size_t kBlock = 36;  // tiles whose products stay in the second-level cache

// What the taps become for each product.
constexpr double kTransform[kProducts][RowFilter::kTaps] = {
    {1.0 / 4, 0, 0},
    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6},
    {1.0 / 24, -1.0 / 12, 1.0 / 6},
    {0, 0, 1},
};
// Its product counts once in each of the four results, and so does a bias that is added to it.
constexpr size_t kWithBias = 1;

PackedMatrix transform(const Matrix& weights, const double (&factors)[RowFilter::kTaps]) {
  const size_t n = weights.rows() / RowFilter::kTaps * weights.cols();
  Matrix out(weights.rows() / RowFilter::kTaps, weights.cols());
  const float *before = weights.data(), *here = before + n, *after = here + n;
  float* to = out.data();
  for (size_t i = 0; i < n; ++i) {
    to[i] = static_cast<float>(factors[0] * double{before[i]} + factors[1] * double{here[i]} +
                               factors[2] * double{after[i]});
  }
  return PackedMatrix(out);
}

}  // namespace

struct RowFilter::Buffers {
  Matrix inputs, products;
  FloatVector zeros;
};

RowFilter::RowFilter(const Matrix& weights, FloatVector bias, size_t pieces)
    : pieces_(pieces), bias_(std::move(bias)) {
  assert(weights.rows() == kTaps * bias_.size());
  for (const auto& factors : kTransform) products_.push_back(transform(weights, factors));
}

void RowFilter::apply(const Matrix& x, std::span<const RowRange> tiles, MatrixView out) const {
  assert(out.contiguous() && out.cols == outputs());
  thread_local Buffers buffers;
  buffers.zeros.resize(std::max(buffers.zeros.size(), x.cols()), 0.0f);
  float* to = out.data;
  for (size_t begin = 0; begin < tiles.size(); begin += kBlock) {
    const auto block = tiles.subspan(begin, std::min(kBlock, tiles.size() - begin));
    apply_block(x, block, buffers, to);
    for (const RowRange& tile : block) to += tile.rows * outputs();
  }
}

void RowFilter::apply_block(const Matrix& x, std::span<const RowRange> tiles, Buffers& buffers,
                            float* out) const {
  const Kernels& kernels = active_kernels();
  const size_t n = tiles.size(), width = x.cols(), candidates = bias_.size();
  buffers.inputs.resize(kProducts * n, width);
  buffers.products.resize(kProducts * n, candidates);
  for (size_t t = 0; t < n; ++t) {
    const float* rows[kInputRows];
    for (size_t r = 0; r < kInputRows; ++r) {
      rows[r] = r < tiles[t].rows + 2 ? x.row(tiles[t].first - 1 + r) : buffers.zeros.data();
    }
    kernels.row_filter_inputs(rows, width, buffers.inputs.row(t), n * width);
  }
  for (size_t p = 0; p < kProducts; ++p) {
    gemm(buffers.inputs.view().slice_rows(p * n, n), products_[p],
         p == kWithBias ? bias_.data() : nullptr, buffers.products.view().slice_rows(p * n, n));
  }
  for (size_t t = 0; t < n; ++t) {
    kernels.row_filter_outputs(buffers.products.row(t), n * candidates, outputs(), pieces_,
                               tiles[t].rows, out);
    out += tiles[t].rows * outputs();
  }
}

}  // namespace pawl
