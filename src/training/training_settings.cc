#include "training/training_settings.h"

#include <cmath>

#include "base/error.h"
#include "config/spacy_config.h"
#include "config/spacy_schema.h"
#include "pipeline/registry.h"
#include "training/settings_section.h"

namespace pawl {

namespace {

constexpr std::string_view kDefaults = R"([paths]
train = null
dev = null
vectors = null
init_tok2vec = null
[system]
seed = 0
gpu_allocator = null
[nlp]
lang = "en"
pipeline = []
disabled = []
before_creation = null
after_creation = null
after_pipeline_creation = null
batch_size = 1000
[nlp.tokenizer]
@tokenizers = "spacy.Tokenizer.v1"
[nlp.vectors]
@vectors = "spacy.Vectors.v1"
[components]
[corpora]
[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}
gold_preproc = false
max_length = 0
limit = 0
augmenter = null
[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${paths.dev}
gold_preproc = false
max_length = 0
limit = 0
augmenter = null
[training]
seed = ${system.seed}
gpu_allocator = ${system.gpu_allocator}
dropout = 0.1
accumulate_gradient = 1
patience = 1600
max_epochs = 0
max_steps = 20000
eval_frequency = 200
frozen_components = []
annotating_components = []
dev_corpus = "corpora.dev"
train_corpus = "corpora.train"
before_to_disk = null
before_update = null
[training.score_weights]
[training.logger]
@loggers = "spacy.ConsoleLogger.v1"
progress_bar = false
[training.batcher]
@batchers = "spacy.batch_by_words.v1"
discard_oversize = false
tolerance = 0.2
get_length = null
[training.batcher.size]
@schedules = "compounding.v1"
start = 100
stop = 1000
compound = 1.001
t = 0.0
[training.optimizer]
@optimizers = "Adam.v1"
beta1 = 0.9
beta2 = 0.999
L2_is_weight_decay = true
L2 = 0.01
grad_clip = 1.0
use_averages = false
eps = 1e-8
learn_rate = 0.001
[pretraining]
[initialize]
vectors = ${paths.vectors}
init_tok2vec = ${paths.init_tok2vec}
vocab_data = null
lookups = null
before_init = null
after_init = null
[initialize.components]
[initialize.tokenizer]
)";

// Optional keys that stand for Python code or data that pawl does not read.
constexpr std::pair<const char*, const char*> kMustBeNull[] = {
    {"training.before_to_disk", "it is Python code, which is not run"},
    {"training.before_update", "it is Python code, which is not run"},
    {"nlp.before_creation", "it is Python code, which is not run"},
    {"nlp.after_creation", "it is Python code, which is not run"},
    {"nlp.after_pipeline_creation", "it is Python code, which is not run"},
    {"initialize.before_init", "it is Python code, which is not run"},
    {"initialize.after_init", "it is Python code, which is not run"},
    {"initialize.vocab_data", "lexical data is not supported"}};

void refuse_what_is_not_read(const Json& config) {
  for (const auto& [key, why] : kMustBeNull) {
    const Json* value = find_config(config, key);
    if (value && !value->is_null()) {
      throw Error(ErrorKind::kUnsupported, std::string(key) + ": " + why + "; set it to null");
    }
  }
  const Json* arguments = find_config(config, "initialize.tokenizer");
  if (arguments && arguments->is_object() && !arguments->as_object().empty()) {
    throw Error(ErrorKind::kUnsupported, "initialize.tokenizer." +
                                             arguments->as_object().front().first +
                                             ": the tokenizer takes no settings; remove it");
  }
  SettingsSection(config, "nlp.tokenizer").must_be("@tokenizers", "spacy.Tokenizer.v1");
  SettingsSection(config, "nlp.vectors").must_be("@vectors", "spacy.Vectors.v1");
}

Json with_component_defaults(Json config) {
  Json* components = config.find("components");
  if (components && components->is_object()) {
    for (auto& [name, block] : components->as_object()) {
      if (block.is_object()) fill_component_defaults(block);
    }
  }
  return config;
}

double level_of(const SettingsSection& section, const char* key) {
  const double level = section.number(key);
  if (level < 0.0) section.wrong(key, "must be 0 or more");
  return level;
}

// A table of its own, or a file that srsly.read_json.v1 names.
void read_orth_variants(const SettingsSection& section, Augmentation& out) {
  if (!section.has("orth_variants")) return;
  const Json& variants = section.at("orth_variants");
  if (!variants.is_object()) section.wrong("orth_variants", "must be a section");
  const Json* reader = variants.find("@readers");
  if (reader == nullptr) {
    out.orth_variants = variants;
    OrthVariants(variants, section.name("orth_variants"));
    return;
  }
  if (!reader->is_string() || reader->as_string() != "srsly.read_json.v1") {
    throw Error(ErrorKind::kUnsupported,
                section.name("orth_variants.@readers") + ": only srsly.read_json.v1 is supported");
  }
  const Json* path = variants.find("path");
  if (path == nullptr || !path->is_string())
    section.wrong("orth_variants.path", "must name a JSON file");
  out.orth_file = path->as_string();
}

Augmentation read_combined_augmenter(const SettingsSection& section) {
  Augmentation out;
  out.lower_case = level_of(section, "lower_level");
  out.orth_level = level_of(section, "orth_level");
  read_orth_variants(section, out);
  out.whitespace_level = level_of(section, "whitespace_level");
  out.whitespace_per_token = level_of(section, "whitespace_per_token");
  if (section.has("whitespace_variants"))
    out.whitespace_variants = section.names("whitespace_variants");
  for (const std::string& blanks : out.whitespace_variants) {
    if (blanks.empty()) section.wrong("whitespace_variants", "holds an empty text");
  }
  return out;
}

Augmentation read_augmenter(const Json& config, const std::string& path) {
  const SettingsSection section(config, path);
  const std::string name = section.text("@augmenters");
  if (name == "spacy.combined_augmenter.v1") return read_combined_augmenter(section);
  Augmentation out;
  if (name == "spacy.lower_case.v1") {
    out.lower_case = level_of(section, "level");
  } else if (name == "spacy.orth_variants.v1") {
    out.orth_level = level_of(section, "level");
    out.orth_lower = level_of(section, "lower");
    read_orth_variants(section, out);
  } else {
    throw Error(ErrorKind::kUnsupported,
                section.name("@augmenters") + ": pawl has no '" + name +
                    "', only spacy.lower_case.v1, spacy.orth_variants.v1 and "
                    "spacy.combined_augmenter.v1");
  }
  return out;
}

CorpusSettings read_corpus_settings(const Json& config, const std::string& path) {
  const SettingsSection section(config, path);
  section.must_be("@readers", "spacy.Corpus.v1");
  if (section.has("gold_preproc") && section.flag("gold_preproc")) {
    throw Error(ErrorKind::kUnsupported, section.name("gold_preproc") + ": true is not supported");
  }
  CorpusSettings out;
  if (!section.has("path")) {
    section.wrong(
        "path", "no corpus is named; give --paths.train and --paths.dev, or set it in the config");
  }
  out.path = section.text("path");
  if (section.has("limit")) out.options.limit = section.count("limit");
  if (section.has("max_length")) out.options.max_length = section.count("max_length");
  if (section.has("augmenter")) {
    out.options.augment = read_augmenter(config, path + ".augmenter");
    const Json* seed = find_config(config, "training.seed");
    if (seed && seed->is_integer()) out.options.augment.seed = seed->as_uint();
  }
  return out;
}

std::string progress_kind(const SettingsSection& section, bool text) {
  if (!section.has("progress_bar")) return {};
  if (!text) return section.flag("progress_bar") ? "eval" : "";
  const std::string kind = section.text("progress_bar");
  if (kind != "train" && kind != "eval")
    section.wrong("progress_bar", "must be \"train\", \"eval\" or null");
  return kind;
}

void read_logger(const Json& config, const std::string& path, std::vector<LoggerSettings>& out) {
  const SettingsSection section(config, path);
  const std::string name = section.text("@loggers");
  if (name == "spacy.ChainLogger.v1") {
    for (int i = 1; i <= 10; ++i) {
      const std::string key = "logger" + std::to_string(i);
      if (section.has(key.c_str())) read_logger(config, path + "." + key, out);
    }
    return;
  }
  const bool third = name == "spacy.ConsoleLogger.v3";
  if (!third && name != "spacy.ConsoleLogger.v1" && name != "spacy.ConsoleLogger.v2") {
    throw Error(ErrorKind::kUnsupported,
                section.name("@loggers") + ": pawl has no '" + name +
                    "', only spacy.ConsoleLogger.v1 to v3 and spacy.ChainLogger.v1");
  }
  LoggerSettings logger;
  logger.progress = progress_kind(section, third);
  if (section.has("console_output")) logger.table = section.flag("console_output");
  if (section.has("output_file")) logger.results = section.text("output_file");
  out.push_back(std::move(logger));
}

nn::AdamOptions read_optimizer(const SettingsSection& section) {
  section.must_be("@optimizers", "Adam.v1");
  nn::AdamOptions out;
  out.beta1 = section.number("beta1");
  out.beta2 = section.number("beta2");
  out.eps = section.number("eps");
  out.L2 = section.number("L2");
  out.grad_clip = section.number("grad_clip");
  out.use_averages = section.flag("use_averages");
  out.L2_is_weight_decay = section.flag("L2_is_weight_decay");
  return out;
}

void read_score_weights(const SettingsSection& section, TrainingSettings& out) {
  const Json& weights = section.at("score_weights");
  if (!weights.is_object()) section.wrong("score_weights", "must be a section of numbers");
  for (const auto& [name, weight] : weights.as_object()) {
    out.score_names.push_back(name);
    if (weight.is_null()) continue;
    if (!weight.is_number()) section.wrong("score_weights." + name, "must be a number or null");
    out.score_weights.emplace_back(name, weight.as_double());
  }
}

}  // namespace

void fill_training_defaults(Json& config) {
  merge_config_defaults(config, parse_config(kDefaults, "training defaults",
                                             {.interpolate = false, .overrides = {}}));
}

void fill_score_weights(Language& language) {
  Json weights = Json::object();
  for (const std::string& name : language.pipe_names()) {
    const std::string& factory = language.find(name)->factory();
    if (factory == "ner") {
      weights["ents_f"] = 1.0;
      for (const char* key : {"ents_p", "ents_r"}) weights[key] = 0.0;
      weights["ents_per_type"] = Json();
    } else if (factory == "tagger") {
      weights["tag_acc"] = 1.0;
      weights["pos_acc"] = 0.0;
      for (const char* key : {"tag_micro_p", "tag_micro_r", "tag_micro_f"}) weights[key] = Json();
    } else if (factory == "morphologizer") {
      for (const char* key : {"pos_acc", "morph_acc"}) weights[key] = 0.5;
      weights["morph_per_feat"] = Json();
    } else if (factory == "senter" || factory == "sentencizer") {
      weights["sents_f"] = 1.0;
      for (const char* key : {"sents_p", "sents_r"}) weights[key] = 0.0;
    } else if (factory == "lemmatizer" || factory == "trainable_lemmatizer") {
      weights["lemma_acc"] = 1.0;
    } else if (factory == "textcat" || factory == "textcat_multilabel") {
      weights["cats_score"] = 1.0;
      for (const char* key : {"score_desc", "micro_p", "micro_r", "micro_f", "macro_p", "macro_r",
                              "macro_f", "macro_auc", "f_per_type"}) {
        weights[std::string("cats_") + key] = Json();
      }
    }
  }
  if (const Json* own = find_config(language.config(), "training.score_weights");
      own && own->is_object()) {
    for (const auto& [key, weight] : own->as_object()) weights[key] = weight;
  }
  double sum = 0;
  for (const auto& [key, weight] : weights.as_object())
    sum += weight.is_number() ? weight.as_double() : 0.0;
  for (auto& [key, weight] : weights.as_object()) {
    if (weight.is_number() && sum > 0) weight = std::round(weight.as_double() / sum * 100) / 100;
  }
  set_config(language.config(), "training.score_weights", std::move(weights));
}

namespace {

void read_epochs(const SettingsSection& section, TrainingSettings& out) {
  const Json& epochs = section.at("max_epochs");
  if (!epochs.is_integer() || epochs.as_int() < -1)
    section.wrong("max_epochs", "must be a whole number, -1 or more");
  out.stream = epochs.as_int() < 0;
  out.max_epochs = out.stream ? 0 : epochs.as_uint();
}

void read_numbers(const SettingsSection& section, TrainingSettings& out) {
  out.seed = section.has("seed") ? section.count("seed") : 0;
  out.dropout = section.at("dropout");
  if (out.dropout.is_integer())
    section.wrong("dropout",
                  "must have a point, for instance 0.0; spaCy takes no whole number here");
  if (const double rate = section.number("dropout"); rate < 0.0 || rate >= 1.0)
    section.wrong("dropout", "must be 0 or more and less than 1");
  out.accumulate_gradient = section.count("accumulate_gradient");
  if (out.accumulate_gradient == 0) section.wrong("accumulate_gradient", "must be 1 or more");
  out.patience = section.count("patience");
  read_epochs(section, out);
  out.max_steps = section.count("max_steps");
  out.eval_frequency = section.count("eval_frequency");
  if (out.eval_frequency == 0) section.wrong("eval_frequency", "must be 1 or more");
}

}  // namespace

TrainingSettings read_training_settings(const Json& config) {
  check_spacy_config(with_component_defaults(config));
  refuse_what_is_not_read(config);
  const SettingsSection section(config, "training");
  TrainingSettings out;
  read_numbers(section, out);
  out.frozen_components = section.names("frozen_components");
  out.annotating_components = section.names("annotating_components");
  read_score_weights(section, out);
  const SettingsSection optimizer(config, "training.optimizer");
  out.optimizer = read_optimizer(optimizer);
  out.learn_rate = optimizer.at("learn_rate");
  out.batcher = section.at("batcher");
  read_logger(config, "training.logger", out.loggers);
  out.train = read_corpus_settings(config, section.text("train_corpus"));
  out.dev = read_corpus_settings(config, section.text("dev_corpus"));
  return out;
}

}  // namespace pawl
