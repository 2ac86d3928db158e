#include "config/settings.h"

namespace pawl {

namespace {

const std::vector<SettingSpec>& table() {
  constexpr double kMany = 1e9;
  static const std::vector<SettingSpec> specs = {
      {"learning.min_data_threshold", int64_t{50}, 1, kMany,
       "New labelled turns that must have gathered before a cycle trains."},
      {"learning.quality_threshold", 0.7, 0, 1,
       "How sure the evidence for a label must be before the turn becomes a training example."},
      {"learning.validation_threshold", 0.85, 0, 1,
       "Share of held-out turns a candidate has to get right to count as good on its own."},
      {"learning.max_training_examples", int64_t{1000}, 1, kMany,
       "New examples one cycle trains on at most."},
      {"learning.backup_retention_days", int64_t{30}, 1, 36500,
       "Days for which backups of earlier generations are kept."},
      {"learning.max_examples_per_user", int64_t{20}, 1, kMany,
       "New examples of one user a cycle trains on at most."},
      {"learning.replay_examples", int64_t{5000}, 0, kMany,
       "Examples of earlier cycles a head is trained on again at most, balanced over its labels."},
      {"learning.keep_generations", int64_t{5}, 2, 1000,
       "Generations kept as folders; older ones live on in their backups."},
      {"learning.default_consent", false, 0, 1,
       "Whether a turn that says nothing about consent counts as consented."},
      {"training.n_iter", int64_t{10}, 1, 10000, "Passes over a cycle's examples."},
      {"training.batch_size", int64_t{32}, 1, 100000, "Examples per update."},
      {"training.dropout", 0.2, 0, 0.9, "Share of activations left out in an update."},
      {"training.learn_rate", 0.001, 1e-9, 1, "Step size of the optimiser."},
      {"training.validation_split", 0.2, 0.01, 0.9,
       "Share of conversations that never train and only measure."},
      {"training.min_updates", int64_t{400}, 0, kMany,
       "Steps a head takes at least, up to 60 passes: small sets get more passes."},
      {"training.encoder", std::string("auto"), 0, 0,
       "Sentence encoder of intent and sentiment: auto (the imported one, if any), none, or its "
       "folder."},
      {"training.seed", int64_t{0}, 0, 9e15, "Seed of every random draw in training."},
      {"validation.accuracy", 0.85, 0, 1, "Bar for the mean of all heads."},
      {"validation.intent_accuracy", 0.80, 0, 1, "Bar for intents."},
      {"validation.sentiment_accuracy", 0.75, 0, 1, "Bar for sentiments."},
      {"validation.entity_accuracy", 0.70, 0, 1, "Bar for entities."},
      {"validation.require_thresholds", false, 0, 1,
       "Whether a candidate below its bar is refused even when the incumbent is below it, too."},
      {"validation.margin", 0.02, 0, 0.5,
       "How much lower an accuracy may truly be and still count as not inferior."},
      {"validation.alpha", 0.2, 1e-6, 0.5,
       "Chance of taking luck for an improvement, spent over the attempts between two "
       "deployments."},
      {"analysis.max_characters", int64_t{100000}, 1, 1000000,
       "Longest text that is analysed; memory and time grow with it."},
  };
  return specs;
}

}  // namespace

std::span<const SettingSpec> setting_table() {
  return table();
}

}  // namespace pawl
