// One training step of a whole pipeline, in spaCy's order (Language.update within the training
// loop).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/language.h"

namespace pawl {

struct PipelineUpdate {
  double dropout = 0.0;
  Rng* rng = nullptr;                   // may be null when dropout is 0
  std::vector<std::string> exclude;     // frozen components
  std::vector<std::string> annotating;  // components that annotate the batch for those after them
};

// The enabled components that are trained, in order.
std::vector<const TrainableComponent*> trained_components(const Language& language,
                                                          const std::vector<std::string>& exclude);
std::vector<TrainableComponent*> trained_components(Language& language,
                                                    const std::vector<std::string>& exclude);

// Updates every trained component on the batch, gradients staying in the parameters, and passes the
// listeners' gradients through the shared tok2vec. Losses are added. Not-excluded components must
// have been initialised.
void update_pipeline(Language& language, std::span<Example> examples, const PipelineUpdate& options,
                     Losses& losses);

// Lets the optimizer use the gradients. Annotating components can predict at once; the others need
// weights_changed() before they do.
void finish_update(Language& language, nn::Adam& optimizer, const PipelineUpdate& options);

// While it lives the trained components predict with the running averages of their weights.
class AveragedWeights {
 public:
  AveragedWeights(Language& language, nn::Adam& optimizer, const std::vector<std::string>& exclude);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

  // Leaves the averages in place for good.
  void keep() { kept_ = true; }

 private:
  void swap();

  nn::Adam& optimizer_;
  std::vector<TrainableComponent*> components_;
  bool kept_ = false;
};

}  // namespace pawl
