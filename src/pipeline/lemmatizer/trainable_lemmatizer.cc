#include "pipeline/lemmatizer/trainable_lemmatizer.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tagger/settings.h"

namespace pawl {
namespace {

// As spaCy names attributes of a token.
std::optional<Attr> read_backoff(const Json& config, const std::string& where) {
  const Json* backoff = config.find("backoff");
  if (!backoff) return Attr::kOrth;
  if (backoff->is_null()) return {};
  constexpr std::pair<const char*, Attr> kNames[] = {
      {"orth", Attr::kOrth},   {"lower", Attr::kLower},   {"norm", Attr::kNorm},
      {"shape", Attr::kShape}, {"prefix", Attr::kPrefix}, {"suffix", Attr::kSuffix},
      {"tag", Attr::kTag},     {"lemma", Attr::kLemma}};
  for (const auto& [name, attr] : kNames) {
    if (backoff->is_string() && backoff->as_string() == name) return attr;
  }
  throw_unsupported(where, "backoff = " + to_json(*backoff));
}

uint64_t read_count(const Json& config, const char* key, uint64_t otherwise,
                    const std::string& where) {
  const Json* value = config.find(key);
  if (!value) return otherwise;
  if (!value->is_integer() || value->as_int() < 0)
    throw Error(ErrorKind::kFormat,
                "[" + where + "] " + key + " must be a whole number, 0 or more");
  return value->as_uint();
}

}  // namespace

TrainableLemmatizer::TrainableLemmatizer(const std::string& name, const Json& config,
                                         std::shared_ptr<Vocab> vocab)
    : TokenClassifier(name, "trainable_lemmatizer", config, std::move(vocab)) {
  if (config.find("overwrite")) overwrite_ = settings_flag(config, "overwrite", where());
  top_k_ = read_count(config, "top_k", 1, where());
  min_tree_freq_ = read_count(config, "min_tree_freq", 3, where());
  backoff_ = read_backoff(config, where());
}

TrainableLemmatizer::TrainableLemmatizer(const TrainableLemmatizer& other,
                                         std::shared_ptr<Vocab> vocab)
    : TokenClassifier(other, std::move(vocab)),
      overwrite_(other.overwrite_),
      top_k_(other.top_k_),
      min_tree_freq_(other.min_tree_freq_),
      backoff_(other.backoff_),
      trees_(other.trees_),
      labels_(other.labels_),
      indices_(other.indices_) {
  for (uint32_t i = 0; i < trees_.size(); ++i) {
    for (const StringId id : {trees_[i].from, trees_[i].to})
      vocab_->strings().add(other.vocab_->strings().at(id));
  }
}

void TrainableLemmatizer::remember(uint32_t tree) {
  if (indices_.try_emplace(tree, static_cast<int32_t>(labels_.size())).second)
    labels_.push_back(tree);
}

void TrainableLemmatizer::take_labels(const Json* labels, const std::string& file) {
  labels_.clear();
  indices_.clear();
  cache_ = std::make_unique<LemmaCache>();
  if (!labels) return;
  const auto bad = [&] {
    throw Error(ErrorKind::kFormat, file + ": labels must be a list of different trees' numbers");
  };
  if (!labels->is_array()) bad();
  for (const Json& label : labels->as_array()) {
    if (!label.is_integer() || label.as_int() < 0 || label.as_uint() >= trees_.size()) bad();
    remember(static_cast<uint32_t>(label.as_uint()));
  }
  if (labels_.size() != labels->as_array().size()) bad();
}

bool TrainableLemmatizer::set_label_data(const Json& labels) {
  const std::string key = where() + ".labels";
  trees_.from_json(labels.at("trees"), vocab_->strings(), key);
  take_labels(&labels.at("labels"), key);
  return true;
}

void TrainableLemmatizer::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object(), labels = Json::array();
  for (const uint32_t label : labels_) labels.push_back(static_cast<int64_t>(label));
  cfg["labels"] = std::move(labels);
  write_cfg(env, path, cfg);
  write_model(env, path, network().tree());
  env.write_file(path / "trees", trees_.to_bytes(), false);
}

void TrainableLemmatizer::from_disk(Env& env, const Path& path) {
  const Json cfg = read_cfg(env, path);
  const Path file = path / "trees";
  trees_ = EditTrees();
  if (env.exists(file)) trees_.from_bytes(env.read_file(file), vocab_->strings(), file.string());
  take_labels(cfg.find("labels"), (path / "cfg").string());
  network().read(env, path, labels_.size());
}

std::unique_ptr<Component> TrainableLemmatizer::clone(std::shared_ptr<Vocab> vocab) const {
  return std::unique_ptr<Component>(new TrainableLemmatizer(*this, std::move(vocab)));
}

