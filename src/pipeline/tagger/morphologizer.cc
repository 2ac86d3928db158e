#include "pipeline/tagger/morphologizer.h"

#include <map>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/tagger/settings.h"

namespace pawl {
namespace {

constexpr std::string_view kPosField = "POS";

Json morphologizer_defaults() {
  Json out = Json::object();
  out["extend"] = false;
  out["label_smoothing"] = 0.0;
  out["overwrite"] = true;
  return out;
}

void check_morphologizer(const Json& settings, const std::string& where) {
  settings_flag(settings, "extend", where);
  settings_fraction(settings, "label_smoothing", where);
  settings_flag(settings, "overwrite", where);
}

// The label that stands for both.
std::string label_name(std::string_view feats, const std::string& pos) {
  MorphFeatures features = parse_morph(feats);
  if (!pos.empty()) features.emplace_back(kPosField, pos);
  return normalize_morph(features);
}

}  // namespace

Morphologizer::Morphologizer(const std::string& name, const Json& config,
                             std::shared_ptr<Vocab> vocab)
    : TokenClassifier(name, "morphologizer", config, std::move(vocab)),
      settings_(settings_from(config, morphologizer_defaults())) {
  check_morphologizer(settings_, where());
}

Morphologizer::Morphologizer(const Morphologizer& other, std::shared_ptr<Vocab> vocab)
    : TokenClassifier(other, std::move(vocab)), settings_(other.settings_) {
  for (const Label& label : other.labels_) {
    vocab_->strings().add(other.vocab_->strings().at(label.pos));
    remember(label.name, label.feats, label.pos);
  }
}

std::vector<std::string> Morphologizer::labels() const {
  std::vector<std::string> out;
  for (const Label& label : labels_) out.push_back(label.name);
  return out;
}

void Morphologizer::forget_labels() {
  labels_.clear();
  index_.clear();
}

bool Morphologizer::remember(const std::string& name, const std::string& feats, StringId pos) {
  if (!index_.emplace(name, static_cast<int32_t>(labels_.size())).second) return false;
  vocab_->strings().add(name);
  labels_.push_back({name, feats, add_morph(feats, vocab_->strings()), pos});
  return true;
}

void Morphologizer::read_labels(const Json* feats, const Json* pos, const std::string& file) {
  if (!feats && !pos) return;
  if (!feats || !pos || !feats->is_object() || !pos->is_object())
    throw Error(ErrorKind::kFormat, file +
                                        ": labels must be two objects, of features and of parts "
                                        "of speech (labels_morph and labels_pos)");
  for (const auto& [name, value] : feats->as_object()) {
    const Json* number = pos->find(name);
    if (!value.is_string() || !number || !number->is_integer() || number->as_int() < 0 ||
        !vocab_->strings().contains(number->as_uint())) {
      throw Error(ErrorKind::kFormat,
                  file + ": label '" + name + "' lacks its features or a known part of speech");
    }
    try {
      remember(name, value.as_string(), number->as_uint());
    } catch (const Error& error) {
      throw error.within(file + ": label '" + name + "'");
    }
  }
}

bool Morphologizer::set_label_data(const Json& labels) {
  forget_labels();
  read_labels(labels.find("morph"), labels.find("pos"), where() + ".labels");
  return true;
}

void Morphologizer::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object(), feats = Json::object(), pos = Json::object();
  for (const Label& label : labels_) {
    feats[label.name] = label.feats;
    pos[label.name] = label.pos;
  }
  for (const char* key : {"extend", "label_smoothing"}) cfg[key] = settings_.at(key);
  cfg["labels_morph"] = std::move(feats);
  cfg["labels_pos"] = std::move(pos);
  cfg["overwrite"] = settings_.at("overwrite");
  write_cfg(env, path, cfg);
  write_model(env, path, network().tree());
}

