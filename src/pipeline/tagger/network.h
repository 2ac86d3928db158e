// The network of components that choose one label a token: vectors of tokens, then one softmax
// layer (spacy.Tagger.v1 and v2).
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/json.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "nn/model.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/tok2vec/token_vectors.h"

namespace pawl {

// Owns the tree and so the weights. Scores have one row a token, all documents of the batch one
// after another, and one column a label. Const functions are safe from any number of threads.
class TaggerNetwork {
 public:
  // `block` is the [... .model] section, `where` its path. Without weights until initialize() or
  // read(). Throws Error(kUnsupported or kFormat) naming architecture or key.
  TaggerNetwork(const Json& block, const std::string& where);
  TaggerNetwork(const TaggerNetwork& other);  // a deep copy, not linked to an upstream
  TaggerNetwork& operator=(const TaggerNetwork&) = delete;

  nn::Node& tree() const { return *tree_; }
  size_t labels() const;  // 0: unknown yet
  bool has_weights() const { return softmax_ != nullptr; }
  std::string upstream_name() const { return input_->upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream);

  void initialize(size_t labels, Rng& rng);
  // Reads `folder`/model and checks that it scores that many labels; see read_model.
  void read(Env& env, const Path& folder, size_t labels);
  // Rows at the end for new labels. Their scores begin so low that old predictions stay.
  void grow(size_t labels);
  void weights_changed();

  // What the greatest is to be chosen from: scores before softmax where the architecture does not
  // normalise them.
  void scores(DocRefs docs, Matrix& out) const;
  // The same of tokens [first, first + n) of vectors().
  void scores(const TokenVectors& vectors, size_t first, size_t n, Matrix& out) const;
  TokenVectors vectors(DocRefs docs, Matrix& storage) const {
    return input_->vectors(docs, storage);
  }
  void probabilities(DocRefs docs, Matrix& out) const;

  // Probabilities, keeping what backward needs until the next forward. One thread.
  void forward(DocRefs docs, double dropout, Rng* rng, Matrix& out);
  // `gradient`: probabilities minus truth. Adds to the parameters' gradients, or the upstream's.
  void backward(ConstMatrixView gradient, Losses& losses);

 private:
  void adopt(nn::NodePtr tree);
  nn::Node& output() const { return *tree_->ref("softmax"); }

  Json block_;
  nn::NodePtr tree_;
  std::unique_ptr<Tok2VecInput> input_;
  std::unique_ptr<nn::Softmax> softmax_;  // null: no weights yet
  Tok2VecUpstream* upstream_ = nullptr;
  Matrix vectors_, d_vectors_;  // of the last forward
};

// For each row the column of its greatest value, the first of equal ones.
void argmax_rows(ConstMatrixView scores, std::vector<uint32_t>& best);

}  // namespace pawl
