#include <cassert>

#include "base/error.h"
#include "math/ops.h"
#include "nn/layers.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/textcat/layers.h"
#include "pipeline/textcat/network.h"

namespace pawl {

namespace {

void token_counts(DocRefs docs, std::vector<uint32_t>& out) {
  out.clear();
  for (const Doc* doc : docs) {
    assert(doc->size() > 0);
    out.push_back(static_cast<uint32_t>(doc->size()));
  }
}

nn::Node& required_ref(nn::Node& root, std::string_view key) {
  if (nn::Node* node = root.ref(key)) return *node;
  throw Error(ErrorKind::kFormat, "textcat: the tree has no reference '" + std::string(key) + "'");
}

// TextCatBOW
class BowNetwork final : public TextcatNetwork {
 public:
  explicit BowNetwork(nn::Node& root) : bow_(root) {}

  void weights_changed() override { bow_.attach(); }
  void predict(DocRefs docs, MatrixView scores) const override { bow_.predict(docs, scores); }
  void forward(DocRefs docs, double /*dropout*/, Rng& /*rng*/, MatrixView scores) override {
    bow_.forward(docs, scores);
  }
  void backward(ConstMatrixView scores, MatrixView d_scores, Losses& /*losses*/) override {
    bow_.backward(scores, d_scores);
  }
  std::vector<Partition> partitions() const override {
    std::vector<Partition> out;
    bow_.add_partitions(out);
    return out;
  }

 private:
  BowScorer bow_;
};

// TextCatReduce, TextCatCNN
class ReduceNetwork final : public TextcatNetwork {
 public:
  ReduceNetwork(nn::Node& root, const Json& block);

  void weights_changed() override;
  void predict(DocRefs docs, MatrixView scores) const override;
  void forward(DocRefs docs, double dropout, Rng& rng, MatrixView scores) override;
  void backward(ConstMatrixView scores, MatrixView d_scores, Losses& losses) override;
  Tok2VecInput* tok2vec() override { return &input_; }
  std::vector<Partition> partitions() const override;

 private:
  enum class Reduction { kFirst, kLast, kMax, kMean };
  void reduce(ConstMatrixView tokens, Lengths lengths, MatrixView pooled, uint32_t* which) const;
  MatrixView part(MatrixView pooled, size_t i) const;

  Tok2VecInput input_;
  OutputLayer output_;
  std::vector<Reduction> reductions_;
  std::vector<uint32_t> lengths_, which_;
  Matrix tokens_, pooled_, d_pooled_, d_tokens_, d_part_;
};

ReduceNetwork::ReduceNetwork(nn::Node& root, const Json& block)
    : input_(required_ref(root, "tok2vec"), setting(block, "tok2vec", "textcat")), output_(root) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == "reduce_first") reductions_.push_back(Reduction::kFirst);
    if (node->name == "reduce_last") reductions_.push_back(Reduction::kLast);
    if (node->name == "reduce_max") reductions_.push_back(Reduction::kMax);
    if (node->name == "reduce_mean") reductions_.push_back(Reduction::kMean);
  }
}

void ReduceNetwork::weights_changed() {
  input_.weights_changed();
  output_.attach();
}

MatrixView ReduceNetwork::part(MatrixView pooled, size_t i) const {
  const size_t width = input_.width();
  return {pooled.data + i * width, pooled.rows, width, pooled.stride};
}

void ReduceNetwork::reduce(ConstMatrixView tokens, Lengths lengths, MatrixView pooled,
                           uint32_t* which) const {
  for (size_t i = 0; i < reductions_.size(); ++i) {
    const MatrixView out = part(pooled, i);
    if (reductions_[i] == Reduction::kFirst) reduce_first(tokens, lengths, out);
    if (reductions_[i] == Reduction::kLast) reduce_last(tokens, lengths, out);
    if (reductions_[i] == Reduction::kMax) reduce_max(tokens, lengths, out, which);
    if (reductions_[i] == Reduction::kMean) reduce_mean(tokens, lengths, out);
  }
}

void ReduceNetwork::predict(DocRefs docs, MatrixView scores) const {
  thread_local Matrix tokens, pooled;
  thread_local std::vector<uint32_t> lengths;
  token_counts(docs, lengths);
  input_.predict(docs, tokens);
  pooled.resize(docs.size(), input_.width() * reductions_.size());
  reduce(tokens, lengths, pooled, nullptr);
  output_.predict(pooled, scores);
}

void ReduceNetwork::forward(DocRefs docs, double dropout, Rng& rng, MatrixView scores) {
  token_counts(docs, lengths_);
  input_.forward(docs, dropout, &rng, tokens_);
  pooled_.resize(docs.size(), input_.width() * reductions_.size());
  which_.resize(docs.size() * input_.width());
  reduce(tokens_, lengths_, pooled_, which_.data());
  output_.forward(pooled_, scores);
}

