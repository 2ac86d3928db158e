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

// [training.logger]: spacy.ConsoleLogger v1 to v3, alone or in a spacy.ChainLogger.v1.
struct LoggerSettings {
  bool table = true;            // rows on standard output
  std::string progress;         // "train", "eval"; empty: no bar
  std::optional<Path> results;  // JSON Lines of evaluations
};

struct TrainingSettings {
  uint64_t seed = 0;
  Json dropout;  // a number
  uint64_t accumulate_gradient = 1;
  uint64_t patience = 0;    // steps without improvement; 0: no limit
  uint64_t max_epochs = 0;  // 0: no limit
  bool stream = false;      // max_epochs = -1: the corpus is read anew for each pass, in its order
  uint64_t max_steps = 0;   // 0: no limit
  uint64_t eval_frequency = 200;
  std::vector<std::string> frozen_components, annotating_components;
  std::vector<std::pair<std::string, double>> score_weights;  // null weights left out
  std::vector<std::string> score_names;                       // null weights included
  nn::AdamOptions optimizer;
  Json learn_rate;  // a number or a schedule
  Json batcher;
  std::vector<LoggerSettings> loggers;
  CorpusSettings train, dev;
};

// Adds spaCy's default sections and values where a config says nothing; ${...} stay unresolved.
void fill_training_defaults(Json& config);

// Adds the weights of the scores that the pipeline's components report where
// [training.score_weights] names none, and scales all to a sum of 1 (spaCy's
// combine_score_weights).
void fill_score_weights(Language& language);

// `config` is interpolated and filled. Every key is read or refused: throws Error(kFormat or
// kUnsupported) naming the key for what spaCy would refuse and for what pawl cannot do.
TrainingSettings read_training_settings(const Json& config);

}  // namespace pawl
