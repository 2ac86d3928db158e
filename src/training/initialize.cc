#include "training/initialize.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json_strings.h"
#include "config/spacy_config.h"
#include "pipeline/component/model_file.h"
#include "pipeline/registry.h"
#include "pipeline/remake.h"
#include "training/component_roles.h"
#include "training/contains.h"

namespace pawl {

namespace {

std::vector<std::string> pipeline_names(const Json& config) {
  const Json* list = find_config(config, "nlp.pipeline");
  if (!list || !list->is_array() || list->as_array().empty()) {
    throw Error(ErrorKind::kFormat, "nlp.pipeline: must be a list of at least one component");
  }
  return strings_from_json(*list);
}

// The vectors of another pipeline, and its strings (spaCy's load_vectors_into_model).
void take_vectors(Env& env, Language& into, const Json& config, const PipelineSources& sources,
                  Warnings* warnings) {
  const Json* name = find_config(config, "initialize.vectors");
  if (!name || name->is_null()) return;
  if (!name->is_string()) {
    throw Error(ErrorKind::kFormat, "initialize.vectors: must name a pipeline, or be null");
  }
  std::unique_ptr<Language> source;
  try {
    source = Language::from_disk(env, sources.pipeline(name->as_string()));
  } catch (const Error& error) {
    throw error.within("initialize.vectors");
  }
  if (!source->vocab().vectors() && warnings) {
    warnings->push_back("initialize.vectors: '" + name->as_string() + "' has no vectors");
  }
  into.vocab().take_vectors(source->vocab());
  for (const std::string& text : source->vocab().strings().strings())
    into.vocab().strings().add(text);
}

void disable_components(Language& language, const Json& config) {
  const Json* names = find_config(config, "nlp.disabled");
  if (!names || !names->is_array()) return;
  for (const Json& name : names->as_array()) {
    if (!language.find(name.as_string())) {
      throw Error(ErrorKind::kFormat,
                  "nlp.disabled: there is no component '" + name.as_string() + "' in nlp.pipeline");
    }
    language.disable(name.as_string());
  }
}

std::vector<std::string> replaced_listeners(const std::string& name, const Json& block) {
  const Json* paths = block.find("replace_listeners");
  if (!paths || paths->is_null()) return {};
  if (!paths->is_array()) {
    throw Error(ErrorKind::kFormat,
                "components." + name + ".replace_listeners: must be a list of paths");
  }
  return strings_from_json(*paths);
}

// Loads each source once and hands out its components.
class Sources {
 public:
  Sources(Env& env, const PipelineSources& sources, Warnings* warnings)
      : env_(env), sources_(sources), warnings_(warnings) {}

  void take(Language& into, const std::string& name, const Json& block) {
    const std::string key = "components." + name + ".source";
    const std::string from = block.at("source").as_string();
    const Json* other = block.find("component");
    const std::string wanted = other && other->is_string() ? other->as_string() : name;
    auto& loaded = loaded_[from];
    if (!loaded) loaded = Language::from_disk(env_, sources_.pipeline(from), warnings_);
    const Component* component = loaded->find(wanted);
    if (!component)
      throw Error(ErrorKind::kNotFound, key + ": '" + from + "' has no component '" + wanted + "'");
    for (const std::string& label : component->labels()) into.vocab().strings().add(label);
    const std::vector<std::string> listeners = replaced_listeners(name, block);
    if (wanted == name && listeners.empty()) {
      into.add_component(component->clone(into.shared_vocab()),
                         loaded->config().at("components").at(wanted));
      return;
    }
    Remade remade = remake_component(*loaded, wanted, name, listeners, into.shared_vocab());
    into.add_component(std::move(remade.component), remade.config);
  }

