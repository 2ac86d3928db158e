#include "math/int8.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "math/transformer_kernels.h"

namespace pawl {

namespace {

constexpr int kMostInt8 = 127;
// Scales that are tried, as parts of the one that maps the greatest weight to 127. Above one: so
// that fewer pairs have to shrink.
constexpr float kFirstFactor = 0.7f;
constexpr float kLastFactor = 1.5f;
constexpr int kFactors = 17;

size_t round_up(size_t n, size_t unit) {
  return (n + unit - 1) / unit * unit;
}

int round_clamped(float x) {
  return static_cast<int>(std::clamp(std::nearbyint(x), -127.0f, 127.0f));
}

// Towards zero, both alike, until the absolute values sum to no more than kInt8Pair.
void shrink_pair(int& a, int& b) {
  int excess = std::abs(a) + std::abs(b) - kInt8Pair;
  if (excess <= 0) return;
  const auto shrink = [](int& x, int by) { x += x > 0 ? -by : by; };
  // Both are above kInt8Pair - 127 > excess / 2.
  shrink(a, excess - excess / 2);
  shrink(b, excess / 2);
}

// The row in levels of `scale`; returns the squared error.
double quantize_row(const float* row, size_t n, float scale, int8_t* out) {
  double error = 0.0;
  for (size_t k = 0; k < n; k += 2) {
    int a = round_clamped(row[k] / scale);
    int b = k + 1 < n ? round_clamped(row[k + 1] / scale) : 0;
    shrink_pair(a, b);
    const float first = row[k] - scale * static_cast<float>(a);
    error += static_cast<double>(first * first);
    out[k] = static_cast<int8_t>(a);
    if (k + 1 >= n) break;
    const float second = row[k + 1] - scale * static_cast<float>(b);
    error += static_cast<double>(second * second);
    out[k + 1] = static_cast<int8_t>(b);
  }
  return error;
}

float greatest(const float* row, size_t n) {
  float most = 0.0f;
  for (size_t k = 0; k < n; ++k) most = std::max(most, std::abs(row[k]));
  return most;
}

// Returns the scale; zero for a row of zeros.
float quantize_best(const float* row, size_t n, int8_t* out, std::vector<int8_t>& trial) {
  const float widest = greatest(row, n) / kMostInt8;
  if (widest == 0.0f) return 0.0f;
  float best_scale = 0.0f;
  double best_error = 0.0;
  for (int i = 0; i < kFactors; ++i) {
    const float part = static_cast<float>(i) / (kFactors - 1);
    const float scale = widest * (kFirstFactor + (kLastFactor - kFirstFactor) * part);
    if (!(scale > 0.0f)) continue;
    const double error = quantize_row(row, n, scale, trial.data());
    if (best_scale != 0.0f && error >= best_error) continue;
    best_error = error;
    best_scale = scale;
    std::copy_n(trial.data(), n, out);
  }
  return best_scale;
}

Int8Weights empty_weights(size_t rows, size_t cols) {
  Int8Weights out;
  out.rows = rows;
  out.cols = cols;
  out.values.resize(rows * cols);
  out.scales.resize(rows);
  return out;
}

struct Int8Scratch {
  std::vector<uint8_t, AlignedAllocator<uint8_t>> rows;
  FloatVector row;
  std::vector<float> scale, minimum, exact;

  void reserve(size_t count, size_t step, size_t columns, size_t exact_count) {
    if (rows.size() < count * step) rows.resize(count * step);
    if (row.size() < columns) row.resize(columns);
    if (scale.size() < count) scale.resize(count);
    if (minimum.size() < count) minimum.resize(count);
    if (exact.size() < count * exact_count) exact.resize(count * exact_count);
  }
};

}  // namespace

Int8Weights quantize_weights(ConstMatrixView weights, std::vector<uint32_t> exact) {
  Int8Weights out = empty_weights(weights.rows, weights.cols);
  out.exact = std::move(exact);
  out.exact_weights.resize(out.exact.size() * weights.rows);
  std::vector<float> row(weights.cols);
  std::vector<int8_t> trial(weights.cols);
  for (size_t i = 0; i < weights.rows; ++i) {
    std::copy_n(weights.row(i), weights.cols, row.data());
    for (size_t e = 0; e < out.exact.size(); ++e) {
      out.exact_weights[e * weights.rows + i] = std::exchange(row[out.exact[e]], 0.0f);
    }
    out.scales[i] =
        quantize_best(row.data(), weights.cols, out.values.data() + i * weights.cols, trial);
  }
  return out;
}

Int8Weights quantize_table(ConstMatrixView table) {
  Int8Weights out = empty_weights(table.rows, table.cols);
  for (size_t i = 0; i < table.rows; ++i) {
    const float scale = greatest(table.row(i), table.cols) / kMostInt8;
    if (scale == 0.0f) continue;
    out.scales[i] = scale;
    for (size_t k = 0; k < table.cols; ++k) {
      out.values[i * table.cols + k] = static_cast<int8_t>(round_clamped(table.row(i)[k] / scale));
    }
  }
  return out;
}

bool fits_products(const Int8Weights& weights) {
  for (size_t i = 0; i < weights.rows; ++i) {
    const int8_t* row = weights.values.data() + i * weights.cols;
    for (size_t k = 0; k + 1 < weights.cols; k += 2) {
      if (std::abs(int{row[k]}) + std::abs(int{row[k + 1]}) > kInt8Pair) return false;
    }
  }
  return true;
}

PackedInt8::PackedInt8(const Int8Weights& weights, std::span<const float> bias)
    : kernels_(&active_transformer_kernels().int8),
      rows_(weights.rows),
      cols_(weights.cols),
      exact_(weights.exact) {
  assert(bias.size() == rows_ && weights.values.size() == rows_ * cols_);
  assert(fits_products(weights));
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
  exact_weights_.resize(exact_.size() * columns);
  for (size_t e = 0; e < exact_.size(); ++e) {
    std::copy_n(weights.exact_weights.data() + e * rows_, rows_,
                exact_weights_.data() + e * columns);
  }
}

void gemm_int8(ConstMatrixView a, const PackedInt8& b, MatrixView c) {
  assert(a.cols == b.cols_ && c.rows == a.rows && c.cols == b.rows_ && a.cols > 0);
  thread_local Int8Scratch scratch;
  const size_t step = round_up(a.cols, 64);
  const size_t exact = b.exact_.size();
  scratch.reserve(a.rows, step, a.cols, exact);
  for (size_t i = 0; i < a.rows; ++i) {
    std::copy_n(a.row(i), a.cols, scratch.row.data());
    for (size_t e = 0; e < exact; ++e) {
      scratch.exact[i * exact + e] = std::exchange(scratch.row[b.exact_[e]], 0.0f);
    }
    uint8_t* row = scratch.rows.data() + i * step;
    b.kernels_->quantize_row(scratch.row.data(), a.cols, row, &scratch.scale[i],
                             &scratch.minimum[i]);
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
  args.exact = exact;
  args.x = scratch.exact.data();
  args.y = b.exact_weights_.data();
  args.y_step = round_up(b.rows_, b.kernels_->panel);
  args.c = c.data;
  args.ldc = c.stride;
  b.kernels_->gemm(args);
}

}  // namespace pawl
