#include "nn/cosine_softmax.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "math/gemm.h"
#include "math/ops.h"

namespace pawl::nn {

void Directions::forward(ConstMatrixView x) {
  rows.resize(x.rows, x.cols);
  inverse.resize(x.rows);
  for (size_t i = 0; i < x.rows; ++i) {
    const double length = std::sqrt(squared_norm(x.row(i), x.cols));
    inverse[i] = length > 0.0 ? static_cast<float>(1.0 / length) : 0.0f;
    std::copy_n(x.row(i), x.cols, rows.row(i));
    scale(inverse[i], rows.row(i), x.cols);
  }
}

void Directions::backward(MatrixView d) const {
  for (size_t i = 0; i < d.rows; ++i) {
    axpy(-dot(d.row(i), rows.row(i), d.cols), rows.row(i), d.row(i), d.cols);
    scale(inverse[i], d.row(i), d.cols);
  }
}

CosineSoftmax::CosineSoftmax(size_t labels, size_t width, double scale)
    : width_(width), scale_(static_cast<float>(scale)) {
  vectors_.define({static_cast<int64_t>(labels), static_cast<int64_t>(width)});
}

void CosineSoftmax::add(std::span<const Target> targets, ConstMatrixView x) {
  assert(x.rows == targets.size() && x.cols == width_);
  directions_.forward(x);
  for (size_t i = 0; i < targets.size(); ++i) {
    assert(targets[i].label < labels());
    axpy(targets[i].weight, directions_.rows.row(i), rows().row(targets[i].label), width_);
  }
}

void CosineSoftmax::begin_step() {
  vectors_.ensure_gradient();
  label_directions_.forward(rows());
}

double CosineSoftmax::backward(std::span<const Target> targets, Matrix& x) {
  assert(x.rows() == targets.size() && x.cols() == width_);
  directions_.forward(x);
  logits_.resize(x.rows(), labels());
  gemm_nt(directions_.rows, label_directions_.rows, nullptr, logits_);
  const double loss = cross_entropy(targets);
  gemm_tn(logits_, directions_.rows, d_rows(), true);
  gemm_nn(logits_, label_directions_.rows, x);
  directions_.backward(x);
  return loss;
}

void CosineSoftmax::end_step() {
  label_directions_.backward(d_rows());
}

// The cosines become their gradient.
double CosineSoftmax::cross_entropy(std::span<const Target> targets) {
  float weights = 0.0f;
  for (const Target& target : targets) weights += target.weight;
  scale(scale_, logits_.data(), logits_.size());
  softmax(logits_);
  double loss = 0.0;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto [label, weight] = targets[i];
    assert(label < labels());
    const float p = std::max(logits_(i, label), std::numeric_limits<float>::min());
    loss -= static_cast<double>(weight / weights) * std::log(static_cast<double>(p));
    logits_(i, label) -= 1.0f;
    scale(scale_ * weight / weights, logits_.row(i), logits_.cols());
  }
  return loss;
}

}  // namespace pawl::nn
