#include "math/ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "math/kernels.h"

namespace pawl {

namespace {

[[maybe_unused]] size_t total(Lengths lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), size_t{0});
}

[[maybe_unused]] bool same_shape(ConstMatrixView a, ConstMatrixView b) {
  return a.rows == b.rows && a.cols == b.cols;
}

void fill_row(float* row, size_t n, float value) {
  std::fill_n(row, n, value);
}

}  // namespace

void add(const float* x, float* y, size_t n) {
  active_kernels().add(x, y, n);
}
void axpy(float alpha, const float* x, float* y, size_t n) {
  active_kernels().axpy(alpha, x, y, n);
}
void multiply(const float* x, float* y, size_t n) {
  active_kernels().multiply(x, y, n);
}
void scale(float alpha, float* x, size_t n) {
  active_kernels().scale(alpha, x, n);
}
float dot(const float* x, const float* y, size_t n) {
  return active_kernels().dot(x, y, n);
}
double squared_norm(const float* x, size_t n) {
  return active_kernels().squared_norm(x, n);
}

void sum_rows(ConstMatrixView x, float* sums, bool accumulate) {
  if (!accumulate) fill_row(sums, x.cols, 0.0f);
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < x.rows; ++i) kernels.add(x.row(i), sums, x.cols);
}

void add_matrix(ConstMatrixView x, MatrixView y) {
  assert(same_shape(x, y));
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < x.rows; ++i) kernels.add(x.row(i), y.row(i), x.cols);
}

void copy_matrix(ConstMatrixView x, MatrixView y) {
  assert(same_shape(x, y));
  for (size_t i = 0; i < x.rows; ++i) std::copy_n(x.row(i), x.cols, y.row(i));
}

std::vector<uint32_t> planar_order(size_t outputs, size_t pieces) {
  std::vector<uint32_t> order(outputs * pieces);
  for (size_t p = 0; p < pieces; ++p) {
    for (size_t o = 0; o < outputs; ++o) {
      order[p * outputs + o] = static_cast<uint32_t>(o * pieces + p);
    }
  }
  return order;
}

void maxout(ConstMatrixView z, size_t pieces, MatrixView best, uint8_t* which) {
  assert(z.rows == best.rows && z.cols == best.cols * pieces && pieces > 0 && pieces <= 255);
  for (size_t i = 0; i < z.rows; ++i) {
    const float* from = z.row(i);
    for (size_t o = 0; o < best.cols; ++o, from += pieces) {
      size_t index = 0;
      for (size_t p = 1; p < pieces; ++p) index = from[p] > from[index] ? p : index;
      best.row(i)[o] = from[index];
      if (which != nullptr) which[i * best.cols + o] = static_cast<uint8_t>(index);
    }
  }
}

void maxout_planar(ConstMatrixView z, size_t pieces, MatrixView best, uint8_t* which) {
  assert(z.rows == best.rows && z.cols == best.cols * pieces && pieces > 0 && pieces <= 255);
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < z.rows; ++i) {
    kernels.maxout_planar(z.row(i), best.cols, pieces, best.row(i),
                          which == nullptr ? nullptr : which + i * best.cols);
  }
}

void backprop_maxout(ConstMatrixView d_best, const uint8_t* which, size_t pieces, MatrixView d_z) {
  assert(d_z.rows == d_best.rows && d_z.cols == d_best.cols * pieces);
  for (size_t i = 0; i < d_best.rows; ++i) {
    float* to = d_z.row(i);
    fill_row(to, d_z.cols, 0.0f);
    for (size_t o = 0; o < d_best.cols; ++o) to[o * pieces + *which++] = d_best.row(i)[o];
  }
}

void backprop_maxout_planar(ConstMatrixView d_best, const uint8_t* which, size_t pieces,
                            MatrixView d_z) {
  assert(d_z.rows == d_best.rows && d_z.cols == d_best.cols * pieces);
  const size_t outputs = d_best.cols;
  for (size_t i = 0; i < d_best.rows; ++i, which += outputs) {
    const float* from = d_best.row(i);
    for (size_t p = 0; p < pieces; ++p) {
      float* to = d_z.row(i) + p * outputs;
      for (size_t o = 0; o < outputs; ++o) to[o] = which[o] == p ? from[o] : 0.0f;
    }
  }
}

void layer_norm(ConstMatrixView x, const float* gain, const float* bias, MatrixView y,
                Matrix* x_hat, float* inverse_deviation) {
  assert(same_shape(x, y));
  if (x_hat != nullptr) x_hat->resize(x.rows, x.cols);
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < x.rows; ++i) {
    kernels.layer_norm(x.row(i), gain, bias, x.cols, y.row(i),
                       x_hat == nullptr ? nullptr : x_hat->row(i),
                       inverse_deviation == nullptr ? nullptr : inverse_deviation + i);
  }
}

