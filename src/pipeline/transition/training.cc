#include "pipeline/transition/training.h"

#include <algorithm>
#include <cassert>

#include "math/gemm.h"
#include "math/ops.h"

namespace pawl {

namespace {

constexpr double kStateDropout = 0.1;

ConstMatrixView view(const nn::Param& param, size_t rows, size_t cols) {
  return {param.value.data(), rows, cols};
}

MatrixView gradient(nn::Param& param, size_t rows, size_t cols) {
  param.ensure_gradient();
  return {param.gradient.data(), rows, cols};
}

float* gradient(nn::Param& param) {
  param.ensure_gradient();
  return param.gradient.data();
}

}  // namespace

ParserPass::ParserPass(const ParserNodes& nodes, Tok2VecInput& input)
    : nodes_(nodes), input_(input), linear_(*nodes.linear) {
  assert(nodes.has_weights);
}

void ParserPass::begin(DocRefs docs, double dropout, Rng* rng, bool hold_vectors) {
  hold_vectors_ = hold_vectors;
  input_.forward(docs, dropout, rng, tokens_);
  contribute(tokens_);
}

void ParserPass::begin_fixed(DocRefs docs) {
  input_.predict(docs, tokens_);
  contribute(tokens_);
}

void ParserPass::contribute(Matrix& tokens) {
  const size_t width = nodes_.features * nodes_.hidden * nodes_.pieces;
  vectors_.resize(tokens.rows(), nodes_.inputs);
  linear_.forward(tokens, vectors_);
  contributions_.resize(tokens.rows(), width);
  gemm_nt(vectors_, view(nodes_.lower->param("W"), width, nodes_.inputs), nullptr, contributions_);
}

void ParserPass::set_states(size_t states, double dropout, Rng* rng) {
  ids_.clear();
  for (Matrix* matrix : {&sums_, &hidden_, &scores_, &mask_}) matrix->resize(0, 0);
  add_states(states, dropout, rng);
}

void ParserPass::add_states(size_t states, double dropout, Rng* rng) {
  const size_t before = sums_.rows();
  const size_t all = before + states;
  ids_.resize(all * nodes_.features, -1);
  sums_.grow(all, nodes_.hidden * nodes_.pieces);
  hidden_.grow(all, nodes_.hidden);
  which_.resize(all * nodes_.hidden);
  if (nodes_.upper == nullptr) return;
  scores_.grow(all, nodes_.classes);
  if (dropout <= 0 || rng == nullptr) return;
  mask_.grow(all, nodes_.hidden);
  dropout_mask(*rng, kStateDropout, {mask_.row(before), states * nodes_.hidden});
}

void ParserPass::score(size_t first, size_t states) {
  for (size_t i = first; i < first + states; ++i) sum_contributions(i);
  activate(first, states);
  upper_forward(first, states);
}

void ParserPass::sum_contributions(size_t state) {
  const size_t width = sums_.cols();
  const float* pad = nodes_.lower->param("pad").value.data();
  const int32_t* tokens = ids(state);
  float* sum = sums_.row(state);
  for (size_t f = 0; f < nodes_.features; ++f) {
    const float* from = tokens[f] < 0
                            ? pad + f * width
                            : contributions_.row(static_cast<size_t>(tokens[f])) + f * width;
    if (f == 0) {
      std::copy_n(from, width, sum);
    } else {
      add(from, sum, width);
    }
  }
  add(nodes_.lower->param("b").value.data(), sum, width);
}

// Maxout; a single piece is rectified in training, though not in prediction, as spaCy has it.
void ParserPass::activate(size_t first, size_t states) {
  const ConstMatrixView sums = sums_.view().slice_rows(first, states);
  const MatrixView hidden = hidden_.view().slice_rows(first, states);
  if (nodes_.pieces > 1) {
    maxout(sums, nodes_.pieces, hidden, which_.data() + first * nodes_.hidden);
  } else {
    for (size_t i = 0; i < states * nodes_.hidden; ++i) {
      hidden.data[i] = std::max(sums.data[i], 0.0f);
    }
  }
  if (mask_.size() > 0) multiply(mask_.row(first), hidden.data, states * nodes_.hidden);
}

void ParserPass::upper_forward(size_t first, size_t states) {
  if (nodes_.upper == nullptr) return;
  gemm_nt(hidden_.view().slice_rows(first, states),
          view(nodes_.upper->param("W"), nodes_.classes, nodes_.hidden),
          nodes_.upper->param("b").value.data(), scores_.view().slice_rows(first, states));
}

void ParserPass::backward(const Matrix& d_scores, Losses& losses) {
  upper_backward(d_scores, d_hidden_);
  d_sums_.resize(sums_.rows(), sums_.cols());
  activation_backward(d_hidden_, d_sums_);
  d_vectors_.reset(vectors_.rows(), vectors_.cols());
  lower_backward(d_sums_, d_vectors_);
  if (hold_vectors_) {
    linear_.backward(tokens_, d_vectors_, nullptr);
    return;
  }
  d_tokens_.resize(tokens_.rows(), tokens_.cols());
  MatrixView d_tokens = d_tokens_;
  linear_.backward(tokens_, d_vectors_, &d_tokens);
  input_.backward(d_tokens_, losses);
}

void ParserPass::upper_backward(const Matrix& d_scores, Matrix& d_hidden) {
  if (nodes_.upper == nullptr) {
    d_hidden = d_scores;
    return;
  }
  nn::Param& weights = nodes_.upper->param("W");
  gemm_tn(d_scores, hidden_, gradient(weights, nodes_.classes, nodes_.hidden), true);
  sum_rows(d_scores, gradient(nodes_.upper->param("b")));
  d_hidden.resize(d_scores.rows(), nodes_.hidden);
  gemm_nn(d_scores, view(weights, nodes_.classes, nodes_.hidden), d_hidden);
  if (mask_.size() > 0) multiply(mask_.data(), d_hidden.data(), d_hidden.size());
}

void ParserPass::activation_backward(Matrix& d_hidden, Matrix& d_sums) {
  if (nodes_.pieces > 1) {
    backprop_maxout(d_hidden, which_.data(), nodes_.pieces, d_sums);
    return;
  }
  for (size_t i = 0; i < d_sums.size(); ++i) {
    d_sums.data()[i] = sums_.data()[i] >= 0.0f ? d_hidden.data()[i] : 0.0f;
  }
}

void ParserPass::lower_backward(const Matrix& d_sums, Matrix& d_vectors) {
  sum_rows(d_sums, gradient(nodes_.lower->param("b")));
  for (size_t f = 0; f < nodes_.features; ++f) feature_backward(f, d_sums, d_vectors);
}

// States whose token is missing train the padding. spaCy also counts them, in the weights'
// gradient, as if they had the last token of the batch (X[ids] with -1); that is kept, so that both
// learn the same.
void ParserPass::feature_backward(size_t feature, const Matrix& d_sums, Matrix& d_vectors) {
  const size_t width = d_sums.cols();
  const size_t block = width * nodes_.inputs;
  states_.clear();
  FloatVector d_pad(width, 0.0f);
  for (size_t i = 0; i < d_sums.rows(); ++i) {
    if (ids(i)[feature] < 0) {
      add(d_sums.row(i), d_pad.data(), width);
    } else {
      states_.push_back(static_cast<uint32_t>(i));
    }
  }
  add(d_pad.data(), gradient(nodes_.lower->param("pad")) + feature * width, width);
  nn::Param& weights = nodes_.lower->param("W");
  float* d_weights = gradient(weights) + feature * block;
  const float* last = vectors_.row(vectors_.rows() - 1);
  for (size_t j = 0; j < width; ++j) {
    if (d_pad[j] != 0.0f) axpy(d_pad[j], last, d_weights + j * nodes_.inputs, nodes_.inputs);
  }
  rows_.resize(states_.size(), nodes_.inputs);
  d_rows_.resize(states_.size(), width);
  for (size_t k = 0; k < states_.size(); ++k) {
    const auto token = static_cast<size_t>(ids(states_[k])[feature]);
    std::copy_n(vectors_.row(token), nodes_.inputs, rows_.row(k));
    std::copy_n(d_sums.row(states_[k]), width, d_rows_.row(k));
  }
  gemm_tn(d_rows_, rows_, {d_weights, width, nodes_.inputs}, true);
  d_inputs_.resize(states_.size(), nodes_.inputs);
  const float* w = weights.value.data() + feature * block;
  gemm_nn(d_rows_, {w, width, nodes_.inputs}, d_inputs_);
  for (size_t k = 0; k < states_.size(); ++k) {
    const auto token = static_cast<size_t>(ids(states_[k])[feature]);
    add(d_inputs_.row(k), d_vectors.row(token), nodes_.inputs);
  }
}

}  // namespace pawl
