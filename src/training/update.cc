#include "training/update.h"

#include <algorithm>

#include "pipeline/tok2vec/link.h"
#include "training/contains.h"

namespace pawl {

namespace {

void annotate(const Component& component, std::span<Example> examples) {
  std::vector<Doc> docs;
  docs.reserve(examples.size());
  for (Example& example : examples) docs.push_back(std::move(example.predicted));
  component.predict(docs);
  for (size_t i = 0; i < docs.size(); ++i) examples[i].predicted = std::move(docs[i]);
}

template <typename Trainable, typename Pipeline>
std::vector<Trainable*> trained(Pipeline& language, const std::vector<std::string>& exclude) {
  std::vector<Trainable*> out;
  for (const std::string& name : language.pipe_names()) {
    Trainable* component = language.find_trainable(name);
    if (component && !contains(exclude, name)) out.push_back(component);
  }
  return out;
}

}  // namespace

std::vector<const TrainableComponent*> trained_components(const Language& language,
                                                          const std::vector<std::string>& exclude) {
  return trained<const TrainableComponent>(language, exclude);
}

std::vector<TrainableComponent*> trained_components(Language& language,
                                                    const std::vector<std::string>& exclude) {
  return trained<TrainableComponent>(language, exclude);
}

void update_pipeline(Language& language, std::span<Example> examples, const PipelineUpdate& options,
                     Losses& losses) {
  if (examples.empty()) return;
  const UpdateOptions update{.dropout = options.dropout, .optimizer = nullptr, .rng = options.rng};
  for (const std::string& name : language.pipe_names()) {
    TrainableComponent* component = language.find_trainable(name);
    if (component && !contains(options.exclude, name)) component->update(examples, update, losses);
    if (contains(options.annotating, name)) annotate(*language.find(name), examples);
  }
  for (TrainableComponent* component : trained_components(language, options.exclude)) {
    if (auto* upstream = dynamic_cast<Tok2VecUpstream*>(component)) upstream->finish_batch();
  }
}

void finish_update(Language& language, nn::Adam& optimizer, const PipelineUpdate& options) {
  for (TrainableComponent* component : trained_components(language, options.exclude)) {
    optimizer.step(component->model());
    if (contains(options.annotating, component->name())) component->weights_changed();
  }
}

AveragedWeights::AveragedWeights(Language& language, nn::Adam& optimizer,
                                 const std::vector<std::string>& exclude)
    : optimizer_(optimizer), components_(trained_components(language, exclude)) {
  swap();
}

AveragedWeights::~AveragedWeights() {
  if (!kept_) swap();
}

void AveragedWeights::swap() {
  for (TrainableComponent* component : components_) {
    if (optimizer_.has_averages()) optimizer_.swap_averages(component->model());
    component->weights_changed();
  }
}

}  // namespace pawl
