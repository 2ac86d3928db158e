// The "textcat" and "textcat_multilabel" components (spacy.pipeline.textcat, textcat_multilabel).
#include "pipeline/textcat/textcat.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/json_strings.h"
#include "math/ops.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/textcat/build.h"
#include "pipeline/textcat/grow.h"
#include "pipeline/textcat/network.h"
#include "pipeline/tok2vec/link.h"
#include "pipeline/tok2vec/static_vectors.h"

namespace pawl {

namespace {

constexpr size_t kMaxLabels = 1 << 16;

class Textcat final : public TrainableComponent, public Tok2VecListening {
 public:
  Textcat(const std::string& name, const std::string& factory, Json config,
          std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return labels_; }
  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  nn::Node& model() override { return *root_; }
  void weights_changed() override;

  std::string upstream_name() const override;
  void set_upstream(Tok2VecUpstream* upstream) override;

 private:
  const Json& model_block() const { return config_.at("model"); }
  std::string where() const { return "components." + name() + ".model"; }
  bool multi_label() const { return factory() == "textcat_multilabel"; }
  void adopt(nn::NodePtr root);
  void check_label_count(const std::string& file) const;
  void read_labels(const Json& cfg, const std::string& file);
  void remember_label(const std::string& label);
  void require_weights() const;
  void check_categories(const Example& example) const;
  void start_waiting_labels(DocRefs docs, std::span<const Example* const> examples,
                            const UpdateOptions& options);
  void learn(DocRefs docs, const UpdateOptions& options, const Matrix& weights,
             const Matrix& target, double divisor, Losses& losses);

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  TextcatKind kind_;
  nn::NodePtr root_;
  std::unique_ptr<TextcatNetwork> network_;
  Tok2VecUpstream* upstream_ = nullptr;
  Json cfg_;  // of the component's folder: threshold, positive_label and what spaCy may add
  std::vector<std::string> labels_;
  std::unordered_map<std::string, size_t> label_index_;
  bool has_weights_ = false;
  Matrix scores_, d_scores_;
};

Textcat::Textcat(const std::string& name, const std::string& factory, Json config,
                 std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, factory),
      config_(std::move(config)),
      vocab_(std::move(vocab)),
      kind_(textcat_kind(setting(config_, "model", "components." + name), where())),
      cfg_(Json::object()) {
  const Json* threshold = config_.find("threshold");
  cfg_["labels"] = Json::array();
  cfg_["threshold"] = threshold ? *threshold : Json(multi_label() ? 0.5 : 0.0);
  if (!multi_label()) cfg_["positive_label"] = nullptr;
  adopt(build_textcat(model_block(), where()));
}

void Textcat::adopt(nn::NodePtr root) {
  network_.reset();
  root_ = std::move(root);
  network_ = make_textcat_network(kind_, *root_, model_block());
  set_upstream(upstream_);
  has_weights_ = false;
}

std::string Textcat::upstream_name() const {
  Tok2VecInput* input = network_->tok2vec();
  return input ? input->upstream_name() : std::string();
}

void Textcat::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
  if (Tok2VecInput* input = network_->tok2vec()) input->set_upstream(upstream);
}

void Textcat::weights_changed() {
  network_->weights_changed();
  has_weights_ = true;
}

void Textcat::require_weights() const {
  if (has_weights_) return;
  throw Error(ErrorKind::kInvalidInput, "component '" + name() +
                                            "' has no weights yet; initialise it with examples or "
                                            "load a trained pipeline");
}

// A document without tokens has nothing to go by: all its scores are 0, as when spaCy is given it
// alone, whatever else is in the batch.
void Textcat::predict(std::span<Doc> docs) const {
  require_weights();
  thread_local std::vector<const Doc*> refs;
  thread_local Matrix scores;
  refs.clear();
  for (const Doc& doc : docs) {
    if (doc.size() > 0) refs.push_back(&doc);
  }
  scores.resize(refs.size(), labels_.size());
  if (!refs.empty()) network_->predict(refs, scores);
  size_t row = 0;
  for (Doc& doc : docs) {
    const float* values = doc.size() > 0 ? scores.row(row++) : nullptr;
    for (size_t j = 0; j < labels_.size(); ++j) doc.set_cat(labels_[j], values ? values[j] : 0.0f);
  }
}

void Textcat::to_disk(Env& env, const Path& path) const {
  Json cfg = cfg_;
  cfg["labels"] = json_strings(labels_);
  write_cfg(env, path, cfg);
  write_model(env, path, *root_);
}

void Textcat::read_labels(const Json& cfg, const std::string& file) {
  labels_.clear();
  label_index_.clear();
  const Json* labels = cfg.find("labels");
  if (!labels || !labels->is_array() || labels->as_array().size() > kMaxLabels) {
    throw Error(ErrorKind::kFormat, file + ": 'labels' is not a list of labels");
  }
  for (const Json& label : labels->as_array()) {
    if (!label.is_string() || label_index_.contains(label.as_string())) {
      throw Error(ErrorKind::kFormat, file + ": 'labels' holds " + to_json(label) +
                                          ", which is no label or is there twice");
    }
    remember_label(label.as_string());
  }
}

void Textcat::remember_label(const std::string& label) {
  label_index_.emplace(label, labels_.size());
  labels_.push_back(label);
  if (vocab_) vocab_->strings().add(label);
}

void Textcat::check_label_count(const std::string& file) const {
  for (const nn::Node* node : nn::walk(*root_)) {
    if (node->name != "sparse_linear" && node->name != "softmax" && node->name != "linear") {
      continue;
    }
    if (node->dim("nO") == static_cast<int64_t>(labels_.size())) continue;
    throw Error(ErrorKind::kFormat, file + ": the layer '" + node->name +
                                        "' does not have one output for each of the " +
                                        std::to_string(labels_.size()) + " labels in cfg");
  }
}

void Textcat::from_disk(Env& env, const Path& path) {
  Json cfg = read_cfg(env, path);
  read_labels(cfg, (path / "cfg").string());
  for (auto& [key, value] : cfg.as_object()) cfg_[key] = value;
  adopt(build_textcat(model_block(), where()));
  read_model(env, path, *root_);
  if (!all_defined(*root_)) return;
  const std::string file = (path / "model").string();
  check_label_count(file);
  try {
    weights_changed();
  } catch (const Error& error) {
    throw error.within(file);
  }
}

std::unique_ptr<Component> Textcat::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<Textcat>(name(), factory(), config_, std::move(vocab));
  copy->cfg_ = cfg_;
  for (const std::string& label : labels_) copy->remember_label(label);
  copy->adopt(nn::clone(*root_));
  if (has_weights_) copy->weights_changed();
  return copy;
}

