// The parts text classification networks are made of: the bag-of-words scorer and the output layer.
#pragma once

#include <optional>

#include "math/matrix.h"
#include "nn/layers.h"
#include "pipeline/textcat/network.h"
#include "pipeline/textcat/ngrams.h"

namespace pawl {

// Mean over rows of log(sum(exp(row))).
double mean_log_sum_exp(ConstMatrixView scores);

// N-gram counts, a sparse linear layer, and its activation if it has one: a TextCatBOW tree.
class BowScorer {
 public:
  explicit BowScorer(nn::Node& root);

  void attach();
  size_t outputs() const { return linear_->outputs(); }
  void predict(DocRefs docs, MatrixView scores) const;
  void forward(DocRefs docs, MatrixView scores);
  // Overwrites d_scores.
  void backward(ConstMatrixView scores, MatrixView d_scores);
  void add_partitions(std::vector<TextcatNetwork::Partition>& out) const;

 private:
  enum class Activation { kNone, kSoftmax, kLogistic };
  void activate(MatrixView scores) const;

  nn::Node* linear_node_;
  nn::Node* ngrams_node_;
  Activation activation_ = Activation::kNone;
  Attr attr_ = Attr::kOrth;
  size_t ngram_size_ = 1;
  std::optional<nn::SparseLinear> linear_;
  NgramCounts counts_;
  nn::SparseLinear::Saved saved_;
};

// Softmax, or linear and logistic: the last layer of the other trees.
class OutputLayer {
 public:
  // Finds the layer in the tree `root`.
  explicit OutputLayer(nn::Node& root);

  void attach();
  size_t inputs() const;
  void predict(ConstMatrixView x, MatrixView scores) const;
  void forward(ConstMatrixView x, MatrixView scores);
  // Overwrites d_scores; d_x has the shape of x.
  void backward(ConstMatrixView x, ConstMatrixView scores, MatrixView d_scores, MatrixView d_x);
  void add_partitions(ConstMatrixView x, std::vector<TextcatNetwork::Partition>& out) const;

 private:
  nn::Node* node_;
  std::optional<nn::Softmax> softmax_;
  std::optional<nn::Linear> linear_;
};

}  // namespace pawl
