// The values that go into learning and come out of it. Times are microseconds since 1970 in UTC,
// offsets are Unicode code points, half open; texts are UTF-8; scores and shares lie in 0..1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pawl/progress.h"
#include "pawl/version.h"

PAWL_BEGIN_API

struct EntitySpan {
  std::int64_t start = 0, end = 0;
  std::string label;
  bool operator==(const EntitySpan&) const = default;
};

struct Entity {
  std::string text, label;
  std::uint32_t start = 0, end = 0;
};

struct SentenceFeatures {
  std::uint32_t start = 0, end = 0;  // code points, half open
  bool is_question = false;
  std::optional<bool> is_imperative, is_negated;  // empty: the pipeline says nothing of syntax
};

struct NounChunk {  // code points of the text, half open
  std::uint32_t start = 0, end = 0;
};

struct LinguisticFeatures {
  std::uint64_t characters = 0;
  bool is_question = false;
  std::uint64_t exclamations = 0;
  double uppercase_share = 0;  // of the letters
  bool tokenized = false;      // false: the next four are not known
  std::uint64_t tokens = 0, words = 0, numbers = 0, urls = 0;
  // Where the pipeline tags and parses; otherwise empty.
  std::vector<SentenceFeatures> sentences;
  std::optional<bool> is_imperative, is_negated;         // whether some sentence is
  std::map<std::string, std::uint64_t> parts_of_speech;  // how many tokens of each
  std::optional<std::vector<NounChunk>> noun_chunks;
};

// What is made of one utterance.
struct Analysis {
  std::string text;
  std::string intent, sentiment, persona;  // empty: no such head
  double intent_confidence = 0, sentiment_confidence = 0;
  std::string guess;              // where intent is "none_of_these": the likeliest label
  double out_of_scope_score = 0;  // 0 to 1; from 1/2 on intent is "none_of_these"
  std::vector<Entity> entities;
  LinguisticFeatures linguistic_features;
  std::string generation;  // that answered; empty when rules did, or an analyzer of the program
  bool degraded = false;   // not the live generation's own answer
  std::vector<std::string> warnings;  // why
  std::string persona_reason;         // why this persona, for a person
};

enum class LearningDataType {
  kConversation,
  kUserFeedback,
  kIntentCorrection,
  kPersonaPreference,
  kEntityAnnotation,
  kSentimentCorrection
};
std::string_view to_string(LearningDataType type);  // "conversation", "user_feedback" ...

enum class TrainingStatus {
  kPending,
  kCollectingData,
  kPreprocessing,
  kTraining,
  kValidating,
  kCompleted,
  kFailed,
  kRolledBack,
  kSkipped
};
std::string_view to_string(TrainingStatus status);  // "pending", "collecting_data" ...

// What a person said of an answer; everything may be absent.
struct UserFeedback {
  std::optional<double> satisfaction_score = {}, response_quality = {};
  std::optional<bool> needs_correction = {};
  std::optional<std::string> corrected_intent = {}, corrected_sentiment = {};
  // Offsets in the text as it was said.
  std::optional<std::vector<EntitySpan>> corrected_entities = {};
  std::optional<std::string> preferred_persona = {};
  std::string comment = {};
};

// One turn of a conversation, as the program had it.
struct ConversationTurn {
  std::string user_text;  // must not be empty
  std::string assistant_response = {};
  std::string user_id = {};          // empty: "anonymous"
  std::string conversation_id = {};  // empty: one of its own
  std::string session_id = {};
  std::string turn_id = {};                    // empty: given by the store
  std::string persona = {};                    // that answered
  std::vector<std::string> context_used = {};  // ids
  std::optional<std::int64_t> said_at = {};
  // Without consent nothing of the turn is kept. Absent: as learning.default_consent says.
  std::optional<bool> consent = {};
  std::optional<UserFeedback> user_feedback = {};
};

