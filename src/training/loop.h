// Training until the score stops improving, checkpoints on the way (spacy.training.loop).
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "base/progress.h"
#include "training/initialize.h"
#include "training/training_settings.h"
#include "training/update.h"

namespace pawl {

// What is known after an evaluation.
struct TrainingStep {
  uint64_t epoch = 0;
  uint64_t step = 0;
  Losses losses;       // since the evaluation before
  Json scores;         // Language.evaluate's
  double score = 0;    // weighted by score_weights
  bool best = false;   // so far
  uint64_t words = 0;  // seen since the start
  double seconds = 0;  // since the start
};

struct TrainingResult {
  double best_score = 0;
  uint64_t best_step = 0;
  uint64_t steps = 0;
};

struct TrainingCallbacks {
  std::function<void(const TrainingStep&)>
      evaluated;  // after each evaluation, before the checkpoint
};

// One pass over a corpus that is not kept in memory: gives each example to `take` until that
// returns false.
using ExampleStream = std::function<void(const std::function<bool(Example)>& take)>;

// What is trained on: examples, shuffled for each pass, or a stream, taken as it comes.
struct TrainingData {
  std::vector<Example> examples;
  ExampleStream stream;  // used when set
};

// Trains `language` in place; afterwards it holds the last weights, averaged if the optimizer
// averages. With `output` the folders model-last and model-best below it are replaced at every
// evaluation; each is whole at any time. Throws Error(kInvalidInput) when weights have grown beyond
// all bounds, without saving them, and when a score that counts is no number. When
// progress.stop_requested() model-last is saved and Error(kInterrupted) thrown.
TrainingResult train(Env& env, Language& language, const TrainingSettings& settings,
                     TrainingData data, std::span<const GoldDoc> dev, Rng& rng,
                     const std::optional<Path>& output, const TrainingCallbacks& callbacks,
                     Progress& progress = Progress::silent());

// The weighted sum of scores; weights of scores that could not be measured count nothing.
double weighted_score(const Json& scores,
                      const std::vector<std::pair<std::string, double>>& weights);

// Consecutive parts of a batch sorted by length, as spaCy accumulates gradients.
std::vector<std::vector<uint32_t>> subdivide(std::span<const Example> examples,
                                             std::vector<uint32_t> batch, uint64_t parts);

}  // namespace pawl
