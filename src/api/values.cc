#include "api/values.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "learn/intake/collect_checks.h"
#include "pawl/analyzer.h"
#include "wire/status_json.h"
#include "wire/turn_json.h"

namespace pawl::v1 {
namespace {

constexpr std::array<std::string_view, 6> kDataTypes = {
    "conversation",       "user_feedback",     "intent_correction",
    "persona_preference", "entity_annotation", "sentiment_correction"};
constexpr std::array<std::string_view, 9> kStatuses = {
    "pending",   "collecting_data", "preprocessing", "training", "validating",
    "completed", "failed",          "rolled_back",   "skipped"};

TrainingStatus status_from(std::string_view name) {
  for (size_t i = 0; i < kStatuses.size(); ++i) {
    if (kStatuses[i] == name) return static_cast<TrainingStatus>(i);
  }
  throw Error(ErrorKind::kFormat, "\"" + std::string(name) + "\" is not the status of a cycle");
}

// Members that may be absent or null.
std::string text_in(const Json& object, const char* key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}
bool flag_in(const Json& object, const char* key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}
std::optional<double> number_in(const Json& object, const char* key) {
  const Json* value = object.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->as_double();
}
uint64_t count_in(const Json& object, const char* key) {
  return static_cast<uint64_t>(number_in(object, key).value_or(0));
}

void read_scores(const Json& json, ValidationScores& scores) {
  scores.accuracy = number_in(json, "accuracy").value_or(0);
  scores.precision = number_in(json, "precision").value_or(0);
  scores.recall = number_in(json, "recall").value_or(0);
  scores.f1_score = number_in(json, "f1_score").value_or(0);
  scores.intent_accuracy = number_in(json, "intent_accuracy");
  scores.sentiment_accuracy = number_in(json, "sentiment_accuracy");
  scores.entity_accuracy = number_in(json, "entity_accuracy");
}

std::optional<ValidationResult> validation_in(const Json& result) {
  const Json* json = result.find("validation");
  if (json == nullptr || !json->is_object()) return std::nullopt;
  ValidationResult validation;
  read_scores(*json, validation);
  validation.passed_threshold = flag_in(*json, "passed_threshold");
  if (const Json* incumbent = json->find("incumbent"); incumbent && incumbent->is_object())
    read_scores(*incumbent, validation.incumbent);
  const Json* tests = json->find("tests");
  if (tests == nullptr || !tests->is_array()) return validation;
  for (const Json& test : tests->as_array()) {
    validation.tests.push_back({text_in(test, "name"), number_in(test, "statistic").value_or(0),
                                number_in(test, "p_value").value_or(1), flag_in(test, "passed")});
  }
  return validation;
}

std::optional<std::vector<pawl::EntitySpan>> spans_of(
    const std::optional<std::vector<EntitySpan>>& spans) {
  if (!spans) return std::nullopt;
  std::vector<pawl::EntitySpan> out;
  for (const auto& s : *spans) out.push_back({s.start, s.end, s.label});
  return out;
}

LinguisticFeatures features_of(service::LinguisticFeatures f) {
  LinguisticFeatures out;
  out.characters = f.characters;
  out.is_question = f.is_question;
  out.exclamations = f.exclamations;
  out.uppercase_share = f.uppercase_share;
  out.tokenized = f.tokenized;
  out.tokens = f.tokens;
  out.words = f.words;
  out.numbers = f.numbers;
  out.urls = f.urls;
  for (const auto& s : f.sentences)
    out.sentences.push_back({s.start, s.end, s.is_question, s.is_imperative, s.is_negated});
  out.is_imperative = f.is_imperative;
  out.is_negated = f.is_negated;
  out.parts_of_speech = std::move(f.parts_of_speech);
  if (!f.noun_chunks) return out;
  out.noun_chunks.emplace();
  for (const auto& c : *f.noun_chunks) out.noun_chunks->push_back({c.start, c.end});
  return out;
}

}  // namespace

std::string_view to_string(LearningDataType type) {
  return kDataTypes.at(static_cast<size_t>(type));
}
std::string_view to_string(TrainingStatus status) {
  return kStatuses.at(static_cast<size_t>(status));
}

std::string persona_for(std::string_view intent) {
  return service::PersonaRules::usual().choose(intent, "").persona;
}

Analysis analysis_of(service::Analysis analysis) {
  Analysis out;
  out.text = std::move(analysis.text);
  out.intent = std::move(analysis.intent);
  out.sentiment = std::move(analysis.sentiment);
  out.persona = std::move(analysis.persona);
  out.persona_reason = std::move(analysis.persona_reason);
  out.intent_confidence = analysis.intent_confidence;
  out.guess = std::move(analysis.guess);
  out.out_of_scope_score = analysis.out_of_scope_score;
  out.sentiment_confidence = analysis.sentiment_confidence;
  for (auto& e : analysis.entities)
    out.entities.push_back({std::move(e.text), std::move(e.label), e.start, e.end});
  out.linguistic_features = features_of(std::move(analysis.linguistic_features));
  out.generation = std::move(analysis.generation);
  out.degraded = analysis.degraded;
  return out;
}

Generation generation_of(const service::GenerationView& view) {
  Generation out;
  out.id = view.generation;
  out.parent = view.parent;
  out.cycle_id = view.cycle;
  out.state = view.state;
  out.reason = view.reason;
  out.backup_id = view.backup;
  out.created_at = view.created_at;
  out.live_since = view.live_since;
  out.live = view.live;
  return out;
}

// By way of the contract's shape, whose checks hold for every edge.
learn::LabeledExample labeled_example(const TrainingExample& example) {
  Json line = Json::object();
  line["text"] = example.text;
  if (example.expected_intent) line["intent"] = *example.expected_intent;
  if (example.expected_sentiment) line["sentiment"] = *example.expected_sentiment;
  if (example.expected_entities) {
    Json entities = Json::array();
    for (const auto& e : *example.expected_entities)
      entities.push_back(Json(Json::Array{Json(e.start), Json(e.end), Json(e.label)}));
    line["entities"] = std::move(entities);
  }
  wire::UnknownKeys none;
  return wire::read_example(line, none);
}

learn::FeedbackInput feedback_input(const UserFeedback& feedback) {
  learn::FeedbackInput out;
  out.satisfaction_score = feedback.satisfaction_score;
  out.response_quality = feedback.response_quality;
  out.needs_correction = feedback.needs_correction;
  out.corrected_intent = feedback.corrected_intent;
  out.corrected_sentiment = feedback.corrected_sentiment;
  out.corrected_entities = spans_of(feedback.corrected_entities);
  out.preferred_persona = feedback.preferred_persona;
  out.comment = feedback.comment;
  return out;
}

learn::TurnInput turn_input(const ConversationTurn& turn) {
  learn::TurnInput out;
  out.turn_id = turn.turn_id;
  out.conversation_id = turn.conversation_id;
  out.user_id = turn.user_id.empty() ? "anonymous" : turn.user_id;
  out.session_id = turn.session_id;
  out.said_at = turn.said_at;
  out.user_text = turn.user_text;
  out.assistant_response = turn.assistant_response;
  out.persona = turn.persona;
  out.context_used = turn.context_used;
  out.consent = turn.consent;
  if (turn.user_feedback) out.feedback = feedback_input(*turn.user_feedback);
  return out;
}

LearningCycleResult cycle_result(const service::CycleView& cycle) {
  const Json json = wire::to_json_value(cycle);
  LearningCycleResult out;
  out.cycle_id = cycle.cycle_id;
  out.tenant_id = cycle.tenant_id;
  out.status = status_from(cycle.status);
  out.started_at = cycle.started_at;
  out.finished_at = cycle.finished_at;
  out.data_collected = count_in(json, "data_collected");
  out.examples_created = count_in(json, "examples_created");
  out.training_success = flag_in(json, "training_success");
  out.validation = validation_in(json);
  out.model_improved = cycle.model_improved;
  out.generation = text_in(json, "generation");
  out.backup_id = text_in(json, "backup_id");
  out.rollback_performed = flag_in(json, "rollback_performed");
  out.resumed = flag_in(json, "resumed");
  out.reason = cycle.reason;
  out.error_message = text_in(json, "error_message");
  if (const Json* timings = json.find("timings"); timings && timings->is_object()) {
    for (const auto& [step, seconds] : timings->as_object())
      if (seconds.is_number()) out.timings[step] = seconds.as_double();
  }
  out.json = pawl::to_json(json);
  return out;
}

LearningMetrics learning_metrics(const service::Status& status) {
  LearningMetrics out;
  out.tenant_id = status.tenant_id;
  out.live_generation = status.live.generation;
  out.total_cycles = status.total_cycles;
  out.successful_cycles = status.successful_cycles;
  out.failed_cycles = status.failed_cycles;
  out.skipped_cycles = status.skipped_cycles;
  out.model_improvements = status.model_improvements;
  out.turns = status.turns;
  out.average_training_time = status.average_training_seconds;
  for (const auto& cycle : status.recent_cycles) out.recent_cycles.push_back(cycle_result(cycle));
  if (!out.recent_cycles.empty()) out.last_cycle = out.recent_cycles.front();
  out.counters = status.counters;
  out.json = pawl::to_json(wire::to_json_value(status));
  return out;
}

}  // namespace pawl::v1
