#include "pipeline/tagger/tagger.h"

#include <set>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/tagger/settings.h"

namespace pawl {
namespace {

Json tagger_defaults() {
  Json out = Json::object();
  out["label_smoothing"] = 0.0;
  out["neg_prefix"] = "!";
  out["overwrite"] = false;
  return out;
}

void check_tagger(const Json& settings, const std::string& where) {
  settings_fraction(settings, "label_smoothing", where);
  settings_text(settings, "neg_prefix", where);
  settings_flag(settings, "overwrite", where);
}

}  // namespace

Tagger::Tagger(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab)
    : TokenClassifier(name, "tagger", config, std::move(vocab)),
      settings_(settings_from(config, tagger_defaults())) {
  check_tagger(settings_, where());
}

Tagger::Tagger(const Tagger& other, std::shared_ptr<Vocab> vocab)
    : TokenClassifier(other, std::move(vocab)), settings_(other.settings_) {
  for (const std::string& label : other.labels_) remember(label);
}

bool Tagger::remember(const std::string& label) {
  const StringId id = vocab_->strings().add(label);
  if (!index_.emplace(id, static_cast<int32_t>(labels_.size())).second) return false;
  labels_.push_back(label);
  ids_.push_back(id);
  return true;
}

void Tagger::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object(), labels = Json::array();
  for (const std::string& label : labels_) labels.push_back(label);
  cfg["label_smoothing"] = settings_.at("label_smoothing");
  cfg["labels"] = std::move(labels);
  for (const char* key : {"neg_prefix", "overwrite"}) cfg[key] = settings_.at(key);
  write_cfg(env, path, cfg);
  write_model(env, path, network().tree());
}

void Tagger::from_disk(Env& env, const Path& path) {
  const Json cfg = read_cfg(env, path);
  const std::string file = (path / "cfg").string();
  settings_ = settings_from(cfg, settings_);
  check_tagger(settings_, file);
  labels_.clear();
  ids_.clear();
  index_.clear();
  for (const std::string& label : settings_labels(cfg, "labels", file)) remember(label);
  network().read(env, path, labels_.size());
}

std::unique_ptr<Component> Tagger::clone(std::shared_ptr<Vocab> vocab) const {
  return std::unique_ptr<Component>(new Tagger(*this, std::move(vocab)));
}

void Tagger::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  if (labels_.empty()) {
    std::set<std::string> tags;
    for (const Example& example : examples) {
      if (!example.reference) continue;
      for (const GoldToken& token : example.reference->tokens)
        if (token.said.tag != 0) tags.insert(vocab_->strings().at(token.said.tag));
    }
    for (const std::string& tag : tags) remember(tag);
  }
  start(rng);
}

bool Tagger::add_label(const std::string& label) {
  if (label.empty())
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': a label is empty");
  if (!remember(label)) return false;
  labels_added();
  return true;
}

double Tagger::label_smoothing() const {
  return settings_.at("label_smoothing").as_double();
}

void Tagger::annotate(Doc& doc, size_t first, MatrixView scores) const {
  thread_local std::vector<uint32_t> best;
  argmax_rows(scores, best);
  const bool overwrite = settings_.at("overwrite").as_bool();
  for (size_t i = 0; i < scores.rows; ++i) {
    Token& token = doc[first + i];
    if (token.tag == 0 || overwrite) token.tag = ids_[best[i]];
  }
}

// A tag that is no label may be one, negated; what is neither is not learnt from.
Truth Tagger::truth_of(StringId tag) const {
  if (tag == 0 || tag == Example::kUnaligned) return {};
  const std::string& text = vocab_->strings().at(tag);
  const std::string& prefix = settings_.at("neg_prefix").as_string();
  const bool negated = !prefix.empty() && text.starts_with(prefix);
  const auto found = index_.find(negated ? string_id(text.substr(prefix.size())) : tag);
  return found == index_.end() ? Truth{} : Truth{found->second, negated};
}

void Tagger::add_truths(const Example& example, std::vector<Truth>& out) const {
  for (const uint64_t tag : example.aligned(Attr::kTag)) out.push_back(truth_of(tag));
}

std::unique_ptr<Component> make_tagger(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab) {
  return std::make_unique<Tagger>(name, config, std::move(vocab));
}

}  // namespace pawl