 private:
  Env& env_;
  const PipelineSources& sources_;
  Warnings* warnings_;
  std::map<std::string, std::unique_ptr<Language>> loaded_;
};

void add_label_names(const Json& value, std::vector<std::string>& out) {
  if (value.is_string()) {
    if (!value.as_string().empty() && !contains(out, value.as_string()))
      out.push_back(value.as_string());
  } else if (value.is_array()) {
    for (const Json& item : value.as_array()) add_label_names(item, out);
  }
}

// The labels a config gives to a component; null: from the examples.
Json configured_labels(Env& env, const Json& config, const std::string& name) {
  const std::string key = "initialize.components." + name + ".labels";
  const Json* labels = find_config(config, key);
  if (!labels || labels->is_null()) return {};
  const Json* reader = labels->is_object() ? labels->find("@readers") : nullptr;
  if (!reader) return *labels;
  if (!reader->is_string() || reader->as_string() != "spacy.read_labels.v1") {
    throw Error(ErrorKind::kUnsupported, key + ".@readers: only spacy.read_labels.v1 is supported");
  }
  const Path path = labels->at("path").as_string();
  const Json* require = labels->find("require");
  if (!env.exists(path)) {
    if (require && require->is_bool() && require->as_bool()) {
      throw Error(ErrorKind::kNotFound, key + ".path: there is no file " + path.string());
    }
    return {};
  }
  try {
    return parse_json(env.read_file(path));
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

// spaCy's E919 and E920: a positive label is one of two.
void check_positive_label(const Json& config, const Component& component) {
  const std::string key = "initialize.components." + component.name() + ".positive_label";
  const Json* positive = find_config(config, key);
  if (!positive || !positive->is_string()) return;
  const std::vector<std::string> labels = component.labels();
  if (!contains(labels, positive->as_string())) {
    throw Error(ErrorKind::kFormat, key + ": '" + positive->as_string() +
                                        "' is not among the labels of the training data");
  }
  if (labels.size() != 2) {
    throw Error(ErrorKind::kFormat, key +
                                        ": there must be two labels for one to be positive, but " +
                                        std::to_string(labels.size()) + " are known");
  }
}

// Weights that `spacy pretrain` wrote, for the layer that [pretraining] names.
void read_pretrained(Env& env, Language& language, const Json& config) {
  const std::string key = "initialize.init_tok2vec";
  const Json* file = find_config(config, key);
  if (!file || file->is_null()) return;
  const Json* name = find_config(config, "pretraining.component");
  if (!name || !name->is_string()) {
    throw Error(ErrorKind::kFormat,
                key + ": pretraining.component must name the component that loads the weights");
  }
  TrainableComponent* component = language.find_trainable(name->as_string());
  if (!component) {
    throw Error(ErrorKind::kFormat, "pretraining.component: there is no component '" +
                                        name->as_string() + "' with a model");
  }
  const Json* layer = find_config(config, "pretraining.layer");
  const bool whole = !layer || !layer->is_string() || layer->as_string().empty();
  nn::Node* node = whole ? &component->model() : component->model().ref(layer->as_string());
  if (!node) {
    throw Error(ErrorKind::kFormat, "pretraining.layer: the model of '" + name->as_string() +
                                        "' has no layer '" + layer->as_string() + "'");
  }
  try {
    read_model_file(env, file->as_string(), *node);
  } catch (const Error& error) {
    throw error.within(key);
  }
  component->weights_changed();
}

// The examples with the categories a component has been given, so that it learns no others.
std::vector<Example> restricted(std::span<const Example> examples,
                                const std::vector<std::string>& labels) {
  std::vector<Example> out(examples.begin(), examples.end());
  const std::set<std::string> known(labels.begin(), labels.end());
  for (Example& example : out) {
    std::erase_if(example.cats, [&](const auto& cat) { return !known.contains(cat.first); });
  }
  return out;
}

// `block` is the interpolated one.
void add_new(Language& language, const std::string& name, const Json& block, const Json& written) {
  auto component = make_component(name, block, language.shared_vocab());
  if (component->factory() == "lemmatizer") {
    throw Error(ErrorKind::kUnsupported,
                "components." + name +
                    ": the tables of a new lemmatizer are not in the language pack; take it from a "
                    "pipeline with source = \"...\"");
  }
  Json filled = written;
  fill_component_defaults(filled);
  language.add_component(std::move(component), filled);
}

}  // namespace

ConfiguredPipeline make_configured_pipeline(Env& env, const Json& config,
                                            const PipelineSources& sources, Warnings* warnings) {
  const Json interpolated = interpolate_config(config, "config");
  const Json* lookups = find_config(interpolated, "initialize.lookups");
  if (warnings && lookups && !lookups->is_null()) {
    warnings->push_back("initialize.lookups is not read; the language pack's own tables are used");
  }
  const std::vector<std::string> names = pipeline_names(interpolated);
  const Json* lang = find_config(interpolated, "nlp.lang");
  if (!lang || !lang->is_string()) throw Error(ErrorKind::kFormat, "nlp.lang: missing");
  ConfiguredPipeline out;
  out.language = Language::blank(env, sources.language_pack(lang->as_string()));
  out.language->config() = config;
  take_vectors(env, *out.language, interpolated, sources, warnings);
  Sources from(env, sources, warnings);
  for (const std::string& name : names) {
    const Json* blocks = find_config(config, "components");
    const Json* block = blocks && blocks->is_object() ? blocks->find(name) : nullptr;
    if (!block || !block->is_object()) {
      throw Error(ErrorKind::kFormat,
                  "nlp.pipeline names '" + name + "', but there is no [components." + name + "]");
    }
    if (block->find("source")) {
      from.take(*out.language, name, find_config(interpolated, "components")->at(name));
      out.sourced.push_back(name);
    } else {
      add_new(*out.language, name, find_config(interpolated, "components")->at(name), *block);
    }
  }
  disable_components(*out.language, interpolated);
  return out;
}

void initialize_components(Env& env, ConfiguredPipeline& pipeline, const TrainingSettings& settings,
                           std::span<const Example> examples, Rng& rng, Progress& progress) {
  Language& language = *pipeline.language;
  const Json config = interpolate_config(language.config(), "config");
  check_component_roles(language, settings, config);
  for (const std::string& name : language.pipe_names()) {
    TrainableComponent* component = language.find_trainable(name);
    if (!component || contains(settings.frozen_components, name) ||
        contains(pipeline.sourced, name))
      continue;
    const Json data = configured_labels(env, config, name);
    std::vector<std::string> labels;
    if (!data.is_null() && !component->set_label_data(data)) add_label_names(data, labels);
    for (const std::string& label : labels) component->add_label(label);
    if (labels.empty()) {
      component->initialize(examples, rng, progress);
    } else {
      component->initialize(restricted(examples, labels), rng, progress);
    }
    check_positive_label(config, *component);
  }
  read_pretrained(env, language, config);
}

}  // namespace pawl
