#include "learn/heads/heads.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "pipeline/registry.h"

namespace pawl::learn {
namespace {

// Rows of the n-gram table: enough for the distinct n-grams of a conversational vocabulary, a
// quarter of spaCy's default, so that a generation stays a few megabytes.
constexpr int64_t kNgramRows = 65536;

Json bow_model(int ngram_size) {
  Json model = Json::object();
  model["@architectures"] = "spacy.TextCatBOW.v3";
  model["exclusive_classes"] = true;
  model["length"] = kNgramRows;
  model["ngram_size"] = ngram_size;
  model["no_output_layer"] = false;
  model["nO"] = nullptr;
  return model;
}

Json embed_block() {
  Json embed = Json::object();
  embed["@architectures"] = "spacy.MultiHashEmbed.v2";
  embed["width"] = 64;
  embed["rows"] = Json(Json::Array{Json(2000), Json(2000), Json(500), Json(1000), Json(500)});
  embed["attrs"] =
      Json(Json::Array{Json("NORM"), Json("LOWER"), Json("PREFIX"), Json("SUFFIX"), Json("SHAPE")});
  embed["include_static_vectors"] = false;
  return embed;
}

Json tok2vec_model() {
  Json encode = Json::object();
  encode["@architectures"] = "spacy.MaxoutWindowEncoder.v2";
  encode["width"] = 64;
  encode["window_size"] = 1;
  encode["maxout_pieces"] = 3;
  encode["depth"] = 2;
  Json model = Json::object();
  model["@architectures"] = "spacy.Tok2Vec.v2";
  model["embed"] = embed_block();
  model["encode"] = encode;
  return model;
}

Json textcat_config(Json model) {
  Json scorer = Json::object();
  scorer["@scorers"] = "spacy.textcat_scorer.v2";
  Json config = Json::object();
  config["factory"] = "textcat";
  config["scorer"] = scorer;
  config["threshold"] = 0.0;
  config["model"] = std::move(model);
  return config;
}

Json ensemble_model() {
  Json model = Json::object();
  model["@architectures"] = "spacy.TextCatEnsemble.v2";
  model["nO"] = nullptr;
  model["linear_model"] = bow_model(1);
  model["tok2vec"] = tok2vec_model();
  return model;
}

Json hybrid_config(const std::string& encoder) {
  Json model = Json::object();
  model["@architectures"] = "pawl.HybridTextCat.v1";
  model["vectors"] = encoder;
  model["hash_bits"] = 20;
  model["tune"] = true;
  model["c"] = 60.0;
  Json config = Json::object();
  config["factory"] = "pawl_hybrid_textcat";
  config["none_of_these"] = nullptr;
  config["model"] = std::move(model);
  return config;
}

Json ner_config() {
  Json model = Json::object();
  model["@architectures"] = "spacy.TransitionBasedParser.v2";
  model["state_type"] = "ner";
  model["extra_state_tokens"] = false;
  model["hidden_width"] = 64;
  model["maxout_pieces"] = 2;
  model["use_upper"] = true;
  model["nO"] = nullptr;
  model["tok2vec"] = tok2vec_model();
  Json scorer = Json::object();
  scorer["@scorers"] = "spacy.ner_scorer.v1";
  Json config = Json::object();
  config["factory"] = "ner";
  config["incorrect_spans_key"] = nullptr;
  config["moves"] = nullptr;
  config["scorer"] = scorer;
  config["update_with_oracle_cut_size"] = 100;
  config["model"] = std::move(model);
  return config;
}

bool touches_missing(const Example& gold, const Span& span) {
  if (gold.missing_entity.empty()) return false;
  for (uint32_t i = span.start; i < span.end; ++i) {
    if (gold.missing_entity[i]) return true;
  }
  return false;
}

}  // namespace

std::string_view head_name(Head head) {
  switch (head) {
    case Head::kIntent:
      return "intent";
    case Head::kSentiment:
      return "sentiment";
    case Head::kEntities:
      return "entities";
  }
  return "";
}

std::string_view component_name(Head head) {
  return head == Head::kEntities ? "ner" : head_name(head);
}

std::string_view label_prefix(Head head) {
  switch (head) {
    case Head::kIntent:
      return "INTENT_";
    case Head::kSentiment:
      return "SENTIMENT_";
    case Head::kEntities:
      return "";
  }
  return "";
}

std::string to_category(Head head, std::string_view label) {
  return std::string(label_prefix(head)) + std::string(label);
}

std::optional<std::string> from_category(Head head, std::string_view category) {
  const std::string_view prefix = label_prefix(head);
  if (!category.starts_with(prefix)) return std::nullopt;
  return std::string(category.substr(prefix.size()));
}

std::vector<Recipe> recipes(Head head, const std::string& encoder) {
  if (head == Head::kEntities) return {{"ner", ner_config(), 1}};
  std::vector<Recipe> all;
  if (!encoder.empty()) all.push_back({"hybrid", hybrid_config(encoder), 1});
  all.push_back({"bow", textcat_config(bow_model(2)), 5});
  all.push_back({"ensemble", textcat_config(ensemble_model()), 1});
  return all;
}

std::unique_ptr<TrainableComponent> make_head(const Recipe& recipe, Head head,
                                              std::shared_ptr<Vocab> vocab) {
  std::unique_ptr<Component> made =
      make_component(std::string(component_name(head)), recipe.config, std::move(vocab));
  auto* trainable = dynamic_cast<TrainableComponent*>(made.get());
  if (trainable == nullptr) throw Error(ErrorKind::kInternal, recipe.name + ": is not trainable");
  made.release();
  return std::unique_ptr<TrainableComponent>(trainable);
}

EncoderLink find_encoder(const Language& nlp) {
  for (const std::string& name : nlp.pipe_names()) {
    const auto* upstream = dynamic_cast<const SentenceVectorsUpstream*>(nlp.find(name));
    if (upstream != nullptr && upstream->vectors() != nullptr) return {name, upstream->vectors()};
  }
  return {};
}

void add_encoder(Env& env, Language& nlp, const Path& folder) {
  if (!find_encoder(nlp).name.empty()) return;
  Json config = Json::object();
  config["factory"] = "pawl_sentence_encoder";
  config["path"] = nullptr;
  auto encoder = make_component("sentence_encoder", config, nlp.shared_vocab());
  encoder->from_disk(env, folder);
  if (nlp.find(encoder->name()) != nullptr) nlp.remove_pipe(encoder->name());
  nlp.add_component(std::move(encoder), config);
}

void link_vectors(Component& component, std::shared_ptr<const SentenceVectors> vectors) {
  auto* listening = dynamic_cast<SentenceVectorsListening*>(&component);
  if (listening != nullptr && !listening->vectors_name().empty())
    listening->set_vectors(std::move(vectors));
}

TrainableComponent* find_head(const Language& nlp, Head head) {
  return nlp.find_trainable(component_name(head));
}

void put_head(Language& nlp, std::unique_ptr<TrainableComponent> component) {
  if (nlp.find(component->name()) == nullptr) nlp.add_pipe(component->name(), component->config());
  nlp.replace_pipe(std::move(component));
}

std::unique_ptr<TrainableComponent> clone_head(const TrainableComponent& component,
                                               std::shared_ptr<Vocab> vocab) {
  std::unique_ptr<Component> copy = component.clone(std::move(vocab));
  auto* trainable = dynamic_cast<TrainableComponent*>(copy.get());
  if (trainable == nullptr)
    throw Error(ErrorKind::kInternal, component.name() + ": its copy cannot be trained");
  copy.release();
  return std::unique_ptr<TrainableComponent>(trainable);
}

std::vector<std::pair<std::string, double>> label_scores(const Doc& doc, Head head) {
  std::vector<std::pair<std::string, double>> scores;
  for (const auto& [category, score] : doc.cats()) {
    if (auto label = from_category(head, category)) scores.emplace_back(*label, score);
  }
  return scores;
}

Scored best_label(const Doc& doc, Head head) {
  Scored best;
  for (auto& [label, score] : label_scores(doc, head)) {
    if (best.label.empty() || score > best.confidence) best = {std::move(label), score};
  }
  return best;
}

std::vector<Doc> predict_copies(const TrainableComponent& component,
                                std::span<const Example> examples) {
  std::vector<Doc> docs;
  docs.reserve(examples.size());
  for (const Example& example : examples) docs.push_back(example.predicted);
  component.predict(docs);
  return docs;
}

std::map<std::string, SpanCounts> count_entities(const Example& gold, const Doc& predicted) {
  std::map<std::string, SpanCounts> counts;
  const StringStore& strings = predicted.vocab().strings();
  for (const Span& span : gold.entities) ++counts[strings.at(span.label)].gold;
  for (const Span& span : predicted.entities()) {
    if (touches_missing(gold, span)) continue;
    SpanCounts& c = counts[strings.at(span.label)];
    ++c.predicted;
    c.correct += std::find(gold.entities.begin(), gold.entities.end(), span) != gold.entities.end();
  }
  return counts;
}

double score_head(const TrainableComponent& component, Head head,
                  std::span<const Example> examples) {
  if (examples.empty()) return 0;
  const std::vector<Doc> docs = predict_copies(component, examples);
  if (head == Head::kEntities) {
    std::vector<SpanCounts> all;
    for (size_t i = 0; i < docs.size(); ++i) {
      for (const auto& [label, c] : count_entities(examples[i], docs[i])) all.push_back(c);
    }
    return f_score(all);
  }
  size_t right = 0;
  for (size_t i = 0; i < docs.size(); ++i) {
    const std::string best = to_category(head, best_label(docs[i], head).label);
    for (const auto& [category, value] : examples[i].cats)
      right += value > 0.5f && category == best;
  }
  return static_cast<double>(right) / static_cast<double>(docs.size());
}

}  // namespace pawl::learn
