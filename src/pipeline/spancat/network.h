// The network of span categorizers: tokens' vectors, reduced to one vector a span, scored for every
// label (spacy.SpanCategorizer.v1 with mean_max_reducer and LinearLogistic or Softmax).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "nn/model.h"
#include "pipeline/spancat/suggester.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

// Spans of a batch; rows of scores follow their order.
struct CandidateBatch {
  std::vector<Candidate> spans;   // over the tokens of all documents, one after another
  std::vector<uint32_t> lengths;  // spans of each document
};

// Owns the tree and so the weights. Const functions are safe from any number of threads.
class SpancatNetwork {
 public:
  // `block` is the [... .model] section, `where` its path. Without weights until initialize() or
  // read(). Throws Error(kUnsupported or kFormat) naming architecture or key.
  SpancatNetwork(const Json& block, const std::string& where);
  SpancatNetwork(const SpancatNetwork& other);  // a deep copy, not linked to an upstream
  SpancatNetwork& operator=(const SpancatNetwork&) = delete;

  nn::Node& tree() const { return *tree_; }
  bool has_weights() const { return maxout_.has_value(); }
  std::string upstream_name() const { return input_->upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream);

  void initialize(size_t labels, Rng& rng);
  // Reads `folder`/model and checks that it scores that many labels; see read_model.
  void read(Env& env, const Path& folder, size_t labels);
  void weights_changed();

  // Probabilities, one row a span and one column a label; the batch must have spans.
  void predict(DocRefs docs, const CandidateBatch& batch, Matrix& out) const;
  // The same with dropout, keeping what backward needs until the next forward. One thread.
  void forward(DocRefs docs, const CandidateBatch& batch, double dropout, Rng* rng, Matrix& out);
  // `gradient`: probabilities minus truth; overwritten. Adds to the parameters' gradients, or the
  // upstream's.
  void backward(MatrixView gradient, Losses& losses);

 private:
  void adopt(nn::NodePtr tree);
  nn::Node& maxout_node() const;
  nn::Node& output_node() const;
  void score(ConstMatrixView hidden, MatrixView out, bool training) const;

  Json block_;
  nn::NodePtr tree_;
  std::unique_ptr<Tok2VecInput> input_;
  Tok2VecUpstream* upstream_ = nullptr;
  nn::Node* dropout_node_ = nullptr;
  // Empty: no weights yet.
  std::optional<nn::Maxout> maxout_;
  std::optional<nn::LayerNorm> norm_;
  std::optional<nn::Dropout> dropout_;
  std::optional<nn::Linear> linear_;  // with a logistic behind it; or
  std::optional<nn::Softmax> softmax_;

  // Of the last forward.
  CandidateBatch batch_;
  Matrix tokens_, pooled_, hidden_, scores_;
  std::vector<uint32_t> which_;  // the token each maximum came from
  nn::Maxout::Saved maxout_saved_;
  nn::LayerNorm::Saved norm_saved_;
  nn::Dropout::Saved dropout_saved_;
};

}  // namespace pawl
