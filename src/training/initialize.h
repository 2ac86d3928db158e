// From a training config to a pipeline that is ready to be trained
// (spacy.training.initialize.init_nlp).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/language.h"
#include "training/training_settings.h"

namespace pawl {

struct PipelineSources {
  // The folder of the language pack for a code such as "en"; throws Error when there is none.
  std::function<Path(const std::string& lang)> language_pack;
  // The folder of the pipeline a `source = "..."` names.
  std::function<Path(const std::string& name)> pipeline;
};

struct ConfiguredPipeline {
  std::unique_ptr<Language> language;
  std::vector<std::string> sourced;  // components taken with their weights from another pipeline
};

// The components a filled config describes (${...} unresolved), new ones without weights. Throws
// Error naming the key of whatever cannot be trained.
ConfiguredPipeline make_configured_pipeline(Env& env, const Json& config,
                                            const PipelineSources& sources,
                                            Warnings* warnings = nullptr);

// Labels (from [initialize.components.NAME.labels] or the examples) and first weights for every
// component that is neither frozen nor sourced. Relative label files are looked for in the working
// folder.
void initialize_components(Env& env, ConfiguredPipeline& pipeline, const TrainingSettings& settings,
                           std::span<const Example> examples, Rng& rng, Progress& progress);

}  // namespace pawl