void ReduceNetwork::backward(ConstMatrixView scores, MatrixView d_scores, Losses& losses) {
  d_pooled_.resize(pooled_.rows(), pooled_.cols());
  output_.backward(pooled_, scores, d_scores, d_pooled_);
  d_tokens_.reset(tokens_.rows(), tokens_.cols());
  d_part_.resize(tokens_.rows(), tokens_.cols());
  for (size_t i = 0; i < reductions_.size(); ++i) {
    const ConstMatrixView d_y = part(d_pooled_, i);
    if (reductions_[i] == Reduction::kFirst) backprop_reduce_first(d_y, lengths_, d_part_);
    if (reductions_[i] == Reduction::kLast) backprop_reduce_last(d_y, lengths_, d_part_);
    if (reductions_[i] == Reduction::kMax) {
      backprop_reduce_max(d_y, lengths_, which_.data(), d_part_);
    }
    if (reductions_[i] == Reduction::kMean) backprop_reduce_mean(d_y, lengths_, d_part_);
    add_matrix(d_part_, d_tokens_);
  }
  input_.backward(d_tokens_, losses);
}

std::vector<TextcatNetwork::Partition> ReduceNetwork::partitions() const {
  std::vector<Partition> out;
  output_.add_partitions(pooled_, out);
  return out;
}

// TextCatEnsemble: the scores of a bag of words beside a vector of the whole text, made of the
// tokens' vectors weighted by attention.
class EnsembleNetwork final : public TextcatNetwork {
 public:
  EnsembleNetwork(nn::Node& root, const Json& block);

  void weights_changed() override;
  void predict(DocRefs docs, MatrixView scores) const override;
  void forward(DocRefs docs, double dropout, Rng& rng, MatrixView scores) override;
  void backward(ConstMatrixView scores, MatrixView d_scores, Losses& losses) override;
  Tok2VecInput* tok2vec() override { return &input_; }
  std::vector<Partition> partitions() const override;

 private:
  size_t labels() const { return bow_.outputs(); }
  MatrixView bow_part(MatrixView joined) const {
    return {joined.data, joined.rows, labels(), joined.stride};
  }
  MatrixView text_part(MatrixView joined) const {
    return {joined.data + labels(), joined.rows, input_.width(), joined.stride};
  }
  void backward_text(ConstMatrixView d_text, Losses& losses);

  // Found before a file is read into the tree: what a file says of references is not followed.
  nn::Node* attention_node_;
  nn::Node* maxout_node_;
  nn::Node* norm_node_;
  nn::Node* dropout_node_;
  BowScorer bow_;
  Tok2VecInput input_;
  OutputLayer output_;
  std::optional<nn::ParametricAttention> attention_;
  std::optional<nn::Maxout> maxout_;
  std::optional<nn::LayerNorm> norm_;
  std::optional<nn::Dropout> dropout_;

  std::vector<uint32_t> lengths_;
  Matrix tokens_, attended_, summed_, mixed_, bow_scores_, joined_;
  nn::ParametricAttention::Saved attention_saved_;
  nn::Maxout::Saved maxout_saved_;
  nn::LayerNorm::Saved norm_saved_;
  nn::Dropout::Saved dropout_saved_;
  Matrix d_joined_, d_bow_, d_text_, d_summed_, d_attended_, d_tokens_, d_keys_;
};

// concatenate(bow, chain(..., residual(chain(chain(maxout, norm), dropout)))) >> output
nn::Node& text_dropout(nn::Node& root) {
  const nn::Node* node = &root;
  for (const size_t child : {size_t{0}, size_t{1}, size_t{1}, size_t{0}, size_t{1}}) {
    if (node->layers.size() <= child) break;
    node = node->layers[child].get();
  }
  if (node->name != "dropout") {
    throw Error(ErrorKind::kFormat, "the tree '" + root.name + "' is not one pawl built");
  }
  return const_cast<nn::Node&>(*node);
}

EnsembleNetwork::EnsembleNetwork(nn::Node& root, const Json& block)
    : attention_node_(&required_ref(root, "attention_layer")),
      maxout_node_(&required_ref(root, "maxout_layer")),
      norm_node_(&required_ref(root, "norm_layer")),
      dropout_node_(&text_dropout(root)),
      bow_(*root.layers[0]->layers[0]),
      input_(required_ref(root, "tok2vec"), setting(block, "tok2vec", "textcat")),
      output_(root) {}