bool TrainableLemmatizer::add_label(const std::string& label) {
  throw Error(ErrorKind::kUnsupported, "component '" + name() +
                                           "' (trainable_lemmatizer) makes its labels from "
                                           "examples, so '" +
                                           label + "' cannot be added; name another component");
}

// Trees are counted apart, so that the rare ones leave no parts and no strings behind.
void TrainableLemmatizer::labels_from(std::span<const Example> examples) {
  struct Use {
    uint64_t count = 0;
    std::string form, lemma;
  };
  EditTrees trees;
  StringStore strings;
  std::vector<Use> uses;
  std::map<uint32_t, size_t> order;
  for (const Example& example : examples) {
    if (!example.reference) continue;
    const GoldDoc& gold = *example.reference;
    const Doc doc = doc_of(gold, *vocab_);
    for (size_t i = 0; i < doc.size(); ++i) {
      if (gold.tokens[i].said.lemma == 0) continue;
      const std::string& lemma = vocab_->strings().at(gold.tokens[i].said.lemma);
      const uint32_t tree = trees.add(*doc[i].lex->text, lemma, strings);
      const auto [at, added] = order.try_emplace(tree, uses.size());
      if (added) uses.emplace_back();
      Use& use = uses[at->second];
      ++use.count;
      use.form = *doc[i].lex->text;
      use.lemma = lemma;
    }
  }
  for (const Use& use : uses) {
    if (use.count >= min_tree_freq_) remember(trees_.add(use.form, use.lemma, vocab_->strings()));
  }
}

void TrainableLemmatizer::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  if (labels_.empty()) labels_from(examples);
  cache_ = std::make_unique<LemmaCache>();
  start(rng);
}

// LemmaCache::kNotApplicable when the tree does not fit the form.
StringId TrainableLemmatizer::lemma_of(Doc& doc, const Token& token, uint32_t tree) const {
  const LemmaCache::Key key{token.lex->orth, tree, 0};
  if (const StringId* known = cache_->find(key)) return *known;
  thread_local std::string text;
  const bool fits = trees_.apply(tree, *token.lex->text, vocab_->strings(), text);
  const StringId lemma = fits ? doc.add_string(text) : LemmaCache::kNotApplicable;
  if (!vocab_->is_full()) cache_->add(key, lemma);
  return lemma;
}

// Of the best top_k trees the first that fits.
StringId TrainableLemmatizer::best_lemma(Doc& doc, const Token& token, float* scores,
                                         size_t count) const {
  const uint64_t tries = std::min<uint64_t>(top_k_, count);
  for (uint64_t i = 0; i < tries; ++i) {
    float* best = std::max_element(scores, scores + count);
    const StringId lemma = lemma_of(doc, token, labels_[static_cast<size_t>(best - scores)]);
    if (lemma != LemmaCache::kNotApplicable) return lemma;
    *best = std::numeric_limits<float>::lowest();
  }
  return LemmaCache::kNotApplicable;
}

StringId TrainableLemmatizer::backoff_of(Doc& doc, size_t i) const {
  if (!backoff_) return doc[i].lemma;
  const StringId id = doc.attr(i, *backoff_);
  if (id == 0 || vocab_->strings().contains(id)) return id;
  return doc.add_string(vocab_->attribute_of(*doc[i].lex->text, *backoff_));
}

void TrainableLemmatizer::annotate(Doc& doc, size_t first, MatrixView scores) const {
  for (size_t i = 0; i < scores.rows; ++i) {
    Token& token = doc[first + i];
    if (token.lemma != 0 && !overwrite_) continue;
    const StringId lemma = best_lemma(doc, token, scores.row(i), scores.cols);
    token.lemma = lemma == LemmaCache::kNotApplicable ? backoff_of(doc, first + i) : lemma;
  }
}

// A lemma no label leads to counts as the first label, as in spaCy.
void TrainableLemmatizer::add_truths(const Example& example, std::vector<Truth>& out) const {
  const std::vector<uint64_t> lemmas = example.aligned(Attr::kLemma);
  for (size_t i = 0; i < lemmas.size(); ++i) {
    Truth truth;
    if (lemmas[i] != 0 && lemmas[i] != Example::kUnaligned) {
      const auto tree =
          trees_.find(*example.predicted[i].lex->text, vocab_->strings().at(lemmas[i]));
      const auto found = tree ? indices_.find(*tree) : indices_.end();
      truth.label = found == indices_.end() ? 0 : found->second;
    }
    out.push_back(truth);
  }
}

std::unique_ptr<Component> make_trainable_lemmatizer(const std::string& name, const Json& config,
                                                     std::shared_ptr<Vocab> vocab) {
  return std::make_unique<TrainableLemmatizer>(name, config, std::move(vocab));
}

}  // namespace pawl
