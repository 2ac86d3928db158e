// Training of one head: passes over labelled examples, rehearsal of the live head on unlabelled
// turns, and the choice of the best pass by the select split.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "learn/heads/heads.h"

namespace pawl::learn {

class NewLabelsOnly;

struct TrainOptions {
  int n_iter = 10;           // passes
  size_t min_updates = 300;  // small sets get more passes, up to ...
  int max_iter = 60;         // ... this many
  size_t batch_size = 32;
  double dropout = 0.2;
  double learn_rate = 0.001;
  size_t patience = 10;     // passes without a better select score before stopping; 0: never
  size_t min_select = 100;  // with fewer select examples their score is noise: the last pass counts
  uint64_t seed = 0;
  NewLabelsOnly* new_labels = nullptr;  // when set, only what scores new labels is trained
};

struct HeadData {
  Head head = Head::kIntent;
  std::shared_ptr<Vocab> vocab;  // of the pipeline the documents come from
  std::vector<Example> train;    // with weights
  std::vector<Example> select;   // may be empty: then the last pass counts
  std::vector<Doc> unlabelled;   // rehearsed with the live head's scores; may be empty
};

struct TrainedHead {
  std::unique_ptr<TrainableComponent> component;  // ready to predict, with averaged weights
  std::string recipe;                             // "warm", "bow", "ensemble", ...
  double select_score = 0;
  double loss = 0;                              // of the last pass
  size_t passes = 0, updates = 0, skipped = 0;  // skipped: examples that could not be used
};

// Trains `start` (which it owns) and returns it. `teacher` may be null. Deterministic by seed.
// Throws Error(kInterrupted) when progress asks to stop, Error when no example can be used.
TrainedHead train_head(std::unique_ptr<TrainableComponent> start, const HeadData& data,
                       const TrainableComponent* teacher, const TrainOptions& options,
                       Progress& progress);

}  // namespace pawl::learn
