#include "math/logistic_regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "math/logistic_kernels.h"
#include "math/ops.h"

namespace pawl {

namespace {

constexpr float kPadding = -1e30f;  // the score of a class that is none
constexpr size_t kFullPass = 5;     // every so many passes look at all examples

size_t padded(size_t n) {
  return (n + kLogisticPad - 1) / kLogisticPad * kLogisticPad;
}

template <typename Values>
Values widened(const Values& from, size_t rows, size_t old_stride, size_t stride) {
  Values to(rows * stride, 0.0f);
  const size_t old_rows = old_stride == 0 ? 0 : from.size() / old_stride;
  for (size_t i = 0; i < old_rows; ++i) {
    std::copy_n(from.begin() + static_cast<ptrdiff_t>(i * old_stride), std::min(stride, old_stride),
                to.begin() + static_cast<ptrdiff_t>(i * stride));
  }
  return to;
}

}  // namespace

LogisticTrainer::LogisticTrainer(size_t dense_width, float constant)
    : dense_width_(dense_width), constant_(constant), dense_rows_(dense_width + 1) {
  std::iota(dense_rows_.begin(), dense_rows_.end(), 0u);
}

void LogisticTrainer::grow(size_t sparse_columns, size_t classes) {
  sparse_columns_ = std::max(sparse_columns, sparse_columns_);
  classes_ = std::max(classes, classes_);
  const size_t stride = padded(classes_);
  const size_t rows = dense_width_ + 1 + sparse_columns_;
  if (stride == weights_.cols() && rows == weights_.rows()) return;
  dual_ = widened(dual_, examples_.size(), weights_.cols(), stride);
  Matrix wider(rows, stride);
  for (size_t i = 0; i < weights_.rows(); ++i) {
    std::copy_n(weights_.row(i), weights_.cols(), wider.row(i));
  }
  weights_ = std::move(wider);
}

size_t LogisticTrainer::add_example(const FeatureView& features, uint32_t label, float weight) {
  assert(features.dense.size() == dense_width_);
  assert(features.columns.size() == features.values.size());
  if (!features.columns.empty() || label >= classes_) {
    const size_t columns = features.columns.empty() ? 0 : features.columns.back() + size_t{1};
    grow(columns, label + size_t{1});
  }
  Example example{columns_.size(), features.columns.size(), label, weight, constant_ * constant_};
  for (float v : features.values) example.square += v * v;
  for (float v : features.dense) example.square += v * v;
  const auto first_row = static_cast<uint32_t>(dense_rows_.size());
  for (uint32_t column : features.columns) columns_.push_back(first_row + column);
  values_.insert(values_.end(), features.values.begin(), features.values.end());
  dense_.insert(dense_.end(), features.dense.begin(), features.dense.end());
  dense_.push_back(constant_);
  examples_.push_back(example);
  dual_.resize(examples_.size() * weights_.cols(), 0.0f);
  return examples_.size() - 1;
}

void LogisticTrainer::add_scores(size_t index, float* out) const {
  const Example& example = examples_[index];
  const LogisticKernels& kernels = active_logistic_kernels();
  const size_t stride = weights_.cols();
  kernels.gather(weights_.data(), stride, dense_rows_.data(),
                 dense_.data() + index * dense_rows_.size(), dense_rows_.size(), out);
  kernels.gather(weights_.data(), stride, columns_.data() + example.first,
                 values_.data() + example.first, example.count, out);
}

std::vector<float> LogisticTrainer::scores(size_t example) const {
  FloatVector all(weights_.cols());
  add_scores(example, all.data());
  return {all.begin(), all.begin() + static_cast<ptrdiff_t>(classes_)};
}

// Adds buffers_.change, the change of c_i (e_label - p_i), to the weights.
void LogisticTrainer::apply(size_t index) {
  const Example& example = examples_[index];
  const LogisticKernels& kernels = active_logistic_kernels();
  const size_t stride = weights_.cols();
  const float* change = buffers_.change.data();
  kernels.scatter(weights_.data(), stride, dense_rows_.data(),
                  dense_.data() + index * dense_rows_.size(), dense_rows_.size(), change);
  kernels.scatter(weights_.data(), stride, columns_.data() + example.first,
                  values_.data() + example.first, example.count, change);
}

// The dual variables stay: they need not fit the label to begin a step from.
void LogisticTrainer::set_label(size_t index, uint32_t label) {
  if (label >= classes_) grow(0, label + size_t{1});
  examples_[index].label = label;
}

void LogisticTrainer::resume(const Matrix& weights) {
  assert(weights.rows() == weights_.rows() && weights.cols() == weights_.cols());
  weights_ = weights;
  prepare();
  const size_t stride = weights_.cols();
  for (size_t i = 0; i < examples_.size(); ++i) {
    float* alpha = dual_.data() + i * stride;
    std::fill_n(alpha, stride, 0.0f);
    float lambda = 0.0f;
    look(i, 1.0f, &lambda);
    float total = 0.0f;
    for (float p : buffers_.fractions) total += p;
    for (size_t k = 0; k < stride; ++k) alpha[k] = -buffers_.fractions[k] / total;
    alpha[examples_[i].label] += 1.0f;
  }
}

void LogisticTrainer::prepare() {
  Buffers& b = buffers_;
  for (FloatVector* buffer : {&b.scores, &b.linear, &b.logs, &b.fractions, &b.change}) {
    buffer->assign(weights_.cols(), 0.0f);
  }
}

// The example's scores and the linear part of its problem; a first guess of lambda; the distance.
double LogisticTrainer::look(size_t index, float a, float* lambda) {
  const Example& example = examples_[index];
  Buffers& b = buffers_;
  const size_t stride = weights_.cols();
  const float* alpha = dual_.data() + index * stride;
  std::fill(b.scores.begin(), b.scores.end(), 0.0f);
  add_scores(index, b.scores.data());
  std::fill(b.scores.begin() + static_cast<ptrdiff_t>(classes_), b.scores.end(), kPadding);
  const float top = *std::max_element(b.scores.begin(), b.scores.end());
  const float total =
      active_logistic_kernels().exponentials(b.scores.data(), top, stride, b.fractions.data());
  const float log_total = top + std::log(total);
  double distance = 0.0;
  *lambda = 0.0f;
  for (size_t k = 0; k < stride; ++k) {
    const float own = k == example.label ? 1.0f : 0.0f;
    const float p = b.fractions[k] / total;
    const float moved = own - alpha[k];
    distance += static_cast<double>(std::fabs(moved - p));
    b.linear[k] = b.scores[k] + a * moved;
    *lambda += p * (a * (moved - p) + log_total);
  }
  return 0.5 * distance;
}

// Leaves w = a p in buffers_.fractions, with log p + w = linear - lambda: by Newton's method in
// log p for all classes with w < 0.57, one by one and in w for the few others.
void LogisticTrainer::solve_fractions(float a, float lambda) {
  const LogisticKernels& kernels = active_logistic_kernels();
  Buffers& b = buffers_;
  const size_t stride = weights_.cols();
  const float log_a = std::log(a);
  for (size_t k = 0; k < stride; ++k) b.logs[k] = std::min(b.linear[k] - lambda, -log_a);
  for (size_t iteration = 0; iteration < 3; ++iteration) {
    kernels.exponentials(b.logs.data(), -log_a, stride, b.fractions.data());
    for (size_t k = 0; k < stride; ++k) {
      const float w = b.fractions[k];
      const float t = std::min(b.linear[k] - lambda, -log_a);
      b.logs[k] -= (b.logs[k] + w - t) / (1.0f + w);
    }
  }
  kernels.exponentials(b.logs.data(), -log_a, stride, b.fractions.data());
  for (size_t k = 0; k < stride; ++k) {
    const float s = b.linear[k] - lambda + log_a;
    if (s <= 0.0f) continue;
    float w = s > 1.0f ? s - std::log(s) : 0.567f + 0.362f * s;
    for (size_t iteration = 0; iteration < 3; ++iteration) {
      w *= (1.0f + s - std::log(w)) / (1.0f + w);
    }
    b.fractions[k] = w;
  }
}

// The best distribution of one example: log p_k + a p_k = linear_k - lambda with sum p = 1, by
// Newton's method in lambda. Returns the distance before.
double LogisticTrainer::step(size_t index, double c) {
  const Example& example = examples_[index];
  Buffers& b = buffers_;
  const size_t stride = weights_.cols();
  const auto scale = static_cast<float>(c) * example.weight;
  const float a = scale * example.square;
  float lambda = 0.0f;
  const double distance = look(index, a, &lambda);
  float mass = 0.0f;
  for (size_t iteration = 0; iteration < 30; ++iteration) {
    solve_fractions(a, lambda);
    float slope = 0.0f;
    mass = 0.0f;
    for (size_t k = 0; k < stride; ++k) {
      mass += b.fractions[k];
      slope += b.fractions[k] / (1.0f + b.fractions[k]);
    }
    if (std::fabs(mass - a) < 1e-5f * a) break;
    lambda += (mass - a) / slope;
  }
  float* alpha = dual_.data() + index * stride;
  for (size_t k = 0; k < stride; ++k) {
    const float next = (k == example.label ? 1.0f : 0.0f) - b.fractions[k] / mass;
    b.change[k] = scale * (next - alpha[k]);
    alpha[k] = next;
  }
  apply(index);
  return distance;
}

double LogisticTrainer::mean_distance(const std::vector<float>& distances) const {
  double sum = 0.0, weights = 0.0;
  for (size_t i = 0; i < examples_.size(); ++i) {
    sum += static_cast<double>(distances[i] * examples_[i].weight);
    weights += static_cast<double>(examples_[i].weight);
  }
  return weights > 0.0 ? sum / weights : 0.0;
}

LogisticResult LogisticTrainer::solve(const LogisticOptions& options) {
  prepare();
  LogisticResult result;
  std::vector<float> distances(examples_.size(), 1.0f);
  std::vector<uint32_t> order;
  Rng rng(options.seed);
  bool full = true;
  while (result.passes < options.max_passes && !result.converged) {
    order.clear();
    for (uint32_t i = 0; i < examples_.size(); ++i) {
      if (full || static_cast<double>(distances[i]) > 0.5 * result.distance) order.push_back(i);
    }
    rng.shuffle(order);
    for (uint32_t i : order) distances[i] = static_cast<float>(step(i, options.c));
    ++result.passes;
    result.steps += order.size();
    result.distance = mean_distance(distances);
    const bool near = result.distance <= options.tolerance;
    result.converged = near && full;
    full = near || result.passes % kFullPass == 0;
  }
  return result;
}

// Adds to `distances` what buffers_.change, the change of this example's part, can have moved them
// by, to first order. `lookup` has a zero for every row of the weights.
void LogisticTrainer::propagate(size_t index, std::vector<float>& lookup,
                                std::vector<float>& distances) const {
  const size_t stride = weights_.cols();
  const Example& from = examples_[index];
  const size_t width = dense_rows_.size();
  for (size_t j = from.first; j < from.first + from.count; ++j) lookup[columns_[j]] = values_[j];
  const float* change = buffers_.change.data();
  for (size_t i = 0; i < examples_.size(); ++i) {
    if (i == index) continue;
    const Example& to = examples_[i];
    float similarity = dot(dense_.data() + index * width, dense_.data() + i * width, width);
    for (size_t j = to.first; j < to.first + to.count; ++j) {
      similarity += values_[j] * lookup[columns_[j]];
    }
    const float* alpha = dual_.data() + i * stride;
    const float mean = change[to.label] - dot(alpha, change, stride);
    float moved = std::fabs(change[to.label] - mean);
    float rest = 0.0f;
    for (size_t k = 0; k < stride; ++k) rest += std::fabs(alpha[k] * (change[k] - mean));
    moved = moved * (1.0f - 2.0f * alpha[to.label]) + rest;  // p = e_label - alpha
    distances[i] += 0.5f * std::fabs(similarity) * moved;
  }
  for (size_t j = from.first; j < from.first + from.count; ++j) lookup[columns_[j]] = 0.0f;
}

LogisticResult LogisticTrainer::correct(std::span<const size_t> changed,
                                        const LogisticOptions& options, double reach) {
  prepare();
  LogisticResult result;
  std::vector<float> lookup(weights_.rows(), 0.0f);
  std::vector<float> distances(examples_.size(), 0.0f);
  for (size_t i : changed) distances[i] = 1.0f;
  const size_t limit = options.max_passes * changed.size();
  while (result.steps < limit) {
    const auto worst = std::max_element(distances.begin(), distances.end());
    if (worst == distances.end() || static_cast<double>(*worst) < reach) break;
    const auto index = static_cast<size_t>(worst - distances.begin());
    const double distance = step(index, options.c);
    ++result.steps;
    *worst = 0.0f;
    if (distance > 0.25 * reach) propagate(index, lookup, distances);
  }
  result.distance = mean_distance(distances);
  result.converged = result.steps < limit;
  return result;
}

double LogisticTrainer::objective(double c) const {
  double value = 0.5 * squared_norm(weights_.data(), weights_.size());
  for (size_t i = 0; i < examples_.size(); ++i) {
    const std::vector<float> x = scores(i);
    const double top = static_cast<double>(*std::max_element(x.begin(), x.end()));
    double total = 0.0;
    for (float score : x) total += std::exp(static_cast<double>(score) - top);
    value += c * static_cast<double>(examples_[i].weight) *
             (top + std::log(total) - static_cast<double>(x[examples_[i].label]));
  }
  return value;
}

}  // namespace pawl
