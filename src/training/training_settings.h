// The [training] block of config.cfg and what it refers to, read and checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "nn/optimizer.h"
#include "training/corpus.h"

namespace pawl {

struct CorpusSettings {
  Path path;
  CorpusOptions options;
};

struct TrainingSettings {
  uint64_t seed = 0;
  Json dropout;  // a number or a schedule
  uint64_t accumulate_gradient = 1;
  uint64_t patience = 0;   // steps without improvement; 0: no limit
  int64_t max_epochs = 0;  // 0: no limit
  uint64_t max_steps = 0;  // 0: no limit
  uint64_t eval_frequency = 200;
  std::vector<std::string> frozen_components, annotating_components;
  std::vector<std::pair<std::string, double>> score_weights;  // null weights left out
  std::vector<std::string> score_names;                       // null weights included
  nn::AdamOptions optimizer;
  Json learn_rate;  // a number or a schedule
  Json batcher;
  CorpusSettings train, dev;
};

// Adds spaCy's default sections and values where a config says nothing; ${...} stay unresolved.
void fill_training_defaults(Json& config);

// Adds the weights of the scores that the pipeline's components report where
// [training.score_weights] names none, and scales all to a sum of 1 (spaCy's
// combine_score_weights).
void fill_score_weights(Language& language);

// `config` is interpolated and filled. Throws Error(kFormat or kUnsupported) naming the key.
TrainingSettings read_training_settings(const Json& config);

}  // namespace pawl