// What is known of a turn once it was collected.
struct ConversationMetadata {
  std::string tenant_id, turn_id;  // turn_id: empty when nothing was stored
  std::string conversation_id, user_id, session_id;
  std::int64_t timestamp = 0;
  std::string intent_detected, sentiment_detected, persona_selected;
  double intent_confidence = 0, sentiment_confidence = 0;
  std::optional<double> user_satisfaction, response_quality;
  std::vector<Entity> entities_extracted;
  LinguisticFeatures linguistic_features;
  std::vector<std::string> context_used;
  bool feedback_provided = false, correction_needed = false;
  std::vector<LearningDataType> data_types;  // what learning can use of it
  std::string persona_reason;                // why this persona was selected
  std::string generation;                    // that answered
  bool stored = false;                       // false: no consent
  std::uint64_t redactions = 0;              // stretches of personal data that were removed
  std::vector<std::string> warnings;
};

// A labelled text. What is absent is not known, not wrong.
struct TrainingExample {
  std::string text;
  std::optional<std::string> expected_intent = {}, expected_sentiment = {}, expected_persona = {};
  std::optional<std::vector<EntitySpan>> expected_entities = {};
  double confidence = 1;
  std::string source = "examples";
};

struct ValidationTest {
  std::string name;  // "intent.better", "intent.not_inferior", "intent.worse.LABEL" ...
  double statistic = 0, p_value = 1;
  bool passed = false;
};

// Figures of one model on held-out examples; means over the heads that were judged.
struct ValidationScores {
  double accuracy = 0, precision = 0, recall = 0, f1_score = 0;
  std::optional<double> intent_accuracy, sentiment_accuracy, entity_accuracy;  // F for entities
};

struct ValidationResult : ValidationScores {
  bool passed_threshold = false;
  ValidationScores incumbent;  // the live model's, on the same examples
  std::vector<ValidationTest> tests;
};

struct LearningCycleResult {
  std::string cycle_id, tenant_id;
  TrainingStatus status = TrainingStatus::kPending;
  std::int64_t started_at = 0;
  std::optional<std::int64_t> finished_at;
  std::uint64_t data_collected = 0, examples_created = 0;
  bool training_success = false;
  std::optional<ValidationResult> validation;
  bool model_improved = false;
  std::string generation;  // that went live; empty when none did
  std::string backup_id;   // of the one that was live before
  bool rollback_performed = false;
  bool resumed = false;  // of a cycle that was cut off
  std::string reason, error_message;
  std::map<std::string, double> timings;  // seconds per step
  std::vector<std::string> warnings;
  std::string json;  // all of it, in the contract's shape
};

// How often a program's services failed since the learner was made, and at what last.
struct ServiceFailures {
  std::uint64_t analyzer = 0, memory = 0;
  std::string last_of_analyzer, last_of_memory;
};

struct LearningMetrics {
  std::string tenant_id, live_generation;
  std::uint64_t total_cycles = 0, successful_cycles = 0, failed_cycles = 0, skipped_cycles = 0,
                model_improvements = 0, turns = 0;
  double average_training_time = 0;  // seconds
  std::optional<LearningCycleResult> last_cycle;
  std::vector<LearningCycleResult> recent_cycles;  // newest first, at most ten
  std::map<std::string, std::int64_t> counters;
  ServiceFailures service_failures;  // of the learner that was asked
  std::string json;                  // all else, in the contract's shape
};

struct Generation {
  std::string id, parent, cycle_id, state, reason, backup_id;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> live_since;  // of its latest time as the live one
  bool live = false;
};

using SettingValue = std::variant<bool, std::int64_t, double, std::string>;

// How a call that takes long is watched and stopped. A stop is asked for by either; the call then
// throws Error(kInterrupted) and leaves nothing half done.
struct RunOptions {
  std::stop_token stop = {};
  Progress* progress = nullptr;  // null: nobody watches; else it must outlive the call
};

PAWL_END_API
