// The learner: what a conversational program holds in its hands.
//
//   pawl::AutonomousLearner learner(pawl::Engine::open());
//   learner.collect_conversation_metadata("default", {.user_text = "my build broke", .consent =
//   true}); if (learner.trigger_learning_cycle("default").model_improved) ...
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/analyzer.h"
#include "pawl/engine.h"
#include "pawl/memory.h"
#include "pawl/types.h"

PAWL_BEGIN_API

struct LearnerOptions {
  std::shared_ptr<Analyzer> analyzer = {};     // null: the workspace's live model
  std::shared_ptr<MemoryService> memory = {};  // null: nothing is remembered beside the turns
  // Seconds that they have for an answer. Each call runs in a thread of its own; one that hangs is
  // left behind there, keeps its service alive, and must not touch what main() takes down.
  double service_timeout = 10;
};

class ServiceCalls;

struct CycleOptions {
  bool force_training = false;  // run with less data than learning.min_data_threshold
  RunOptions run = {};
};

// The settings of one group ("learning"), by their documented keys. Changes hold for the engine,
// and for all learners that share it, from the next call on. Throws Error(kInvalidInput) naming the
// key for one that there is not or a value that is not allowed; nothing changes then.
class SettingsGroup {
 public:
  SettingValue get(std::string_view key) const;
  void set(std::string_view key, SettingValue value);
  void update(const std::map<std::string, SettingValue>& values);  // all of them or none
  std::map<std::string, SettingValue> values() const;

 private:
  friend class AutonomousLearner;
  friend class IncrementalTrainingPipeline;
  friend class ModelValidator;
  SettingsGroup(Engine engine, std::string group);
  Engine engine_;
  std::string group_;
};

// Settings of training, and the way back to an earlier model.
class IncrementalTrainingPipeline {
 public:
  SettingsGroup training_config() const;
  // Backs up the tenant's live generation, unless it is already, and gives back the backup's id.
  std::string backup_current_model(std::string_view tenant = kDefaultTenant);
  // Makes the generation of this backup (LearningCycleResult::backup_id, or its path) live again,
  // out of the backup when its folder is gone. Gives back the generation's id. Throws
  // Error(kNotFound) for a backup that there is not.
  std::string rollback_model(std::string_view backup, std::string_view tenant = kDefaultTenant);

 private:
  friend class AutonomousLearner;
  explicit IncrementalTrainingPipeline(Engine engine) : engine_(std::move(engine)) {}
  Engine engine_;
};

// The bars that a candidate has to pass, and a measurement of what is live.
class ModelValidator {
 public:
  SettingsGroup validation_thresholds() const;
  // The live model on these examples, as candidate and as incumbent; no tests are made. Means are
  // over the heads that examples know. Throws Error(kInvalidInput) when none knows any.
  ValidationResult validate(std::span<const TrainingExample> examples,
                            std::string_view tenant = kDefaultTenant) const;

 private:
  friend class AutonomousLearner;
  explicit ModelValidator(Engine engine) : engine_(std::move(engine)) {}
  Engine engine_;
};

// Safe for any number of threads; one cycle at a time runs per tenant.
class AutonomousLearner {
 public:
  // Copies are the same learner. Throws Error(kInvalidInput) for a service_timeout that is no time.
  explicit AutonomousLearner(Engine engine, LearnerOptions options = {});

  // Analyses the turn, removes personal data, and stores it with its feedback: durable on return.
  // Throws Error(kInvalidInput) naming what cannot be stored. Services that fail are survived,
  // counted, and told of in `warnings`.
  ConversationMetadata collect_conversation_metadata(std::string_view tenant,
                                                     const ConversationTurn& turn);
  // Feedback that arrives later, by the id that collecting gave, or by conversation ("" for
  // turn_id). Gives back the turn's id.
  std::string add_feedback(std::string_view tenant, std::string_view turn_id,
                           const UserFeedback& feedback, std::string_view conversation_id = {});

  // Runs one cycle, or resumes one that was cut off. What goes wrong within it is told in status
  // and error_message. Throws Error(kBusy) while another cycle of the tenant runs,
  // Error(kInterrupted) when it was asked to stop: the next call resumes it.
  LearningCycleResult trigger_learning_cycle(std::string_view tenant = kDefaultTenant,
                                             const CycleOptions& options = {});
  LearningMetrics get_learning_metrics(std::string_view tenant = kDefaultTenant) const;

  SettingsGroup learning_config() const;
  IncrementalTrainingPipeline training_pipeline() const;
  ModelValidator model_validator() const;
  ServiceFailures service_failures() const;
  const Engine& engine() const { return engine_; }

 private:
  Engine engine_;
  LearnerOptions options_;
  std::shared_ptr<ServiceCalls> calls_;
};

PAWL_END_API
