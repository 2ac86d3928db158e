#include "wire/analysis_json.h"

#include <utility>

namespace pawl::wire {
namespace {

Json sentences_json(const std::vector<service::SentenceFeatures>& sentences) {
  Json out = Json::array();
  for (const auto& s : sentences) {
    Json one = Json::object();
    one["start"] = static_cast<uint64_t>(s.start);
    one["end"] = static_cast<uint64_t>(s.end);
    one["is_question"] = s.is_question;
    if (s.is_imperative) one["is_imperative"] = *s.is_imperative;
    if (s.is_negated) one["is_negated"] = *s.is_negated;
    out.push_back(std::move(one));
  }
  return out;
}

Json chunks_json(const std::vector<service::NounChunk>& chunks) {
  Json out = Json::array();
  for (const auto& c : chunks) {
    Json one = Json::object();
    one["start"] = static_cast<uint64_t>(c.start);
    one["end"] = static_cast<uint64_t>(c.end);
    out.push_back(std::move(one));
  }
  return out;
}

// What the pipeline has no components for is left out.
void add_annotations(const service::LinguisticFeatures& features, Json& out) {
  if (features.is_imperative) out["is_imperative"] = *features.is_imperative;
  if (features.is_negated) out["is_negated"] = *features.is_negated;
  if (!features.sentences.empty()) out["sentences"] = sentences_json(features.sentences);
  if (!features.parts_of_speech.empty()) {
    out["parts_of_speech"] = Json::object();
    for (const auto& [pos, count] : features.parts_of_speech) out["parts_of_speech"][pos] = count;
  }
  if (features.noun_chunks) out["noun_chunks"] = chunks_json(*features.noun_chunks);
}

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
  add_annotations(features, out);
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
