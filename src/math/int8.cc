#include "math/int8.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "math/transformer_kernels.h"

namespace pawl {

namespace {

constexpr float kMostInt8 = 127.0f;

size_t round_up(size_t n, size_t unit) {
  return (n + unit - 1) / unit * unit;
}

struct Int8Scratch {
  std::vector<uint8_t, AlignedAllocator<uint8_t>> rows;
  std::vector<float> scale;
  std::vector<float> minimum;

  void reserve(size_t count, size_t bytes) {
    if (rows.size() < count * bytes) rows.resize(count * bytes);
    if (scale.size() < count) scale.resize(count);
    if (minimum.size() < count) minimum.resize(count);
  }
};

}  // namespace

Int8Weights quantize_weights(ConstMatrixView weights) {
  Int8Weights out;
  out.rows = weights.rows;
  out.cols = weights.cols;
  out.values.resize(weights.rows * weights.cols);
  out.scales.resize(weights.rows);
  for (size_t i = 0; i < weights.rows; ++i) {
    const float* row = weights.row(i);
    float most = 0.0f;
    for (size_t k = 0; k < weights.cols; ++k) most = std::max(most, std::abs(row[k]));
    const float scale = most / kMostInt8;
    out.scales[i] = scale;
    for (size_t k = 0; k < weights.cols && scale > 0.0f; ++k) {
      const float level = std::clamp(std::nearbyint(row[k] / scale), -kMostInt8, kMostInt8);
      out.values[i * weights.cols + k] = static_cast<int8_t>(level);
    }
  }
  return out;
}

PackedInt8::PackedInt8(const Int8Weights& weights, std::span<const float> bias)
    : kernels_(&active_transformer_kernels().int8), rows_(weights.rows), cols_(weights.cols) {
  assert(bias.size() == rows_ && weights.values.size() == rows_ * cols_);
  const size_t panel = kernels_->panel;
  const size_t columns = round_up(rows_, panel);
  const size_t k4 = round_up(cols_, 4) / 4;
  panels_.resize(columns * k4 * 4);
  scales_.resize(columns);
  sums_.resize(columns);
  bias_.resize(columns);
  std::copy(bias.begin(), bias.end(), bias_.begin());
  for (size_t j = 0; j < rows_; ++j) {
    const int8_t* from = weights.values.data() + j * cols_;
    int8_t* to = panels_.data() + j / panel * panel * k4 * 4 + j % panel * 4;
    int32_t sum = 0;
    for (size_t k = 0; k < cols_; ++k) {
      to[k / 4 * panel * 4 + k % 4] = from[k];
      sum += from[k];
    }
    scales_[j] = weights.scales[j];
    sums_[j] = weights.scales[j] * static_cast<float>(sum);
  }
}

void gemm_int8(ConstMatrixView a, const PackedInt8& b, MatrixView c) {
  assert(a.cols == b.cols_ && c.rows == a.rows && c.cols == b.rows_ && a.cols > 0);
  thread_local Int8Scratch scratch;
  const size_t step = round_up(a.cols, 64);
  scratch.reserve(a.rows, step);
  for (size_t i = 0; i < a.rows; ++i) {
    uint8_t* row = scratch.rows.data() + i * step;
    b.kernels_->quantize_row(a.row(i), a.cols, row, &scratch.scale[i], &scratch.minimum[i]);
    std::fill(row + a.cols, row + step, uint8_t{0});
  }
  Int8GemmArgs args{};
  args.a = scratch.rows.data();
  args.row_step = step;
  args.scale = scratch.scale.data();
  args.minimum = scratch.minimum.data();
  args.m = a.rows;
  args.panels = b.panels_.data();
  args.n = b.rows_;
  args.k4 = round_up(a.cols, 4) / 4;
  args.b_scale = b.scales_.data();
  args.b_sum = b.sums_.data();
  args.bias = b.bias_.data();
  args.c = c.data;
  args.ldc = c.stride;
  b.kernels_->gemm(args);
}

}  // namespace pawl