void Morphologizer::from_disk(Env& env, const Path& path) {
  const Json cfg = read_cfg(env, path);
  const std::string file = (path / "cfg").string();
  settings_ = settings_from(cfg, settings_);
  check_morphologizer(settings_, file);
  forget_labels();
  read_labels(cfg.find("labels_morph"), cfg.find("labels_pos"), file);
  network().read(env, path, labels_.size());
}

std::unique_ptr<Component> Morphologizer::clone(std::shared_ptr<Vocab> vocab) const {
  return std::unique_ptr<Component>(new Morphologizer(*this, std::move(vocab)));
}

void Morphologizer::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  const StringStore& strings = vocab_->strings();
  if (labels_.empty()) {
    for (const Example& example : examples) {
      if (!example.reference) continue;
      for (const GoldToken& token : example.reference->tokens) {
        if (token.said.pos == 0 && token.said.morph == 0) continue;
        const std::string feats = morph_text(token.said.morph, strings);
        remember(label_name(feats, strings.at(token.said.pos)), feats, token.said.pos);
      }
    }
  }
  start(rng);
}

bool Morphologizer::add_label(const std::string& label) {
  MorphFeatures features = parse_morph(label);
  std::string pos;
  std::erase_if(features, [&](const auto& feature) {
    if (feature.first != kPosField) return false;
    pos = feature.second;
    return true;
  });
  if (!remember(normalize_morph(label), normalize_morph(features), vocab_->strings().add(pos)))
    return false;
  labels_added();
  return true;
}

double Morphologizer::label_smoothing() const {
  return settings_.at("label_smoothing").as_double();
}

// Features known before are kept, or where `overwrite` is set those of the label win.
StringId Morphologizer::extended(StringId known, const Label& label, bool overwrite) const {
  StringStore& strings = vocab_->strings();
  MorphFeatures features = parse_morph(overwrite ? strings.at(known) : label.feats);
  for (auto& feature : parse_morph(overwrite ? std::string_view(label.feats) : strings.at(known)))
    features.push_back(std::move(feature));
  return strings.intern(normalize_morph(features)).first;
}

void Morphologizer::annotate(Doc& doc, size_t first, MatrixView scores) const {
  thread_local std::vector<uint32_t> best;
  argmax_rows(scores, best);
  const bool overwrite = settings_.at("overwrite").as_bool();
  const bool extend = settings_.at("extend").as_bool();
  for (size_t i = 0; i < scores.rows; ++i) {
    const Label& label = labels_[best[i]];
    Token& token = doc[first + i];
    if (extend)
      token.morph = extended(token.morph, label, overwrite);
    else if (token.morph == 0 || overwrite)
      token.morph = label.morph;
    if (token.pos == 0 || overwrite) token.pos = label.pos;
  }
}

Truth Morphologizer::truth_of(StringId pos, StringId morph) const {
  const bool unaligned = pos == Example::kUnaligned || morph == Example::kUnaligned;
  if (unaligned || (pos == 0 && morph == 0)) return {};
  const StringStore& strings = vocab_->strings();
  const auto found = index_.find(label_name(strings.at(morph), strings.at(pos)));
  return found == index_.end() ? Truth{} : Truth{found->second};
}

void Morphologizer::add_truths(const Example& example, std::vector<Truth>& out) const {
  const std::vector<uint64_t> pos = example.aligned(Attr::kPos);
  const std::vector<uint64_t> morph = example.aligned(Attr::kMorph);
  std::map<std::pair<uint64_t, uint64_t>, Truth> known;
  for (size_t i = 0; i < pos.size(); ++i) {
    const auto [at, added] = known.try_emplace({pos[i], morph[i]});
    if (added) at->second = truth_of(pos[i], morph[i]);
    out.push_back(at->second);
  }
}

std::unique_ptr<Component> make_morphologizer(const std::string& name, const Json& config,
                                              std::shared_ptr<Vocab> vocab) {
  return std::make_unique<Morphologizer>(name, config, std::move(vocab));
}

}  // namespace pawl
