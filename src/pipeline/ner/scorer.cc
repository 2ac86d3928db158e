#include "pipeline/ner/scorer.h"

#include <algorithm>
#include <cassert>

#include "math/ops.h"

namespace pawl {

namespace {

constexpr size_t kBlock = 1024;  // tokens

}  // namespace

EntityScorer::EntityScorer(const ParserNodes& nodes, std::span<const uint32_t> competing)
    : vectors_(nodes),
      has_upper_(nodes.upper != nullptr),
      competing_(competing.begin(), competing.end()) {
  if (has_upper_) pack_upper(nodes);
}

void EntityScorer::pack_upper(const ParserNodes& nodes) {
  assert(nodes.upper != nullptr);
  const nn::Param& weights = nodes.upper->param("W");
  upper_bias_ = nodes.upper->param("b").value;
  upper_.resize(nodes.classes, nodes.hidden);
  copy_matrix({weights.value.data(), nodes.classes, nodes.hidden}, upper_);
  if (competing_.empty()) return;
  Matrix rows(competing_.size(), nodes.hidden);
  upper_competing_bias_.resize(competing_.size());
  for (size_t i = 0; i < competing_.size(); ++i) {
    std::copy_n(upper_.row(competing_[i]), nodes.hidden, rows.row(i));
    upper_competing_bias_[i] = upper_bias_[competing_[i]];
  }
  upper_competing_ = PackedMatrix(rows.view());
}

void EntityScorer::begin(const TokenVectors& tokens, Buffers& buffers) const {
  vectors_.begin(tokens, buffers.vectors);
  buffers.state.resize(vectors_.hidden());
  buffers.first = buffers.end = 0;
}

const float* EntityScorer::scores(size_t token, Buffers& buffers) const {
  if (token < buffers.first || token >= buffers.end) score_block(token / kBlock * kBlock, buffers);
  return buffers.scores.row(token - buffers.first);
}

void EntityScorer::score_block(size_t first, Buffers& buffers) const {
  const size_t n = std::min(kBlock, buffers.vectors.tokens.size() - first);
  buffers.first = first;
  buffers.end = first + n;
  buffers.hidden.resize(n, vectors_.hidden());
  for (size_t i = 0; i < n; ++i) {
    vectors_.compute_alone(first + i, buffers.vectors, buffers.hidden.row(i));
  }
  if (!has_upper_) {
    std::swap(buffers.scores, buffers.hidden);
    return;
  }
  buffers.scores.resize(n, competing_.size());
  if (competing_.empty()) return;
  gemm(buffers.hidden, upper_competing_, upper_competing_bias_.data(), buffers.scores, false);
}

void EntityScorer::open_state(std::span<const int32_t> tokens, Buffers& buffers) const {
  vectors_.compute(tokens, buffers.vectors, buffers.state.data());
}

float EntityScorer::score(uint32_t klass, const Buffers& buffers) const {
  if (!has_upper_) return buffers.state[klass];
  return dot(upper_.row(klass), buffers.state.data(), vectors_.hidden()) + upper_bias_[klass];
}

}  // namespace pawl
