#include "pipeline/spancat/network.h"

#include "base/error.h"
#include "math/ops.h"
#include "nn/builders.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/spancat/pooling.h"

namespace pawl {
namespace {

constexpr int64_t kMaxHidden = 65536;
constexpr int64_t kMaxoutPieces = 3;

std::string layer_name(const Json& block, const std::string& where) {
  const Json& name = setting(block, "@layers", where);
  if (!name.is_string()) throw Error(ErrorKind::kFormat, "[" + where + "] @layers must be a name");
  return name.as_string();
}

nn::NodePtr build_reducer(const Json& block, const std::string& where) {
  const std::string name = layer_name(block, where);
  if (name != "spacy.mean_max_reducer.v1") throw_unsupported(where, name);
  const int64_t hidden = size_setting(block, "hidden_size", where, kMaxHidden);
  return nn::chain({nn::concatenate({nn::make_named("reduce_last"), nn::make_named("reduce_first"),
                                     nn::make_named("reduce_mean"), nn::make_named("reduce_max")}),
                    nn::make_maxout(hidden, {}, kMaxoutPieces, true, 0.0)});
}

nn::NodePtr build_scorer(const Json& block, const std::string& where) {
  const std::string name = layer_name(block, where);
  if (name == "spacy.LinearLogistic.v1") {
    return nn::chain({nn::make_linear(), nn::make_logistic()});
  }
  if (name == "Softmax.v1" || name == "Softmax.v2") return nn::make_softmax();
  throw_unsupported(where, name);
}

nn::NodePtr build_spancat(const Json& block, const std::string& where) {
  const std::string name = architecture(block, where);
  if (name != "spacy.SpanCategorizer.v1") throw_unsupported(where, name);
  auto tok2vec = build_tok2vec(setting(block, "tok2vec", where), where + ".tok2vec");
  auto reducer = build_reducer(setting(block, "reducer", where), where + ".reducer");
  auto scorer = build_scorer(setting(block, "scorer", where), where + ".scorer");
  auto ragged = nn::chain({tok2vec, nn::make_named("list2ragged")});
  const std::string item = "with_getitem(" + ragged->name + ")";
  auto tree = nn::chain({nn::make_node(item, {{"idx", Msgpack(int64_t{0})}}, {std::move(ragged)}),
                         nn::make_named("extract_spans"), reducer, scorer});
  tree->set_ref("tok2vec", tok2vec.get());
  tree->set_ref("reducer", reducer.get());
  tree->set_ref("scorer", scorer.get());
  return tree;
}

nn::Node& find_below(nn::Node& root, std::string_view name) {
  for (nn::Node* node : nn::walk(root)) {
    if (node->name == name) return *node;
  }
  throw Error(ErrorKind::kInternal, "spancat: the tree has no '" + std::string(name) + "'");
}

}  // namespace

SpancatNetwork::SpancatNetwork(const Json& block, const std::string& where) : block_(block) {
  adopt(build_spancat(block, where));
}

SpancatNetwork::SpancatNetwork(const SpancatNetwork& other) : block_(other.block_) {
  adopt(nn::clone(*other.tree_));
  if (other.has_weights()) weights_changed();
}

void SpancatNetwork::adopt(nn::NodePtr tree) {
  tree_ = std::move(tree);
  input_ = std::make_unique<Tok2VecInput>(*tree_->ref("tok2vec"), block_.at("tok2vec"));
  input_->set_upstream(upstream_);
  dropout_node_ = &find_below(*tree_->ref("reducer"), "dropout");
}

nn::Node& SpancatNetwork::maxout_node() const {
  return find_below(*tree_->ref("reducer"), "maxout");
}

nn::Node& SpancatNetwork::output_node() const {
  nn::Node& scorer = *tree_->ref("scorer");
  return scorer.name == "softmax" ? scorer : find_below(scorer, "linear");
}

void SpancatNetwork::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
  input_->set_upstream(upstream);
}

void SpancatNetwork::initialize(size_t labels, Rng& rng) {
  for (nn::Node* node : nn::walk(*tree_)) {
    for (const auto& param : node->params) param->defined = false;
  }
  const auto count = static_cast<int64_t>(labels);
  input_->initialize(rng);
  maxout_node().set_dim("nI", static_cast<int64_t>(kSpanReductions * input_->width()));
  output_node().set_dim("nI", *maxout_node().dim("nO"));
  output_node().set_dim("nO", count);
  nn::initialize(*tree_->ref("reducer"), rng);
  nn::initialize(*tree_->ref("scorer"), rng);
  tree_->set_dim("nO", count);
  weights_changed();
}