void backprop_layer_norm(ConstMatrixView d_y, ConstMatrixView x_hat, const float* inverse_deviation,
                         const float* gain, float* d_gain, float* d_bias, MatrixView d_x) {
  assert(same_shape(d_y, x_hat) && same_shape(d_y, d_x));
  const Kernels& kernels = active_kernels();
  for (size_t i = 0; i < d_y.rows; ++i) {
    kernels.backprop_layer_norm(d_y.row(i), x_hat.row(i), inverse_deviation[i], gain, d_y.cols,
                                d_gain, d_bias, d_x.row(i));
  }
}

void relu(MatrixView x) {
  for (size_t i = 0; i < x.rows; ++i) {
    float* row = x.row(i);
    for (size_t j = 0; j < x.cols; ++j) row[j] = row[j] > 0.0f ? row[j] : 0.0f;
  }
}

void backprop_relu(ConstMatrixView y, MatrixView d_y) {
  assert(same_shape(y, d_y));
  for (size_t i = 0; i < y.rows; ++i) {
    for (size_t j = 0; j < y.cols; ++j) {
      if (y.row(i)[j] <= 0.0f) d_y.row(i)[j] = 0.0f;
    }
  }
}

void softmax(MatrixView x, float temperature) {
  for (size_t i = 0; i < x.rows; ++i) {
    float* row = x.row(i);
    if (x.cols == 0) continue;
    if (temperature != 1.0f) {
      for (size_t j = 0; j < x.cols; ++j) row[j] /= temperature;
    }
    const float top = *std::max_element(row, row + x.cols);
    float sum = 0.0f;
    for (size_t j = 0; j < x.cols; ++j) {
      row[j] = std::exp(row[j] - top);
      sum += row[j];
    }
    for (size_t j = 0; j < x.cols; ++j) row[j] /= sum;
  }
}

void backprop_softmax(ConstMatrixView y, MatrixView d_y, float temperature) {
  assert(same_shape(y, d_y));
  for (size_t i = 0; i < y.rows; ++i) {
    const float* out = y.row(i);
    float* d = d_y.row(i);
    float sum = 0.0f;
    for (size_t j = 0; j < y.cols; ++j) {
      d[j] = out[j] * (d[j] / temperature);
      sum += d[j];
    }
    for (size_t j = 0; j < y.cols; ++j) d[j] -= out[j] * sum;
  }
}

void logistic(MatrixView x) {
  for (size_t i = 0; i < x.rows; ++i) {
    float* row = x.row(i);
    for (size_t j = 0; j < x.cols; ++j) {
      row[j] = 1.0f / (1.0f + std::exp(-std::clamp(row[j], -20.0f, 20.0f)));
    }
  }
}

void backprop_logistic(ConstMatrixView y, MatrixView d_y) {
  assert(same_shape(y, d_y));
  for (size_t i = 0; i < y.rows; ++i) {
    const float* out = y.row(i);
    float* d = d_y.row(i);
    for (size_t j = 0; j < y.cols; ++j) d[j] *= out[j] * (1.0f - out[j]);
  }
}

void softmax_sequences(std::span<float> x, Lengths lengths) {
  assert(x.size() == total(lengths));
  size_t begin = 0;
  for (const uint32_t length : lengths) {
    float sum = 0.0f;
    for (size_t i = begin; i < begin + length; ++i) {
      x[i] = std::exp(std::clamp(x[i], -20.0f, 20.0f));
      sum += x[i];
    }
    for (size_t i = begin; i < begin + length; ++i) x[i] /= sum;
    begin += length;
  }
}

void backprop_softmax_sequences(std::span<const float> y, Lengths lengths, std::span<float> d_y) {
  assert(y.size() == total(lengths) && y.size() == d_y.size());
  size_t begin = 0;
  for (const uint32_t length : lengths) {
    float sum = 0.0f;
    for (size_t i = begin; i < begin + length; ++i) {
      d_y[i] *= y[i];
      sum += d_y[i];
    }
    for (size_t i = begin; i < begin + length; ++i) d_y[i] -= y[i] * sum;
    begin += length;
  }
}

void dropout_mask(Rng& rng, double rate, std::span<float> mask) {
  if (rate <= 0.0 || rate >= 1.0) {
    std::fill(mask.begin(), mask.end(), rate <= 0.0 ? 1.0f : 0.0f);
    return;
  }
  const float kept = static_cast<float>(1.0 / (1.0 - rate));
  // Two decisions from each 64 random bits.
  const auto least = static_cast<uint32_t>(rate * 4294967296.0);
  for (size_t i = 0; i < mask.size(); i += 2) {
    const uint64_t bits = rng.next();
    mask[i] = static_cast<uint32_t>(bits >> 32) >= least ? kept : 0.0f;
    if (i + 1 < mask.size()) mask[i + 1] = static_cast<uint32_t>(bits) >= least ? kept : 0.0f;
  }
}

void adam_step(const AdamStep& step, const float* gradient, float* weights, float* moment1,
               float* moment2, float* averages, size_t n) {
  active_kernels().adam(&step, 1, gradient, weights, moment1, moment2, averages, n);
}

void adam_steps(std::span<const AdamStep> steps, const float* gradient, float* weights,
                float* moment1, float* moment2, float* averages, size_t n) {
  active_kernels().adam(steps.data(), steps.size(), gradient, weights, moment1, moment2, averages,
                        n);
}

}  // namespace pawl
