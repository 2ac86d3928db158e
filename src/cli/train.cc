#include <unistd.h>

#include <cstdio>

#include "base/error.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "cli/training_table.h"
#include "cli/verbs.h"
#include "pipeline/pipeline_path.h"
#include "service/locations.h"
#include "training/component_roles.h"
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
    context.warn_all(component_role_warnings(language, settings));
    TrainingData data = settings.stream ? stream_of(context, settings.train, language)
                                        : examples_of(context, settings.train, language);
    const auto dev_docs = load_corpus(context, settings.dev.path, language, settings.dev.options);
    Rng rng(settings.seed);
    if (settings.stream) {
      initialize_components(context.env, pipeline, settings, first_of(data.stream), rng,
                            context.progress);
    } else {
      initialize_components(context.env, pipeline, settings, data.examples, rng, context.progress);
    }
    return train_and_report(context, language, settings, std::move(data), dev_docs, rng);
  }

 private:
  static TrainingData examples_of(Context& context, const CorpusSettings& corpus,
                                  const Language& language) {
    TrainingData data;
    for (const GoldDoc& gold : load_corpus(context, corpus.path, language, corpus.options))
      data.examples.push_back(make_example(language, gold));
    return data;
  }

  // What is wrong with the corpus is said in the first pass only.
  static TrainingData stream_of(Context& context, const CorpusSettings& corpus,
                                const Language& language) {
    const auto said = std::make_shared<bool>(false);
    TrainingData data;
    data.stream = [&context, &language, corpus, said](const auto& take) {
      Warnings warnings;
      bool whole = true;
      stream_corpus(context.env, corpus.path, language, warnings, corpus.options,
                    [&](const GoldDoc& gold) {
                      whole = take(make_example(language, gold));
                      return whole;
                    });
      if (!*said && whole) {
        context.warn_all(warnings);
        *said = true;
      }
    };
    return data;
  }

  // Streamed components learn their labels from as many examples as spaCy's do.
  static std::vector<Example> first_of(const ExampleStream& stream) {
    constexpr size_t kSample = 100;
    std::vector<Example> out;
    stream([&](Example example) {
      out.push_back(std::move(example));
      return out.size() < kSample;
    });
    return out;
  }

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
    return {
        [&context](const std::string& lang) { return service::language_pack(context.env, lang); },
        [&context](const std::string& name) {
          return find_pipeline(context.env, name, service::site_packages(context.env));
        }};
  }

  int train_and_report(Context& context, Language& language, const TrainingSettings& settings,
                       TrainingData data, const std::vector<GoldDoc>& dev, Rng& rng) const {
    TrainingTable table(context, language, settings, json_);
    table.print_head();
    TrainingCallbacks callbacks;
    callbacks.evaluated = [&](const TrainingStep& step) {
      if (isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);  // the progress bar gives way
      table.print_step(step);
    };
    const std::optional<Path> output =
        output_.empty() ? std::nullopt : std::optional<Path>(output_);
    TrainingProgress progress(context.progress, settings);
    const TrainingResult result = pawl::train(context.env, language, settings, std::move(data), dev,
                                              rng, output, callbacks, progress);
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
