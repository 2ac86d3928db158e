#include <unistd.h>

#include <cstdio>

#include "base/error.h"
#include "cli/locations.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/training_table.h"
#include "cli/verbs.h"
#include "pipeline/pipeline_path.h"
#include "training/loop.h"

namespace pawl::cli {
namespace {

constexpr uint64_t kMaxConfig = uint64_t{16} << 20;

class TrainVerb : public Verb {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "Trains a spaCy pipeline from a config.cfg"; }
  std::string details() const override {
    return "Does what 'spacy train' does: components are set up from the config and the training "
           "corpus, trained until "
           "the score stops improving, and saved as OUTPUT/model-last and OUTPUT/model-best, which "
           "spacy.load() opens. "
           "Corpora are .spacy or JSON Lines files. Any value of the config can be set as "
           "--section.key value.\n\n"
           "  pawl train config.cfg --output out --paths.train train.spacy --paths.dev dev.spacy "
           "--training.max_epochs 5";
  }
  void declare(Options& options) override {
    options.positional("config", config_, "spaCy config file", true);
    options.text("-o,--output", output_, "Folder to save model-last and model-best in");
    options.flag("--json", json_, "One JSON object per evaluation instead of a table");
    options.rest(rest_,
                 "Other options of the form --section.key VALUE replace values of the config.");
  }

  int run(Context& context) override {
    ConfiguredPipeline pipeline = configure(context);
    const TrainingSettings settings = read_settings(pipeline.language->config());
    Language& language = *pipeline.language;
    const auto train_docs =
        load_corpus(context, settings.train.path, language, settings.train.options);
    const auto dev_docs = load_corpus(context, settings.dev.path, language, settings.dev.options);
    std::vector<Example> examples;
    for (const GoldDoc& gold : train_docs) examples.push_back(make_example(language, gold));
    Rng rng(settings.seed);
    initialize_components(context.env, pipeline, settings, examples, rng, context.progress);
    return train_and_report(context, language, settings, std::move(examples), dev_docs, rng);
  }

 private:
  ConfiguredPipeline configure(Context& context) const {
    Json config = parse_config(context.env.read_file(config_, {.max_bytes = kMaxConfig}), config_,
                               {.interpolate = false, .overrides = parse_overrides(rest_)});
    fill_training_defaults(config);
    read_settings(config);  // what is wrong is said before anything is loaded
    Warnings warnings;
    try {
      ConfiguredPipeline pipeline =
          make_configured_pipeline(context.env, config, sources(context), &warnings);
      fill_score_weights(*pipeline.language);
      context.warn_all(warnings);
      return pipeline;
    } catch (const Error& error) {
      throw error.within(config_);
    }
  }

  TrainingSettings read_settings(const Json& config) const {
    try {
      return read_training_settings(interpolate_config(config, config_));
    } catch (const Error& error) {
      throw std::string_view(error.what()).starts_with(config_) ? error : error.within(config_);
    }
  }

  static PipelineSources sources(Context& context) {
    return {[&context](const std::string& lang) { return language_pack(context.env, lang); },
            [&context](const std::string& name) {
              return find_pipeline(context.env, name, site_packages(context.env));
            }};
  }

  int train_and_report(Context& context, Language& language, const TrainingSettings& settings,
                       std::vector<Example> examples, const std::vector<GoldDoc>& dev,
                       Rng& rng) const {
    TrainingTable table(language, settings, json_);
    table.print_head();
    TrainingCallbacks callbacks;
    callbacks.evaluated = [&](const TrainingStep& step) {
      if (isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);  // the progress bar gives way
      table.print_step(step);
    };
    const std::optional<Path> output =
        output_.empty() ? std::nullopt : std::optional<Path>(output_);
    const TrainingResult result = pawl::train(context.env, language, settings, std::move(examples),
                                              dev, rng, output, callbacks, context.progress);
    if (output && !json_)
      print_line("Saved pipeline to output directory " + (*output / "model-last").string());
    if (json_) table.print_result(result);
    return kDone;
  }

  std::string config_, output_;
  bool json_ = false;
  std::vector<std::string> rest_;
};

}  // namespace

std::unique_ptr<Verb> make_train_verb() {
  return std::make_unique<TrainVerb>();
}

}  // namespace pawl::cli
