#include "wire/analysis_json.h"

#include <utility>

namespace pawl::wire {
namespace {

Json features_json(const service::LinguisticFeatures& features) {
  Json out = Json::object();
  out["characters"] = features.characters;
  out["is_question"] = features.is_question;
  out["exclamations"] = features.exclamations;
  out["uppercase_share"] = features.uppercase_share;
  if (!features.tokenized) return out;
  out["tokens"] = features.tokens;
  out["words"] = features.words;
  out["numbers"] = features.numbers;
  out["urls"] = features.urls;
  return out;
}

}  // namespace

Json to_json_value(const service::Analysis& analysis) {
  Json out = Json::object();
  out["text"] = analysis.text;
  out["intent"] = analysis.intent.empty() ? Json() : Json(analysis.intent);
  out["intent_confidence"] = analysis.intent_confidence;
  if (!analysis.guess.empty()) out["guess"] = analysis.guess;
  out["out_of_scope_score"] = analysis.out_of_scope_score;
  out["sentiment"] = analysis.sentiment.empty() ? Json() : Json(analysis.sentiment);
  out["sentiment_confidence"] = analysis.sentiment_confidence;
  out["persona"] = analysis.persona;
  out["persona_reason"] = analysis.persona_reason;
  Json entities = Json::array();
  for (const auto& e : analysis.entities) {
    Json entity = Json::object();
    entity["text"] = e.text;
    entity["label"] = e.label;
    entity["start"] = static_cast<uint64_t>(e.start);
    entity["end"] = static_cast<uint64_t>(e.end);
    entities.push_back(std::move(entity));
  }
  out["entities"] = std::move(entities);
  out["linguistic_features"] = features_json(analysis.linguistic_features);
  out["generation"] = analysis.generation.empty() ? Json() : Json(analysis.generation);
  out["degraded"] = analysis.degraded;
  if (analysis.encoder_reach) {
    Json read = Json::object();
    read["characters"] = *analysis.encoder_reach;
    read["of"] = analysis.linguistic_features.characters;
    out["encoder_read"] = std::move(read);
  }
  return out;
}

}  // namespace pawl::wire
