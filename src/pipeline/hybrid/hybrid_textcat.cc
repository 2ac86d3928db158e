#include "pipeline/hybrid/hybrid_textcat.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "nn/builders.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/encoder/encoder_tuning.h"
#include "pipeline/hybrid/together.h"

namespace pawl {

namespace {

constexpr const char* kArchitecture = "pawl.HybridTextCat.v1";
constexpr size_t kMaxLabels = 1 << 16;
constexpr double kSteepness = 4.0;  // of the probability of none_of_these around the bound

std::string optional_name(const Json& block, std::string_view key, const std::string& where) {
  const Json* value = block.find(key);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string() || value->as_string().empty()) {
    throw Error(ErrorKind::kFormat, "[" + where + "] " + std::string(key) + " is not a name");
  }
  return value->as_string();
}

HybridOptions read_options(const Json& model, const std::string& where) {
  HybridOptions options;
  options.hash_bits = static_cast<uint32_t>(size_setting(model, "hash_bits", where, kMaxHashBits));
  const Json& c = setting(model, "c", where);
  if (!c.is_number() || !(c.as_double() > 0.0) || c.as_double() > 1e6) {
    throw Error(ErrorKind::kFormat, "[" + where + "] c is not a positive number");
  }
  options.c = c.as_double();
  if (const Json* tune = model.find("tune")) {
    if (!tune->is_bool()) {
      throw Error(ErrorKind::kFormat, "[" + where + "] tune is neither true nor false");
    }
    options.tune = tune->as_bool();
  }
  return options;
}

// Whether so many examples are not many more than the head's tuned layers learnt from.
bool still_fits(const HybridHead* head, size_t examples) {
  return head != nullptr && head->tuned != nullptr && 2 * examples <= 3 * head->tuned->examples;
}

// The one label an example has; null when it has none.
const std::string* label_of(const Example& example) {
  const std::pair<std::string, float>* best = nullptr;
  for (const auto& cat : example.cats) {
    if (cat.second >= 0.5f && (best == nullptr || cat.second > best->second)) best = &cat;
  }
  return best == nullptr ? nullptr : &best->first;
}

}  // namespace

HybridTextCat::HybridTextCat(const std::string& name, const Json& config,
                             std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, "pawl_hybrid_textcat"),
      config_(config),
      vocab_(std::move(vocab)),
      tree_(nn::make_named("hybrid_textcat")) {
  const std::string where = "components." + name;
  const Json& model = setting(config_, "model", where);
  if (architecture(model, where + ".model") != kArchitecture) {
    throw_unsupported(where + ".model", architecture(model, where + ".model"));
  }
  none_ = optional_name(config_, "none_of_these", where);
  vectors_name_ = optional_name(model, "vectors", where + ".model");
  options_ = read_options(model, where + ".model");
}

HybridTextCat::~HybridTextCat() = default;

void HybridTextCat::set_vectors(std::shared_ptr<const SentenceVectors> vectors) {
  const bool same = base_ != nullptr && vectors != nullptr && vectors_ != base_ &&
                    base_->fingerprint() == vectors->fingerprint();
  base_ = std::move(vectors);
  if (!same) link();
}

// Layers tuned for another encoder stay unused: the head then answers with its first tier.
void HybridTextCat::link() {
  vectors_ = base_;
  if (head_ == nullptr || head_->tuned == nullptr) return;
  try {
    vectors_ = tuned_vectors(base_, *head_->tuned);
  } catch (const Error& error) {
    throw error.within("component '" + name() + "', tuned");
  }
}

void HybridTextCat::calibrate_as(const TrainableComponent& other) {
  const auto* head = dynamic_cast<const HybridTextCat*>(&other);
  calibrated_as_ = head == nullptr ? nullptr : head->head_;
}

void HybridTextCat::inherit(const TrainableComponent& live) {
  const auto* other = dynamic_cast<const HybridTextCat*>(&live);
  if (other != nullptr) inherited_ = other->head_;
}

