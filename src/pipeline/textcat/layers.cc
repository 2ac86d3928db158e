#include "pipeline/textcat/layers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "math/gemm.h"
#include "math/ops.h"
#include "pipeline/tok2vec/attributes.h"

namespace pawl {

namespace {

nn::Node& need_node(nn::Node& root, std::string_view name) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == name) return *node;
  }
  throw Error(ErrorKind::kFormat,
              "the textcat tree '" + root.name + "' has no node '" + std::string(name) + "'");
}

nn::Node& need_output(nn::Node& root) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == "softmax" || node->name == "linear") return *node;
  }
  throw Error(ErrorKind::kFormat, "the textcat tree '" + root.name + "' has no output layer");
}

}  // namespace

double mean_log_sum_exp(ConstMatrixView scores) {
  if (scores.rows == 0) return 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < scores.rows; ++i) {
    const float* row = scores.row(i);
    const double best = *std::max_element(row, row + scores.cols);
    double total = 0.0;
    for (size_t j = 0; j < scores.cols; ++j) total += std::exp(row[j] - best);
    sum += best + std::log(total);
  }
  return sum / static_cast<double>(scores.rows);
}

BowScorer::BowScorer(nn::Node& root)
    : linear_node_(&need_node(root, "sparse_linear")),
      ngrams_node_(&need_node(root, "extract_ngrams")) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == "softmax_activation") activation_ = Activation::kSoftmax;
    if (node->name == "logistic") activation_ = Activation::kLogistic;
  }
}

void BowScorer::attach() {
  attr_ = tok2vec_attribute(*ngrams_node_->attr("attr"));
  const int64_t size = ngrams_node_->attr("ngram_size")->as_int();
  if (size < 1 || size > kMaxNgram) {
    throw Error(ErrorKind::kFormat, "extract_ngrams: ngram_size is " + std::to_string(size));
  }
  ngram_size_ = static_cast<size_t>(size);
  linear_.emplace(*linear_node_);
}

void BowScorer::activate(MatrixView scores) const {
  if (activation_ == Activation::kSoftmax) softmax(scores);
  if (activation_ == Activation::kLogistic) logistic(scores);
}

void BowScorer::predict(DocRefs docs, MatrixView scores) const {
  thread_local NgramCounts counts;
  extract_ngrams(docs, attr_, ngram_size_, counts);
  linear_->forward(counts.input(), scores, nullptr);
  activate(scores);
}

void BowScorer::forward(DocRefs docs, MatrixView scores) {
  extract_ngrams(docs, attr_, ngram_size_, counts_);
  linear_->forward(counts_.input(), scores, &saved_);
  activate(scores);
}

void BowScorer::backward(ConstMatrixView scores, MatrixView d_scores) {
  if (activation_ == Activation::kSoftmax) backprop_softmax(scores, d_scores);
  if (activation_ == Activation::kLogistic) backprop_logistic(scores, d_scores);
  linear_->backward(counts_.input(), saved_, d_scores);
}

void BowScorer::add_partitions(std::vector<TextcatNetwork::Partition>& out) const {
  if (activation_ != Activation::kSoftmax) return;
  Matrix scores(counts_.lengths.size(), outputs());
  linear_->forward(counts_.input(), scores, nullptr);
  out.push_back({&linear_node_->param("b"), mean_log_sum_exp(scores)});
}

OutputLayer::OutputLayer(nn::Node& root) : node_(&need_output(root)) {}

void OutputLayer::attach() {
  softmax_.reset();
  linear_.reset();
  if (node_->name == "softmax") {
    softmax_.emplace(*node_).pack();
  } else {
    linear_.emplace(*node_).pack();
  }
}

size_t OutputLayer::inputs() const {
  return softmax_ ? softmax_->inputs() : linear_->inputs();
}

void OutputLayer::predict(ConstMatrixView x, MatrixView scores) const {
  if (softmax_) return softmax_->forward(x, scores);
  linear_->forward(x, scores);
  logistic(scores);
}

void OutputLayer::forward(ConstMatrixView x, MatrixView scores) {
  if (softmax_) return softmax_->forward(x, scores, true);
  predict(x, scores);
}

void OutputLayer::backward(ConstMatrixView x, ConstMatrixView scores, MatrixView d_scores,
                           MatrixView d_x) {
  if (softmax_) return softmax_->backward(x, d_scores, &d_x);
  backprop_logistic(scores, d_scores);
  linear_->backward(x, d_scores, &d_x);
}

void OutputLayer::add_partitions(ConstMatrixView x,
                                 std::vector<TextcatNetwork::Partition>& out) const {
  if (!softmax_) return;
  nn::Param& weights = node_->param("W");
  nn::Param& bias = node_->param("b");
  Matrix scores(x.rows, softmax_->outputs());
  gemm_nt(x, {weights.value.data(), scores.cols(), x.cols}, bias.value.data(), scores);
  out.push_back({&bias, mean_log_sum_exp(scores)});
}

}  // namespace pawl
