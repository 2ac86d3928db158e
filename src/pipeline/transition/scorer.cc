#include "pipeline/transition/scorer.h"

#include <algorithm>
#include <cassert>

#include "math/ops.h"

namespace pawl {

namespace {

// order[f * pieces * hidden + p * hidden + o] = row of thinc's lower weights.
std::vector<uint32_t> lower_order(size_t features, size_t pieces, size_t hidden) {
  const std::vector<uint32_t> planar = planar_order(hidden, pieces);
  std::vector<uint32_t> order;
  order.reserve(features * planar.size());
  for (size_t f = 0; f < features; ++f) {
    for (const uint32_t row : planar) {
      order.push_back(static_cast<uint32_t>(f * planar.size()) + row);
    }
  }
  return order;
}

FloatVector reorder(const FloatVector& values, std::span<const uint32_t> order) {
  FloatVector out(order.size());
  for (size_t i = 0; i < order.size(); ++i) out[i] = values[order[i]];
  return out;
}

}  // namespace

ParserScorer::ParserScorer(const ParserNodes& nodes, std::span<const uint32_t> competing)
    : features_(nodes.features),
      pieces_(nodes.pieces),
      hidden_(nodes.hidden),
      has_upper_(nodes.upper != nullptr),
      competing_(competing.begin(), competing.end()) {
  const nn::Param& weights = nodes.linear->param("W");
  const size_t width = weights.size() / nodes.inputs;
  linear_ = PackedMatrix(ConstMatrixView(weights.value.data(), nodes.inputs, width));
  linear_bias_ = nodes.linear->param("b").value;
  pack_lower(nodes);
  if (has_upper_) pack_upper(nodes);
}

void ParserScorer::pack_lower(const ParserNodes& nodes) {
  const size_t width = hidden_ * pieces_;
  const std::vector<uint32_t> order = lower_order(features_, pieces_, hidden_);
  const nn::Param& weights = nodes.lower->param("W");
  lower_ = PackedMatrix({weights.value.data(), features_ * width, nodes.inputs}, order);
  pad_ = reorder(nodes.lower->param("pad").value, order);
  bias_ = reorder(nodes.lower->param("b").value, std::span(order).first(width));
  closed_bias_ = bias_;
  for (size_t f = 1; f < features_; ++f) add(pad_.data() + f * width, closed_bias_.data(), width);
}

void ParserScorer::pack_upper(const ParserNodes& nodes) {
  assert(nodes.upper != nullptr);
  const nn::Param& weights = nodes.upper->param("W");
  upper_bias_ = nodes.upper->param("b").value;
  upper_.resize(nodes.classes, hidden_);
  copy_matrix({weights.value.data(), nodes.classes, hidden_}, upper_);
  if (competing_.empty()) return;
  Matrix rows(competing_.size(), hidden_);
  for (size_t i = 0; i < competing_.size(); ++i) {
    std::copy_n(upper_.row(competing_[i]), hidden_, rows.row(i));
  }
  upper_competing_ = PackedMatrix(rows.view());
  upper_competing_bias_ = reorder(upper_bias_, competing_);
}

void ParserScorer::score_tokens(ConstMatrixView tokens, Buffers& buffers) const {
  const size_t n = tokens.rows;
  const size_t width = hidden_ * pieces_;
  buffers.vectors.resize(n, linear_.rows());
  gemm(tokens, linear_, linear_bias_.data(), buffers.vectors, false);
  buffers.contributions.resize(n, features_ * width);
  gemm(buffers.vectors, lower_, nullptr, buffers.contributions, false);
  buffers.sums.resize(width);
  buffers.state.resize(hidden_);
  buffers.hidden.resize(n, hidden_);
  const MatrixView sums(buffers.sums.data(), 1, width);
  for (size_t i = 0; i < n; ++i) {
    std::copy_n(buffers.contributions.row(i), width, sums.data);
    add(closed_bias_.data(), sums.data, width);
    maxout_planar(sums, pieces_, {buffers.hidden.row(i), 1, hidden_}, nullptr);
  }
  if (!has_upper_) {
    std::swap(buffers.scores, buffers.hidden);
    return;
  }
  buffers.scores.resize(n, competing_.size());
  if (competing_.empty()) return;
  gemm(buffers.hidden, upper_competing_, upper_competing_bias_.data(), buffers.scores, false);
}

void ParserScorer::open_state(std::span<const int32_t> tokens, Buffers& buffers) const {
  const size_t width = hidden_ * pieces_;
  float* sums = buffers.sums.data();
  std::copy_n(bias_.data(), width, sums);
  for (size_t f = 0; f < features_; ++f) {
    const float* from = tokens[f] < 0
                            ? pad_.data() + f * width
                            : buffers.contributions.row(static_cast<size_t>(tokens[f])) + f * width;
    add(from, sums, width);
  }
  maxout_planar({sums, 1, width}, pieces_, {buffers.state.data(), 1, hidden_}, nullptr);
}

float ParserScorer::score(uint32_t klass, const Buffers& buffers) const {
  if (!has_upper_) return buffers.state[klass];
  return dot(upper_.row(klass), buffers.state.data(), hidden_) + upper_bias_[klass];
}

}  // namespace pawl
