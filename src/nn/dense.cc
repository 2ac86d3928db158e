#include "nn/dense.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.h"

namespace pawl::nn {
namespace {

constexpr float kThreshold = 20.0f;  // from here on thinc takes it for the identity

float mish(float z) {
  return z >= kThreshold ? z : z * std::tanh(std::log1p(std::exp(z)));
}

// thinc's closed form of the derivative.
float d_mish(float z) {
  if (z >= kThreshold) return 1.0f;
  const float e = std::exp(z);
  const float omega = 4.0f * (z + 1.0f) + 4.0f * e * e + e * e * e + e * (4.0f * z + 6.0f);
  const float delta = (e + 1.0f) * (e + 1.0f) + 1.0f;
  return e * omega / (delta * delta);
}

}  // namespace

void Mish::activate(MatrixView z) {
  for (size_t i = 0; i < z.rows; ++i) std::transform(z.row(i), z.row(i) + z.cols, z.row(i), mish);
}

void Mish::forward(ConstMatrixView x, MatrixView y, Saved* saved) const {
  linear_.forward(x, y);
  if (saved != nullptr) {
    saved->z.resize(y.rows, y.cols);
    copy_matrix(y, saved->z);
  }
  activate(y);
}

void Mish::backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y,
                    MatrixView* d_x) const {
  Matrix d_z(d_y.rows, d_y.cols);
  for (size_t i = 0; i < d_y.rows; ++i) {
    for (size_t j = 0; j < d_y.cols; ++j) d_z.row(i)[j] = d_y.row(i)[j] * d_mish(saved.z.row(i)[j]);
  }
  linear_.backward(x, d_z, d_x);
}

Matrix Mish::split(size_t parts) const {
  assert(inputs() % parts == 0);
  const size_t width = inputs() / parts;
  Matrix rows(parts * outputs(), width);
  for (size_t part = 0; part < parts; ++part) {
    for (size_t i = 0; i < outputs(); ++i) {
      std::copy_n(weights_->value.data() + i * inputs() + part * width, width,
                  rows.row(part * outputs() + i));
    }
  }
  return rows;
}

namespace {

std::variant<Maxout, Mish> make_layer(Node& node) {
  if (node.name == "maxout") return Maxout(node);
  if (node.name == "mish") return Mish(node);
  throw Error(ErrorKind::kFormat, "the layer '" + node.name + "' is neither maxout nor mish");
}

}  // namespace

Dense::Dense(Node& node) : layer_(make_layer(node)) {}

void Dense::forward(ConstMatrixView x, MatrixView y, Saved* saved) const {
  if (const auto* maxout = std::get_if<Maxout>(&layer_))
    return maxout->forward(x, y, saved == nullptr ? nullptr : &saved->maxout);
  std::get<Mish>(layer_).forward(x, y, saved == nullptr ? nullptr : &saved->mish);
}

void Dense::backward(ConstMatrixView x, const Saved& saved, ConstMatrixView d_y,
                     MatrixView* d_x) const {
  if (const auto* maxout = std::get_if<Maxout>(&layer_))
    return maxout->backward(x, saved.maxout, d_y, d_x);
  std::get<Mish>(layer_).backward(x, saved.mish, d_y, d_x);
}

}  // namespace pawl::nn