void SpancatNetwork::read(Env& env, const Path& folder, size_t labels) {
  maxout_.reset();
  read_model(env, folder, *tree_);
  if (!all_defined(*tree_)) return;
  const auto scored = static_cast<size_t>(output_node().dim("nO").value_or(0));
  const std::string file = (folder / "model").string();
  if (scored != labels) {
    throw Error(ErrorKind::kFormat, file + ": the model scores " + std::to_string(scored) +
                                        " labels, the component has " + std::to_string(labels));
  }
  try {
    weights_changed();
  } catch (const Error& error) {
    throw error.within(file);
  }
}

void SpancatNetwork::weights_changed() {
  if (!all_defined(*tree_)) return;
  input_->weights_changed();
  maxout_.reset();
  nn::Maxout maxout(maxout_node());
  norm_.emplace(find_below(*tree_->ref("reducer"), "layernorm"));
  dropout_.emplace(*dropout_node_);
  linear_.reset();
  softmax_.reset();
  nn::Node& output = output_node();
  if (output.name == "softmax") {
    softmax_.emplace(output).pack();
  } else {
    linear_.emplace(output).pack();
  }
  const size_t outputs = softmax_ ? softmax_->inputs() : linear_->inputs();
  if (maxout.inputs() != kSpanReductions * input_->width() || maxout.outputs() != norm_->width() ||
      maxout.outputs() != outputs) {
    throw Error(ErrorKind::kFormat, "spancat: the widths of its layers do not fit each other");
  }
  maxout_.emplace(std::move(maxout)).pack();
}

void SpancatNetwork::score(ConstMatrixView hidden, MatrixView out, bool training) const {
  if (softmax_) return softmax_->forward(hidden, out, training);
  linear_->forward(hidden, out);
  logistic(out);
}

void SpancatNetwork::predict(DocRefs docs, const CandidateBatch& batch, Matrix& out) const {
  thread_local Matrix tokens, pooled, hidden;
  input_->predict(docs, tokens);
  pooled.resize(batch.spans.size(), kSpanReductions * tokens.cols());
  pool_spans(tokens, batch.spans, pooled, nullptr);
  hidden.resize(pooled.rows(), maxout_->outputs());
  maxout_->forward(pooled, hidden, nullptr);
  norm_->forward(hidden, hidden, nullptr);
  out.resize(pooled.rows(), softmax_ ? softmax_->outputs() : linear_->outputs());
  score(hidden, out, false);
}

void SpancatNetwork::forward(DocRefs docs, const CandidateBatch& batch, double dropout, Rng* rng,
                             Matrix& out) {
  batch_ = batch;
  input_->forward(docs, dropout, rng, tokens_);
  pooled_.resize(batch.spans.size(), kSpanReductions * tokens_.cols());
  which_.resize(batch.spans.size() * tokens_.cols());
  pool_spans(tokens_, batch.spans, pooled_, which_.data());
  hidden_.resize(pooled_.rows(), maxout_->outputs());
  maxout_->forward(pooled_, hidden_, &maxout_saved_);
  norm_->forward(hidden_, hidden_, &norm_saved_);
  dropout_node_->set_attr("dropout_rate", Msgpack(dropout));
  Rng unused(0);
  dropout_->forward(hidden_, rng ? *rng : unused, dropout_saved_);
  out.resize(pooled_.rows(), softmax_ ? softmax_->outputs() : linear_->outputs());
  score(hidden_, out, true);
  scores_ = out;
}

void SpancatNetwork::backward(MatrixView gradient, Losses& losses) {
  Matrix d_hidden(hidden_.rows(), hidden_.cols());
  MatrixView d_hidden_view = d_hidden;
  if (softmax_) {
    softmax_->backward(hidden_, gradient, &d_hidden_view);
  } else {
    backprop_logistic(scores_, gradient);
    linear_->backward(hidden_, gradient, &d_hidden_view);
  }
  dropout_->backward(dropout_saved_, d_hidden);
  norm_->backward(norm_saved_, d_hidden, d_hidden);
  Matrix d_pooled(pooled_.rows(), pooled_.cols());
  MatrixView d_pooled_view = d_pooled;
  maxout_->backward(pooled_, maxout_saved_, d_hidden, &d_pooled_view);
  Matrix d_tokens;
  d_tokens.reset(tokens_.rows(), tokens_.cols());
  backprop_pool_spans(d_pooled, batch_.spans, which_.data(), d_tokens);
  input_->backward(d_tokens, losses);
}

}  // namespace pawl