const HybridHead& HybridTextCat::head() const {
  if (head_ && head_->classes == labels_.size()) return *head_;
  throw Error(ErrorKind::kInvalidInput,
              "component '" + name() + "' is not trained; initialize it with examples or load it");
}

std::vector<HybridAnswer> HybridTextCat::answer(std::span<const std::string_view> texts) const {
  return head().answer(texts, vectors_.get());
}

void HybridTextCat::predict(std::span<Doc> docs) const {
  const HybridTextCat* const self = this;
  predict_together({&self, 1}, docs);
}

void HybridTextCat::predict_together(std::span<const HybridTextCat* const> heads,
                                     std::span<Doc> docs) {
  std::vector<std::string_view> texts;
  for (const Doc& doc : docs) texts.push_back(doc.text());
  std::vector<std::pair<const HybridHead*, const SentenceVectors*>> asked;
  for (const HybridTextCat* one : heads) asked.emplace_back(&one->head(), one->vectors_.get());
  const auto answers = answer_together(asked, texts);
  for (size_t h = 0; h < heads.size(); ++h) {
    for (size_t i = 0; i < docs.size(); ++i) heads[h]->annotate(answers[h][i], docs[i]);
  }
}

void HybridTextCat::annotate(const HybridAnswer& given, Doc& doc) const {
  const double none = none_.empty() ? 0.0 : given.none_probability(kSteepness);
  for (size_t k = 0; k < labels_.size(); ++k) {
    const double p = static_cast<double>(given.probabilities[k]) * (1.0 - none);
    doc.set_cat(labels_[k], static_cast<float>(p));
  }
  if (!none_.empty()) doc.set_cat(none_, static_cast<float>(none));
}

void HybridTextCat::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object();
  Json labels = Json::array();
  for (const std::string& label : labels_) labels.push_back(label);
  cfg["labels"] = std::move(labels);
  write_cfg(env, path, cfg);
  if (head_) env.write_file(path / "model", head().to_bytes(), false);
}

void HybridTextCat::from_disk(Env& env, const Path& path) {
  const std::string where = (path / "cfg").string();
  const Json cfg = read_cfg(env, path);
  const Json* list = cfg.find("labels");
  if (list == nullptr || !list->is_array() || list->as_array().size() > kMaxLabels) {
    throw Error(ErrorKind::kFormat, where + ": labels is missing or no list");
  }
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const Json& item : list->as_array()) {
    if (!item.is_string() || !seen.insert(item.as_string()).second) {
      throw Error(ErrorKind::kFormat, where + ": labels must be different strings");
    }
    labels.push_back(item.as_string());
  }
  std::shared_ptr<const HybridHead> head;
  const Path file = path / "model";
  if (env.exists(file)) {
    try {
      head = std::make_shared<const HybridHead>(HybridHead::from_bytes(env.read_file(file)));
      if (head->classes != labels.size()) {
        throw Error(ErrorKind::kFormat, "classes: there are not as many labels in cfg");
      }
    } catch (const Error& error) {
      throw error.within(file.string());
    }
  } else if (!labels.empty()) {
    throw Error(ErrorKind::kNotFound, file.string() + ": missing, though " + where +
                                          " names labels; take the folder from where it is whole");
  }
  labels_ = std::move(labels);
  head_ = std::move(head);
  trainer_.reset();
  link();
}

std::unique_ptr<Component> HybridTextCat::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<HybridTextCat>(name(), config_, std::move(vocab));
  copy->tuning_is_due_ = tuning_is_due_;
  copy->labels_ = labels_;
  copy->base_ = base_;
  copy->vectors_ = vectors_;
  copy->head_ = head_;
  copy->trainer_ = trainer_;
  return copy;
}

// Labels not known yet are added.
std::vector<LabeledText> HybridTextCat::labeled(std::span<const Example> examples) {
  std::vector<LabeledText> texts;
  for (const Example& example : examples) {
    const std::string* label = label_of(example);
    if (label == nullptr || !(example.weight > 0.0f)) continue;
    add_label(*label);
    const auto index = std::find(labels_.begin(), labels_.end(), *label) - labels_.begin();
    texts.push_back({example.predicted.text(), static_cast<uint32_t>(index), example.weight});
  }
  return texts;
}

