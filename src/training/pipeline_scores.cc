#include <cmath>

#include "config/spacy_config.h"
#include "pipeline/spancat/spancat.h"
#include "training/dependency_scores.h"
#include "training/scorer.h"
#include "training/span_scores.h"
#include "training/token_scores.h"

namespace pawl {

Json prf_json(const Prf& score) {
  Json out = Json::object();
  out["p"] = score.precision();
  out["r"] = score.recall();
  out["f"] = score.fscore();
  return out;
}

namespace {

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json tokens_json(const TokenScores& scores) {
  Json out = Json::object();
  const bool any = scores.accuracy.total() > 0;
  out["token_acc"] = any ? Json(scores.accuracy.precision()) : Json();
  out["token_p"] = any ? Json(scores.spans.precision()) : Json();
  out["token_r"] = any ? Json(scores.spans.recall()) : Json();
  out["token_f"] = any ? Json(scores.spans.fscore()) : Json();
  return out;
}

Json entities_json(const EntityScores& scores) {
  Json out = Json::object();
  const bool any = scores.all.total() > 0;
  out["ents_p"] = any ? Json(scores.all.precision()) : Json();
  out["ents_r"] = any ? Json(scores.all.recall()) : Json();
  out["ents_f"] = any ? Json(scores.all.fscore()) : Json();
  Json types = any ? Json::object() : Json();
  for (const auto& [label, score] : scores.per_type) {
    if (any) types[label] = prf_json(score);
  }
  out["ents_per_type"] = std::move(types);
  return out;
}

Json categories_json(const CategoryScores& scores) {
  Json out = Json::object();
  out["cats_score"] = number_or_null(scores.score);
  out["cats_score_desc"] = scores.score_description;
  out["cats_micro_p"] = scores.micro.precision();
  out["cats_micro_r"] = scores.micro.recall();
  out["cats_micro_f"] = scores.micro.fscore();
  out["cats_macro_p"] = scores.macro_p;
  out["cats_macro_r"] = scores.macro_r;
  out["cats_macro_f"] = scores.macro_f;
  out["cats_macro_auc"] = number_or_null(scores.macro_auc);
  Json types = Json::object(), aucs = Json::object();
  for (const auto& [label, score] : scores.per_type) types[label] = prf_json(score);
  for (const auto& [label, auc] : scores.auc_per_type)
    aucs[label] = auc ? number_or_null(*auc) : Json();
  out["cats_f_per_type"] = std::move(types);
  out["cats_auc_per_type"] = std::move(aucs);
  return out;
}

CategoryOptions category_options(const Language& language, const Component& component) {
  CategoryOptions options;
  options.labels = component.labels();
  options.multi_label = component.factory() == "textcat_multilabel";
  const Json block = component.config();
  const Json* threshold = block.find("threshold");
  if (threshold && threshold->is_number()) options.threshold = threshold->as_double();
  const Json* positive = find_config(
      language.config(), "initialize.components." + component.name() + ".positive_label");
  if (positive && positive->is_string()) options.positive_label = positive->as_string();
  return options;
}

void add_scores(const Json& part, Json& out) {
  for (const auto& [key, value] : part.as_object()) out[key] = value;
}

// What the component's scorer in spaCy measures; nothing for one without a scorer.
Json token_scores(const std::string& factory, std::span<const Scored> pairs) {
  Json out = Json::object();
  const bool ruler = factory == "attribute_ruler", morphologizer = factory == "morphologizer";
  if (ruler || factory == "tagger")
    add_scores(score_token_attribute(pairs, Attr::kTag, "tag"), out);
  if (ruler || morphologizer) {
    add_scores(score_token_attribute(pairs, Attr::kPos, "pos"), out);
    add_scores(score_token_attribute(pairs, Attr::kMorph, "morph"), out);
    add_scores(score_morph_features(pairs), out);
  }
  if (ruler || factory == "lemmatizer" || factory == "trainable_lemmatizer")
    add_scores(score_token_attribute(pairs, Attr::kLemma, "lemma"), out);
  if (factory == "senter" || factory == "sentencizer") add_scores(sentence_scores_json(pairs), out);
  return out;
}

// The group that a span ruler's scorer looks at; it need not be the one the ruler writes.
std::string ruler_scores_key(const Json& block) {
  const Json* scorer = block.find("scorer");
  const Json* key = scorer && scorer->is_object() ? scorer->find("spans_key") : nullptr;
  return key && key->is_string() ? key->as_string() : "ruler";
}

}  // namespace

Json score_component(const Language& language, const Component& component,
                     std::span<const Scored> pairs) {
  const Json block = component.config();
  if (const Json* scorer = block.find("scorer"); scorer && scorer->is_null()) return Json::object();
  const std::string& factory = component.factory();
  if (factory == "spancat" || factory == "spancat_singlelabel")
    return score_span_group(pairs, dynamic_cast<const SpanCategorizer&>(component).spans_key());
  if (factory == "span_ruler") return score_span_group(pairs, ruler_scores_key(block));
  if (factory == "ner" || factory == "entity_ruler" || factory == "future_entity_ruler")
    return entities_json(score_entities(pairs));
  if (factory == "parser") return parse_scores_json(pairs);
  if (factory == "textcat" || factory == "textcat_multilabel") {
    return categories_json(score_categories(pairs, category_options(language, component)));
  }
  return token_scores(component.factory(), pairs);
}

Json tokenizer_scores(std::span<const Scored> pairs) {
  return tokens_json(score_tokens(pairs));
}

Json score_pipeline(const Language& language, std::span<const Scored> pairs) {
  Json out = tokenizer_scores(pairs);
  for (const std::string& name : language.pipe_names()) {
    const Json part = score_component(language, *language.find(name), pairs);
    for (const auto& [key, value] : part.as_object()) out[key] = value;
  }
  return out;
}

}  // namespace pawl
