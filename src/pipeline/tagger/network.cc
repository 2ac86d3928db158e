#include "pipeline/tagger/network.h"

#include <algorithm>

#include "base/error.h"
#include "nn/builders.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"

namespace pawl {
namespace {

// A new label's bias: its probability beside old ones is next to nothing until it has learnt.
constexpr float kNewLabelBias = -10.0f;
constexpr size_t kKeptRows = 512;  // of temporaries, between calls

bool normalizes(const Json& block, const std::string& where) {
  const std::string name = architecture(block, where);
  if (name == "spacy.Tagger.v1") return true;
  if (name != "spacy.Tagger.v2") throw_unsupported(where, name);
  return block.find("normalize") != nullptr && flag_setting(block, "normalize", where);
}

nn::NodePtr build_tagger(const Json& block, const std::string& where) {
  const bool normalize = normalizes(block, where);
  auto tok2vec = build_tok2vec(setting(block, "tok2vec", where), where + ".tok2vec");
  auto softmax = nn::make_softmax({}, tok2vec->dim("nO"));
  softmax->set_attr("softmax_normalize", Msgpack(normalize));
  nn::Node* input = tok2vec.get();
  nn::Node* output = softmax.get();
  auto tree = nn::chain({std::move(tok2vec), nn::with_array(std::move(softmax))});
  tree->set_ref("tok2vec", input);
  tree->set_ref("softmax", output);
  tree->set_ref("output_layer", output);
  return tree;
}

void set_labels(nn::Node& tree, size_t labels) {
  const auto count = static_cast<int64_t>(labels);
  tree.ref("softmax")->set_dim("nO", count);
  tree.layers.back()->set_dim("nO", count);
  tree.set_dim("nO", count);
}

void grow_rows(nn::Param& param, std::vector<int64_t> shape, float fill) {
  const FloatVector old = param.value;
  param.gradient.clear();
  param.define(std::move(shape));
  std::copy(old.begin(), old.end(), param.value.begin());
  std::fill(param.value.begin() + static_cast<ptrdiff_t>(old.size()), param.value.end(), fill);
  param.changed();
}

}  // namespace

TaggerNetwork::TaggerNetwork(const Json& block, const std::string& where) : block_(block) {
  adopt(build_tagger(block, where));
}

TaggerNetwork::TaggerNetwork(const TaggerNetwork& other) : block_(other.block_) {
  adopt(nn::clone(*other.tree_));
  if (other.has_weights()) weights_changed();
}

void TaggerNetwork::adopt(nn::NodePtr tree) {
  softmax_.reset();
  tree_ = std::move(tree);
  input_ = std::make_unique<Tok2VecInput>(*tree_->ref("tok2vec"), block_.at("tok2vec"));
  input_->set_upstream(upstream_);
}

size_t TaggerNetwork::labels() const {
  return static_cast<size_t>(output().dim("nO").value_or(0));
}

void TaggerNetwork::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
  input_->set_upstream(upstream);
}

void TaggerNetwork::initialize(size_t labels, Rng& rng) {
  for (nn::Node* node : nn::walk(*tree_)) {
    for (const auto& param : node->params) param->defined = false;
  }
  set_labels(*tree_, labels);
  input_->initialize(rng);
  output().set_dim("nI", static_cast<int64_t>(input_->width()));
  nn::initialize(output(), rng);
  weights_changed();
}

void TaggerNetwork::read(Env& env, const Path& folder, size_t labels) {
  softmax_.reset();
  read_model(env, folder, *tree_);
  if (!all_defined(*tree_)) return;
  if (this->labels() != labels) {
    throw Error(ErrorKind::kFormat, (folder / "model").string() + ": the model scores " +
                                        std::to_string(this->labels()) +
                                        " labels, the component has " + std::to_string(labels));
  }
  try {
    weights_changed();
  } catch (const Error& error) {
    throw error.within((folder / "model").string());
  }
}

void TaggerNetwork::grow(size_t labels) {
  const bool had_weights = has_weights();
  softmax_.reset();
  set_labels(*tree_, labels);
  if (!had_weights) return;
  const auto rows = static_cast<int64_t>(labels);
  grow_rows(output().param("W"), {rows, static_cast<int64_t>(input_->width())}, 0.0f);
  grow_rows(output().param("b"), {rows}, kNewLabelBias);
  weights_changed();
}

void TaggerNetwork::weights_changed() {
  if (!all_defined(*tree_)) return;
  if (!softmax_) softmax_ = std::make_unique<nn::Softmax>(output());
  softmax_->pack();
  input_->weights_changed();
}

void TaggerNetwork::scores(DocRefs docs, Matrix& out) const {
  Matrix storage;
  const TokenVectors all = vectors(docs, storage);
  scores(all, 0, all.size(), out);
}

void TaggerNetwork::scores(const TokenVectors& vectors, size_t first, size_t n, Matrix& out) const {
  thread_local Matrix storage;
  out.resize(n, softmax_->outputs());
  softmax_->forward(vectors.rows(first, n, storage), out);
  release_beyond(kKeptRows, storage);
}

void TaggerNetwork::probabilities(DocRefs docs, Matrix& out) const {
  thread_local Matrix vectors;
  input_->predict(docs, vectors);
  out.resize(vectors.rows(), softmax_->outputs());
  softmax_->forward(vectors, out, true);
}

void TaggerNetwork::forward(DocRefs docs, double dropout, Rng* rng, Matrix& out) {
  input_->forward(docs, dropout, rng, vectors_);
  out.resize(vectors_.rows(), softmax_->outputs());
  softmax_->forward(vectors_, out, true);
}

void TaggerNetwork::backward(ConstMatrixView gradient, Losses& losses) {
  d_vectors_.resize(vectors_.rows(), vectors_.cols());
  MatrixView d_vectors = d_vectors_;
  softmax_->backward(vectors_, gradient, &d_vectors);
  input_->backward(d_vectors_, losses);
}

void argmax_rows(ConstMatrixView scores, std::vector<uint32_t>& best) {
  best.resize(scores.rows);
  for (size_t i = 0; i < scores.rows; ++i) {
    const float* row = scores.row(i);
    best[i] = static_cast<uint32_t>(std::max_element(row, row + scores.cols) - row);
  }
}

}  // namespace pawl