void Textcat::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  for (const Example& example : examples) {
    check_categories(example);
    for (const auto& [label, value] : example.cats) {
      if (!label_index_.contains(label)) remember_label(label);
    }
  }
  const size_t needed = multi_label() ? 1 : 2;
  if (labels_.size() < needed) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' (" + factory() +
                                              ") needs at least " + std::to_string(needed) +
                                              " labels; the examples name " +
                                              std::to_string(labels_.size()));
  }
  adopt(build_textcat(model_block(), where()));
  set_label_count(*root_, static_cast<int64_t>(labels_.size()));
  if (vocab_) set_vector_widths(*root_, *vocab_);
  nn::initialize(*root_, rng);
  weights_changed();
}

bool Textcat::add_label(const std::string& label) {
  if (label_index_.contains(label)) return false;
  remember_label(label);
  if (!has_weights_) return true;
  grow_labels(*root_, kind_, labels_.size());
  weights_changed();
  return true;
}

void Textcat::check_categories(const Example& example) const {
  size_t positive = 0;
  for (const auto& [label, value] : example.cats) {
    if (!(value >= 0.0f && value <= 1.0f)) {
      throw Error(ErrorKind::kInvalidInput, "the category '" + label +
                                                "' of an example has the value " +
                                                std::to_string(value) + "; give one from 0 to 1");
    }
    if (value == 1.0f && label_index_.contains(label)) ++positive;
  }
  if (positive > 1 && !multi_label()) {
    throw Error(ErrorKind::kInvalidInput,
                "an example has several categories with value 1, but component '" + name() +
                    "' (textcat) chooses one; use textcat_multilabel for such examples");
  }
}