void EnsembleNetwork::weights_changed() {
  bow_.attach();
  input_.weights_changed();
  attention_.emplace(*attention_node_);
  maxout_.emplace(*maxout_node_).pack();
  norm_.emplace(*norm_node_);
  dropout_.emplace(*dropout_node_);
  output_.attach();
  if (output_.inputs() != labels() + input_.width()) {
    throw Error(ErrorKind::kFormat, "textcat: the output layer does not fit the labels");
  }
}

void EnsembleNetwork::predict(DocRefs docs, MatrixView scores) const {
  thread_local Matrix tokens, attended, summed, mixed, joined;
  thread_local std::vector<uint32_t> lengths;
  token_counts(docs, lengths);
  input_.predict(docs, tokens);
  attended.resize(tokens.rows(), tokens.cols());
  attention_->forward(tokens, tokens, lengths, attended, nullptr);
  summed.resize(docs.size(), input_.width());
  reduce_sum(attended, lengths, summed);
  mixed.resize(docs.size(), input_.width());
  maxout_->forward(summed, mixed, nullptr);
  norm_->forward(mixed, mixed, nullptr);
  add_matrix(summed, mixed);
  joined.resize(docs.size(), output_.inputs());
  bow_.predict(docs, scores);
  copy_matrix(scores, bow_part(joined));
  copy_matrix(mixed, text_part(joined));
  output_.predict(joined, scores);
}

void EnsembleNetwork::forward(DocRefs docs, double dropout, Rng& rng, MatrixView scores) {
  token_counts(docs, lengths_);
  input_.forward(docs, dropout, &rng, tokens_);
  attended_.resize(tokens_.rows(), tokens_.cols());
  attention_->forward(tokens_, tokens_, lengths_, attended_, &attention_saved_);
  summed_.resize(docs.size(), input_.width());
  reduce_sum(attended_, lengths_, summed_);
  mixed_.resize(docs.size(), input_.width());
  maxout_->forward(summed_, mixed_, &maxout_saved_);
  norm_->forward(mixed_, mixed_, &norm_saved_);
  dropout_node_->set_attr("dropout_rate", Msgpack(dropout));
  dropout_->forward(mixed_, rng, dropout_saved_);
  add_matrix(summed_, mixed_);
  bow_scores_.resize(docs.size(), labels());
  bow_.forward(docs, bow_scores_);
  joined_.resize(docs.size(), output_.inputs());
  copy_matrix(bow_scores_, bow_part(joined_));
  copy_matrix(mixed_, text_part(joined_));
  output_.forward(joined_, scores);
}

void EnsembleNetwork::backward(ConstMatrixView scores, MatrixView d_scores, Losses& losses) {
  d_joined_.resize(joined_.rows(), joined_.cols());
  output_.backward(joined_, scores, d_scores, d_joined_);
  d_bow_.resize(joined_.rows(), labels());
  copy_matrix(bow_part(d_joined_), d_bow_);
  bow_.backward(bow_scores_, d_bow_);
  backward_text(text_part(d_joined_), losses);
}

void EnsembleNetwork::backward_text(ConstMatrixView d_text, Losses& losses) {
  d_text_.resize(d_text.rows, d_text.cols);
  copy_matrix(d_text, d_text_);
  dropout_->backward(dropout_saved_, d_text_);
  norm_->backward(norm_saved_, d_text_, d_text_);
  d_summed_.resize(d_text.rows, d_text.cols);
  MatrixView d_summed = d_summed_;
  maxout_->backward(summed_, maxout_saved_, d_text_, &d_summed);
  add_matrix(d_text, d_summed_);
  d_attended_.resize(tokens_.rows(), tokens_.cols());
  backprop_reduce_sum(d_summed_, lengths_, d_attended_);
  d_tokens_.resize(tokens_.rows(), tokens_.cols());
  d_keys_.resize(tokens_.rows(), tokens_.cols());
  attention_->backward(tokens_, tokens_, lengths_, attention_saved_, d_attended_, d_tokens_,
                       d_keys_);
  add_matrix(d_keys_, d_tokens_);
  input_.backward(d_tokens_, losses);
}

std::vector<TextcatNetwork::Partition> EnsembleNetwork::partitions() const {
  std::vector<Partition> out;
  bow_.add_partitions(out);
  output_.add_partitions(joined_, out);
  return out;
}

}  // namespace

std::unique_ptr<TextcatNetwork> make_textcat_network(TextcatKind kind, nn::Node& root,
                                                     const Json& block) {
  switch (kind) {
    case TextcatKind::kBow:
      return std::make_unique<BowNetwork>(root);
    case TextcatKind::kReduce:
      return std::make_unique<ReduceNetwork>(root, block);
    case TextcatKind::kEnsemble:
      return std::make_unique<EnsembleNetwork>(root, block);
  }
  throw Error(ErrorKind::kInternal, "unknown kind of textcat network");
}

}  // namespace pawl
