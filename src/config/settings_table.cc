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
       "New examples one cycle trains on at most; the rest waits for the next."},
      {"learning.backup_retention_days", int64_t{30}, 1, 36500,
       "Days for which backups of earlier generations are kept."},
      {"training.n_iter", int64_t{10}, 1, 10000, "Passes over a cycle's examples."},
      {"training.batch_size", int64_t{32}, 1, 100000, "Examples per update."},
      {"training.dropout", 0.2, 0, 0.9, "Share of activations left out in an update."},
      {"training.learn_rate", 0.001, 1e-9, 1, "Step size of the optimiser."},
      {"training.validation_split", 0.2, 0.01, 0.9,
       "Share of conversations that never train and only measure."},
      {"validation.accuracy", 0.85, 0, 1, "Bar for the mean of all heads."},
      {"validation.intent_accuracy", 0.80, 0, 1, "Bar for intents."},
      {"validation.sentiment_accuracy", 0.75, 0, 1, "Bar for sentiments."},
      {"validation.entity_accuracy", 0.70, 0, 1, "Bar for entities."},
  };
  return specs;
}

}  // namespace

std::span<const SettingSpec> setting_table() {
  return table();
}

}  // namespace pawl