void Textcat::start_waiting_labels(DocRefs docs, std::span<const Example* const> examples,
                                   const UpdateOptions& options) {
  std::vector<bool> wanted(labels_.size(), false);
  bool any = false;
  for (nn::Node* node : nn::walk(*root_)) {
    if (node->name != "sparse_linear" && node->name != "softmax") continue;
    const nn::Param& bias = node->param("b");
    for (const Example* example : examples) {
      for (const auto& [label, value] : example->cats) {
        const auto found = label_index_.find(label);
        if (found == label_index_.end() || value <= 0.5f) continue;
        if (!is_waiting(bias, found->second)) continue;
        wanted[found->second] = any = true;
      }
    }
  }
  if (!any) return;
  Rng unused(0);
  scores_.resize(docs.size(), labels_.size());
  network_->forward(docs, 0.0, unused, scores_);
  for (nn::Param* bias : start_labels(network_->partitions(), wanted)) {
    if (options.optimizer) options.optimizer->forget(*bias);
  }
}

// One step: the gradient of the scores is weights * (scores - target), the loss their squares.
void Textcat::learn(DocRefs docs, const UpdateOptions& options, const Matrix& weights,
                    const Matrix& target, double divisor, Losses& losses) {
  Rng unused(0);
  scores_.resize(docs.size(), labels_.size());
  network_->forward(docs, options.dropout, options.rng ? *options.rng : unused, scores_);
  d_scores_.resize(docs.size(), labels_.size());
  double loss = 0.0;
  for (size_t i = 0; i < d_scores_.size(); ++i) {
    const float difference = scores_.data()[i] - target.data()[i];
    d_scores_.data()[i] = difference * weights.data()[i];
    loss += static_cast<double>(difference) * d_scores_.data()[i];
  }
  network_->backward(scores_, d_scores_, losses);
  if (options.optimizer) options.optimizer->step(*root_);
  losses[name()] += loss / divisor;
}

void Textcat::update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) {
  require_weights();
  losses[name()] += 0.0;
  std::vector<const Doc*> docs;
  std::vector<const Example*> used;
  for (const Example& example : examples) {
    check_categories(example);
    if (example.predicted.size() == 0) continue;
    docs.push_back(&example.predicted);
    used.push_back(&example);
  }
  if (docs.empty()) return;
  start_waiting_labels(docs, used, options);
  Matrix target(docs.size(), labels_.size());
  Matrix weights(docs.size(), labels_.size(), multi_label() ? 0.0f : 1.0f);
  for (size_t i = 0; i < used.size(); ++i) {
    for (const auto& [label, value] : used[i]->cats) {
      const auto found = label_index_.find(label);
      if (found == label_index_.end()) continue;
      target(i, found->second) = value;
      weights(i, found->second) = 1.0f;
    }
    scale(used[i]->weight, weights.row(i), labels_.size());
  }
  learn(docs, options, weights, target, static_cast<double>(target.size()), losses);
}

void Textcat::rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                       const UpdateOptions& options, Losses& losses) {
  require_weights();
  losses[name()] += 0.0;
  const auto* other = dynamic_cast<const Textcat*>(&teacher);
  if (!other) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' cannot rehearse '" +
                                              teacher.name() + "', which is no text classifier");
  }
  other->require_weights();
  std::vector<const Doc*> refs;
  for (const Doc& doc : docs) {
    if (doc.size() > 0) refs.push_back(&doc);
  }
  if (refs.empty()) return;
  Matrix remembered(refs.size(), other->labels_.size());
  other->network_->predict(refs, remembered);
  Matrix target(refs.size(), labels_.size());
  Matrix weights(refs.size(), labels_.size());
  for (size_t k = 0; k < other->labels_.size(); ++k) {
    const auto found = label_index_.find(other->labels_[k]);
    if (found == label_index_.end()) continue;
    for (size_t i = 0; i < refs.size(); ++i) {
      target(i, found->second) = remembered(i, k);
      weights(i, found->second) = 1.0f;
    }
  }
  learn(refs, options, weights, target, 1.0, losses);
}

}  // namespace

std::unique_ptr<Component> make_textcat(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab) {
  const Json* factory = config.find("factory");
  const std::string kind = factory && factory->is_string() ? factory->as_string() : "textcat";
  if (kind != "textcat" && kind != "textcat_multilabel") {
    throw_unsupported("components." + name, "the factory '" + kind + "'");
  }
  return std::make_unique<Textcat>(name, kind, config, std::move(vocab));
}

}  // namespace pawl
