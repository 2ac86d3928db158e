#include "training/training_settings.h"

#include <cmath>

#include "base/error.h"
#include "config/spacy_config.h"

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

[[noreturn]] void wrong(const std::string& key, const std::string& what) {
  throw Error(ErrorKind::kFormat, key + ": " + what);
}

// Typed access below one section; errors name the whole key.
class Section {
 public:
  Section(const Json& config, std::string path)
      : path_(std::move(path)), section_(find_config(config, path_)) {
    if (!section_ || !section_->is_object()) wrong(path_, "there is no such section");
  }

  const Json& at(const char* key) const {
    const Json* value = section_->find(key);
    if (!value) wrong(path_ + "." + key, "missing");
    return *value;
  }
  std::string name(const char* key) const { return path_ + "." + key; }
  bool has(const char* key) const {
    const Json* value = section_->find(key);
    return value && !value->is_null();
  }

  uint64_t count(const char* key) const {
    const Json& value = at(key);
    if (!value.is_integer() || value.as_int() < 0)
      wrong(name(key), "must be a whole number, 0 or more");
    return static_cast<uint64_t>(value.as_int());
  }
  double number(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number() || !std::isfinite(value.as_double()))
      wrong(name(key), "must be a number");
    return value.as_double();
  }
  bool flag(const char* key) const {
    if (!at(key).is_bool()) wrong(name(key), "must be true or false");
    return at(key).as_bool();
  }
  std::string text(const char* key) const {
    if (!at(key).is_string()) wrong(name(key), "must be a text");
    return at(key).as_string();
  }
  std::vector<std::string> names(const char* key) const {
    std::vector<std::string> out;
    if (!at(key).is_array()) wrong(name(key), "must be a list of names");
    for (const Json& item : at(key).as_array()) {
      if (!item.is_string()) wrong(name(key), "must be a list of names");
      out.push_back(item.as_string());
    }
    return out;
  }
  void must_be_null(const char* key, const char* why) const {
    if (has(key)) throw Error(ErrorKind::kUnsupported, name(key) + ": " + why + "; set it to null");
  }
  void must_be(const char* key, std::string_view value) const {
    if (text(key) != value) {
      throw Error(ErrorKind::kUnsupported, name(key) + ": pawl has no '" + text(key) + "', only '" +
                                               std::string(value) + "'");
    }
  }

 private:
  std::string path_;
  const Json* section_;
};

CorpusSettings read_corpus_settings(const Json& config, const std::string& path) {
  const Section section(config, path);
  section.must_be("@readers", "spacy.Corpus.v1");
  section.must_be_null("augmenter", "augmentation is not supported");
  if (section.has("gold_preproc") && section.flag("gold_preproc")) {
    throw Error(ErrorKind::kUnsupported, section.name("gold_preproc") + ": true is not supported");
  }
  CorpusSettings out;
  if (!section.has("path")) {
    wrong(section.name("path"),
          "no corpus is named; give --paths.train and --paths.dev, or set it in the config");
  }
  out.path = section.text("path");
  if (section.has("limit")) out.options.limit = section.count("limit");
  if (section.has("max_length")) out.options.max_length = section.count("max_length");
  return out;
}

nn::AdamOptions read_optimizer(const Section& section) {
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

void read_score_weights(const Section& section, TrainingSettings& out) {
  const Json& weights = section.at("score_weights");
  if (!weights.is_object()) wrong(section.name("score_weights"), "must be a section of numbers");
  for (const auto& [name, weight] : weights.as_object()) {
    out.score_names.push_back(name);
    if (weight.is_null()) continue;
    if (!weight.is_number())
      wrong(section.name("score_weights") + "." + name, "must be a number or null");
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

TrainingSettings read_training_settings(const Json& config) {
  const Section section(config, "training");
  TrainingSettings out;
  out.seed = section.has("seed") ? section.count("seed") : 0;
  out.dropout = section.at("dropout");
  out.accumulate_gradient = std::max<uint64_t>(1, section.count("accumulate_gradient"));
  out.patience = section.count("patience");
  const Json& epochs = section.at("max_epochs");
  if (!epochs.is_integer() || epochs.as_int() < -1)
    wrong("training.max_epochs", "must be a whole number, -1 or more");
  out.max_epochs = epochs.as_int() < 0 ? 1 : epochs.as_int();
  out.max_steps = section.count("max_steps");
  out.eval_frequency = section.count("eval_frequency");
  if (out.eval_frequency == 0) wrong("training.eval_frequency", "must be 1 or more");
  out.frozen_components = section.names("frozen_components");
  out.annotating_components = section.names("annotating_components");
  section.must_be_null("before_to_disk", "it is Python code, which is not run");
  section.must_be_null("before_update", "it is Python code, which is not run");
  read_score_weights(section, out);
  const Section optimizer(config, "training.optimizer");
  out.optimizer = read_optimizer(optimizer);
  out.learn_rate = optimizer.at("learn_rate");
  out.batcher = section.at("batcher");
  out.train = read_corpus_settings(config, section.text("train_corpus"));
  out.dev = read_corpus_settings(config, section.text("dev_corpus"));
  return out;
}

}  // namespace pawl