void HybridTextCat::initialize(std::span<const Example> examples, Rng& rng, Progress& progress) {
  trainer_.reset();
  head_.reset();
  for (const Example& example : examples) {
    for (const auto& [label, value] : example.cats) add_label(label);
  }
  const std::vector<LabeledText> texts = labeled(examples);
  HybridOptions options = options_;
  options.seed = rng.next();
  options.tune_anew = !postponed_;
  options.checkpoint = checkpoint_;
  options.calibrated_as = calibrated_as_.get();
  if (batch_limit_ > 0) options.tuning_batch = std::min(options.tuning_batch, batch_limit_);
  auto trainer = std::make_shared<HybridTrainer>(labels_, options, base_);
  const bool fits = still_fits(inherited_.get(), texts.size());
  if (fits || postponed_)
    trainer->fit(texts, progress, inherited_);
  else
    trainer->fit(texts, progress, nullptr, inherited_);
  tuning_is_due_ = postponed_ && !fits && trainer->could_tune(texts.size());
  head_ = trainer->head();
  vectors_ = trainer->vectors();
  trainer_ = std::move(trainer);
}

// The training state, of this component alone.
HybridTrainer& HybridTextCat::trainer() {
  if (!trainer_) {
    trainer_ = std::make_shared<HybridTrainer>(labels_, options_, base_);
    trainer_->resume(head(), {});
  } else if (trainer_.use_count() > 1) {
    trainer_ = std::make_shared<HybridTrainer>(*trainer_);
  }
  return *trainer_;
}

bool HybridTextCat::add_label(const std::string& label) {
  if (label.empty()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': a label is empty");
  }
  if (std::find(labels_.begin(), labels_.end(), label) != labels_.end()) return false;
  if (head_) {
    HybridTrainer& state = trainer();
    state.add_label(label);
    head_ = state.head();
  }
  labels_.push_back(label);
  return true;
}

void HybridTextCat::add_loss(std::span<const LabeledText> examples, Losses& losses) const {
  std::vector<std::string_view> texts;
  for (const LabeledText& example : examples) texts.push_back(example.text);
  double loss = 0.0;
  const std::vector<HybridAnswer> answers = answer(texts);
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto p = static_cast<double>(answers[i].probabilities[examples[i].label]);
    loss -= std::log(std::max(p, 1e-12));
  }
  losses[name()] += texts.empty() ? 0.0 : loss / static_cast<double>(texts.size());
}

void HybridTextCat::update(std::span<Example> examples, const UpdateOptions&, Losses& losses) {
  head();
  const std::vector<LabeledText> texts = labeled(examples);
  add_loss(texts, losses);
  if (trainer_ && std::all_of(texts.begin(), texts.end(),
                              [&](const LabeledText& text) { return trainer_->knows(text); })) {
    return;
  }
  HybridTrainer& state = trainer();
  state.correct(texts);
  head_ = state.head();
}

void HybridTextCat::rehearse(std::span<Doc>, const TrainableComponent&, const UpdateOptions&,
                             Losses&) {}

void HybridTextCat::resume(std::span<const Example> examples) {
  const HybridHead trained = head();
  const size_t known = labels_.size();
  std::vector<LabeledText> texts;
  for (const Example& example : examples) {
    const std::string* label = label_of(example);
    if (label == nullptr || !(example.weight > 0.0f)) continue;
    const auto found = std::find(labels_.begin(), labels_.end(), *label);
    const auto index = static_cast<size_t>(found - labels_.begin());
    if (index < known) {
      texts.push_back({example.predicted.text(), static_cast<uint32_t>(index), example.weight});
    }
  }
  auto state = std::make_shared<HybridTrainer>(labels_, options_, base_);
  state->resume(trained, texts);
  trainer_ = std::move(state);
}

std::unique_ptr<Component> make_hybrid_textcat(const std::string& name, const Json& config,
                                               std::shared_ptr<Vocab> vocab) {
  return std::make_unique<HybridTextCat>(name, config, std::move(vocab));
}

}  // namespace pawl
