#include "pawl/learner.h"

#include <algorithm>

#include "api/engine_impl.h"
#include "api/service_calls.h"
#include "api/values.h"
#include "base/error.h"
#include "learn/deploy/generations.h"

namespace pawl::v1 {
namespace {

std::vector<LearningDataType> data_types(const ConversationTurn& turn) {
  std::vector<LearningDataType> types = {LearningDataType::kConversation};
  if (!turn.user_feedback) return types;
  const UserFeedback& f = *turn.user_feedback;
  if (f.satisfaction_score || f.response_quality || f.needs_correction || !f.comment.empty())
    types.push_back(LearningDataType::kUserFeedback);
  if (f.corrected_intent) types.push_back(LearningDataType::kIntentCorrection);
  if (f.preferred_persona) types.push_back(LearningDataType::kPersonaPreference);
  if (f.corrected_entities) types.push_back(LearningDataType::kEntityAnnotation);
  if (f.corrected_sentiment) types.push_back(LearningDataType::kSentimentCorrection);
  return types;
}

learn::SelfAnalysis answered_by(const Analysis& analysis) {
  learn::SelfAnalysis out;
  out.intent = analysis.intent;
  out.intent_confidence = analysis.intent_confidence;
  out.sentiment = analysis.sentiment;
  out.sentiment_confidence = analysis.sentiment_confidence;
  out.persona = analysis.persona;
  for (const auto& e : analysis.entities) out.entities.push_back({e.start, e.end, e.label});
  return out;
}

ConversationMetadata describe(const ConversationTurn& turn, const Analysis& analysis) {
  ConversationMetadata out;
  out.session_id = turn.session_id;
  out.intent_detected = analysis.intent;
  out.intent_confidence = analysis.intent_confidence;
  out.sentiment_detected = analysis.sentiment;
  out.sentiment_confidence = analysis.sentiment_confidence;
  out.persona_selected = turn.persona.empty() ? analysis.persona : turn.persona;
  out.persona_reason = turn.persona.empty() ? analysis.persona_reason : "the turn names it";
  out.entities_extracted = analysis.entities;
  out.linguistic_features = analysis.linguistic_features;
  out.context_used = turn.context_used;
  out.data_types = data_types(turn);
  out.generation = analysis.generation;
  out.warnings = analysis.warnings;
  if (!turn.user_feedback) return out;
  const UserFeedback& f = *turn.user_feedback;
  out.feedback_provided = true;
  out.user_satisfaction = f.satisfaction_score;
  out.response_quality = f.response_quality;
  out.correction_needed = f.needs_correction.value_or(f.corrected_intent || f.corrected_sentiment ||
                                                      f.corrected_entities);
  return out;
}

Memory insight_of(const ConversationMetadata& turn, std::string content) {
  Memory insight;
  insight.tenant_id = turn.tenant_id;
  insight.user_id = turn.user_id;
  insight.content = std::move(content);
  insight.tags = {"learning", "conversation_metadata"};
  insight.ai_generated = true;
  insight.created_at = turn.timestamp;
  insight.metadata = {{"turn_id", turn.turn_id},
                      {"conversation_id", turn.conversation_id},
                      {"intent", turn.intent_detected},
                      {"sentiment", turn.sentiment_detected},
                      {"persona", turn.persona_selected}};
  return insight;
}

}  // namespace

AutonomousLearner::AutonomousLearner(Engine engine, LearnerOptions options)
    : engine_(std::move(engine)),
      options_(std::move(options)),
      calls_(std::make_shared<ServiceCalls>(options_.service_timeout)) {}

ConversationMetadata AutonomousLearner::collect_conversation_metadata(
    std::string_view tenant_id, const ConversationTurn& turn) {
  const service::Tenant tenant = engine_.impl_->tenant(tenant_id);
  Env& env = engine_.impl_->engine->env();
  learn::TurnInput input = turn_input(turn);
  if (input.conversation_id.empty()) input.conversation_id = new_uuid(env);
  std::string problem;
  std::optional<Analysis> analysis;
  if (options_.analyzer != nullptr)
    analysis = calls_->analyze(options_.analyzer, turn.user_text, problem);
  if (analysis) {
    input.answered = answered_by(*analysis);
  } else {
    analysis = engine_.analyze(std::span(&turn.user_text, 1), tenant_id, turn.user_id).front();
  }
  ConversationMetadata out = describe(turn, *analysis);
  if (!problem.empty()) out.warnings.push_back(problem + "; the live model answered in its place");
  auto collected = tenant.collect(std::move(input));
  out.tenant_id = tenant_id;
  out.turn_id = collected.value.turn_id;
  out.stored = collected.value.stored;
  out.redactions = collected.value.redactions;
  out.user_id = turn.user_id;
  out.conversation_id = turn.conversation_id;
  out.timestamp = turn.said_at.value_or(env.now_micros());
  if (!out.stored) return out;
  const auto kept = read_from(engine_.impl_->engine->store(),
                              [&](Transaction& t) { return t.turn(out.tenant_id, out.turn_id); });
  if (!kept) return out;
  out.user_id = kept->user_id;
  out.conversation_id = kept->conversation_id;
  out.timestamp = kept->said_at;
  if (options_.memory != nullptr &&
      !calls_->store(options_.memory, insight_of(out, kept->user_text), problem))
    out.warnings.push_back(problem + "; it is stored in the workspace all the same");
  return out;
}

std::string AutonomousLearner::add_feedback(std::string_view tenant, std::string_view turn_id,
                                            const UserFeedback& feedback,
                                            std::string_view conversation_id) {
  learn::FeedbackInput input = feedback_input(feedback);
  input.turn_id = turn_id;
  input.conversation_id = conversation_id;
  return engine_.impl_->tenant(tenant).feedback(std::move(input)).value.turn_id;
}

LearningCycleResult AutonomousLearner::trigger_learning_cycle(std::string_view tenant_id,
                                                              const CycleOptions& options) {
  const service::Tenant tenant = engine_.impl_->tenant(tenant_id);
  RunProgress progress(options.run);
  auto answer = tenant.learn(options.force_training, progress);
  if (tenant.tunes_after(answer.value)) tenant.tune(progress);
  LearningCycleResult out = cycle_result(tenant.cycle(answer.value.cycle_id));
  out.resumed = answer.value.resumed;
  out.warnings = std::move(answer.warnings);
  return out;
}

LearningMetrics AutonomousLearner::get_learning_metrics(std::string_view tenant) const {
  LearningMetrics metrics = learning_metrics(engine_.impl_->tenant(tenant).status());
  metrics.service_failures = calls_->failures();
  return metrics;
}

ServiceFailures AutonomousLearner::service_failures() const {
  return calls_->failures();
}

SettingsGroup AutonomousLearner::learning_config() const {
  return SettingsGroup(engine_, "learning");
}
IncrementalTrainingPipeline AutonomousLearner::training_pipeline() const {
  return IncrementalTrainingPipeline(engine_);
}
ModelValidator AutonomousLearner::model_validator() const {
  return ModelValidator(engine_);
}

SettingsGroup::SettingsGroup(Engine engine, std::string group)
    : engine_(std::move(engine)), group_(std::move(group)) {}

SettingValue SettingsGroup::get(std::string_view key) const {
  return engine_.setting(group_ + "." + std::string(key));
}
void SettingsGroup::set(std::string_view key, SettingValue value) {
  engine_.change_setting(group_ + "." + std::string(key), std::move(value));
}
void SettingsGroup::update(const std::map<std::string, SettingValue>& values) {
  std::map<std::string, SettingValue> named;
  for (const auto& [key, value] : values) named.emplace(group_ + "." + key, value);
  engine_.change_settings(named);
}
std::map<std::string, SettingValue> SettingsGroup::values() const {
  return engine_.settings(group_);
}

SettingsGroup IncrementalTrainingPipeline::training_config() const {
  return SettingsGroup(engine_, "training");
}

std::string IncrementalTrainingPipeline::backup_current_model(std::string_view tenant) {
  for (const Generation& generation : engine_.generations(tenant)) {
    if (!generation.live) continue;
    service::Engine& engine = *engine_.impl_->engine;
    return learn::Generations(engine.env(), engine.store(), engine.folder(), std::string(tenant))
        .back_up(generation.id);
  }
  throw Error(ErrorKind::kNotFound,
              "tenant \"" + std::string(tenant) + "\" has no live generation to back up");
}

std::string IncrementalTrainingPipeline::rollback_model(std::string_view backup,
                                                        std::string_view tenant) {
  const std::string id = std::filesystem::path(backup).stem().string();
  for (const Generation& generation : engine_.generations(tenant)) {
    if (generation.backup_id == id && !id.empty())
      return generation.live ? generation.id
                             : engine_.rollback(generation.id, tenant, "to backup " + id);
  }
  throw Error(ErrorKind::kNotFound, "no generation of tenant \"" + std::string(tenant) +
                                        "\" has the backup \"" + id + "\"");
}

}  // namespace pawl::v1
