#include <algorithm>

#include "base/error.h"
#include "config/spacy_config.h"
#include "pipeline/component/carried.h"
#include "pipeline/language.h"
#include "pipeline/language_impl.h"
#include "pipeline/pipeline_path.h"
#include "pipeline/registry.h"
#include "pipeline/tok2vec/static_vectors.h"

namespace pawl {

namespace {

constexpr uint64_t kMaxConfig = uint64_t{16} << 20;
constexpr uint64_t kMaxMeta = uint64_t{64} << 20;
constexpr uint64_t kMaxTokenizer = uint64_t{64} << 20;
constexpr size_t kMaxComponents = 256;

[[noreturn]] void fail(const Path& file, const std::string& what,
                       ErrorKind kind = ErrorKind::kFormat) {
  throw Error(kind, file.string() + ": " + what);
}

Json read_meta(Env& env, const Path& file) {
  try {
    Json meta = parse_json(env.read_file(file, {.max_bytes = kMaxMeta}));
    if (!meta.is_object()) fail(file, "must be a JSON object");
    return meta;
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(file.string())) throw;
    throw error.within(file.string());
  }
}

// The strings of a list of component names in [nlp].
std::vector<std::string> name_list(const Json& config, std::string_view key, const Path& file) {
  const Json* list = find_config(config, key);
  std::vector<std::string> names;
  if (!list || list->is_null()) return names;
  if (!list->is_array()) fail(file, std::string(key) + " must be a list of component names");
  for (const Json& item : list->as_array()) {
    if (!item.is_string()) fail(file, std::string(key) + " must be a list of component names");
    if (std::find(names.begin(), names.end(), item.as_string()) != names.end()) {
      fail(file, std::string(key) + " names '" + item.as_string() + "' twice");
    }
    names.push_back(item.as_string());
  }
  if (names.size() > kMaxComponents) fail(file, std::string(key) + " has more than 256 components");
  return names;
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name != "vocab" && name != "tokenizer" &&
         name.find('/') == std::string::npos && name.find('\\') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// ">=3.8.0,<3.9.0" and the like: what the pipeline was made for.
void check_spacy_version(const Json& meta, const Path& file) {
  const Json* version = meta.find("spacy_version");
  if (!version || !version->is_string()) return;
  const std::string& text = version->as_string();
  const size_t digit = text.find_first_of("0123456789");
  if (digit == std::string::npos || text[digit] == '3') return;
  fail(file,
       "spacy_version is " + text +
           ", but only pipelines of spaCy 3 are read; download or train "
           "it for spaCy 3",
       ErrorKind::kUnsupported);
}

void check_tokenizer_kind(const Json& config, const Path& file) {
  const Json* kind = find_config(config, "nlp.tokenizer.@tokenizers");
  if (kind && kind->is_string() && kind->as_string() != "spacy.Tokenizer.v1") {
    fail(file,
         "nlp.tokenizer: pawl cannot run '" + kind->as_string() + "', only spacy.Tokenizer.v1",
         ErrorKind::kUnsupported);
  }
}

void warn_of_callbacks(const Json& config, const Path& file, Warnings* warnings) {
  for (const char* key :
       {"nlp.before_creation", "nlp.after_creation", "nlp.after_pipeline_creation"}) {
    const Json* value = find_config(config, key);
    if (warnings && value && !value->is_null()) {
      warnings->push_back(file.string() + ": " + key + " is Python code and is not run");
    }
  }
}

// Languages whose norms, which are features of words, spaCy computes in Python code.
void warn_of_norms(Env& env, const Path& folder, const std::string& lang, Warnings* warnings) {
  const bool computed = lang == "hi" || lang == "ne" || lang == "ht";
  if (!computed || !warnings || env.exists(folder / "vocab" / "lex_attrs.json")) return;
  warnings->push_back((folder / "vocab").string() + ": the norms of '" + lang +
                      "' need lex_attrs.json of its language pack beside strings.json; without it "
                      "they are lower-case forms, and predictions differ from spaCy's");
}

std::unique_ptr<Component> load_component(Env& env, const Path& folder, const std::string& name,
                                          const Json& config, const std::shared_ptr<Vocab>& vocab,
                                          std::vector<std::string>& carried) {
  const Path file = folder / "config.cfg";
  if (!is_file_name(name))
    fail(file, "nlp.pipeline: '" + name + "' cannot be the name of a component");
  const Json* blocks = find_config(config, "components");
  const Json* block = blocks && blocks->is_object() ? blocks->find(name) : nullptr;
  if (!block || !block->is_object()) {
    fail(file,
         "nlp.pipeline names '" + name + "', but there is no section [components." + name + "]");
  }
  const Json* factory = block->find("factory");
  if (!factory || !factory->is_string()) {
    fail(file, "components." + name + ".factory: missing; it names what the component is");
  }
  const bool runs = find_factory(factory->as_string()) != nullptr;
  std::unique_ptr<Component> component;
  if (runs) {
    try {
      component = make_component(name, *block, vocab);
    } catch (const Error& error) {
      throw error.within(file.string());
    }
  } else {
    component = std::make_unique<CarriedComponent>(name, factory->as_string(), *block);
  }
  if (dynamic_cast<const CarriedComponent*>(component.get())) carried.push_back("'" + name + "'");
  component->from_disk(env, folder / name);
  if (auto* trainable = dynamic_cast<TrainableComponent*>(component.get()))
    set_vector_widths(trainable->model(), *vocab);  // of one that was saved before it was trained
  return component;
}

void warn_of_carried(const std::vector<std::string>& names, Warnings* warnings) {
  if (names.empty() || warnings == nullptr) return;
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  warnings->push_back("not run by pawl, kept as they are, their annotations left out: " + list);
}

}  // namespace

std::unique_ptr<Language> Language::from_disk(Env& env, const Path& path, Warnings* warnings) {
  const HugePageScope huge_pages;
  const Path folder = find_pipeline(env, path);
  env.list_files(folder);  // refuses symbolic links
  const Path config_file = folder / "config.cfg";
  auto language = std::make_unique<Language>();
  Impl& impl = *language->impl_;
  impl.config = parse_config(env.read_file(config_file, {.max_bytes = kMaxConfig}),
                             config_file.string(), {.interpolate = false, .overrides = {}});
  const Json config = interpolate_config(impl.config, config_file.string());
  impl.meta = read_meta(env, folder / "meta.json");
  check_spacy_version(impl.meta, folder / "meta.json");
  check_tokenizer_kind(config, config_file);
  warn_of_callbacks(config, config_file, warnings);

  impl.vocab = std::make_shared<Vocab>();
  if (const Json* lang = find_config(config, "nlp.lang"); lang && lang->is_string()) {
    impl.vocab->lang = lang->as_string();
  } else {
    fail(config_file, "nlp.lang: missing; it is the language's code, for instance \"en\"");
  }
  warn_of_norms(env, folder, impl.vocab->lang, warnings);
  if (env.is_directory(folder / "vocab")) impl.vocab->from_disk(env, folder / "vocab");
  const Path tokenizer_file = folder / "tokenizer";
  impl.tokenizer =
      Tokenizer::from_bytes(impl.vocab, env.read_file(tokenizer_file, {.max_bytes = kMaxTokenizer}),
                            tokenizer_file.string());
  std::vector<std::string> carried;
  for (const std::string& name : name_list(config, "nlp.pipeline", config_file)) {
    impl.components.push_back(load_component(env, folder, name, config, impl.vocab, carried));
  }
  warn_of_carried(carried, warnings);
  for (const std::string& name : name_list(config, "nlp.disabled", config_file))
    impl.disabled.insert(name);
  try {
    impl.components_changed();
  } catch (const Error& error) {
    throw error.within(config_file.string());
  }
  for (size_t i = 0; i < impl.components.size(); ++i) impl.compile_phrases(i);
  return language;
}

std::unique_ptr<Language> Language::blank(Env& env, const Path& language_pack) {
  return from_disk(env, language_pack);
}

void Language::Impl::refresh_config(Json& out) const {
  out = config;
  Json::Array pipeline, off;
  for (const auto& component : components) {
    pipeline.emplace_back(component->name());
    if (disabled.contains(component->name())) off.emplace_back(component->name());
  }
  set_config(out, "nlp.pipeline", std::move(pipeline));
  set_config(out, "nlp.disabled", std::move(off));
  // Blocks of components that are not in the pipeline go: spaCy would not write them either.
  const Json* blocks = find_config(config, "components");
  Json kept = Json::object();
  for (const auto& component : components) {
    const Json* block = blocks && blocks->is_object() ? blocks->find(component->name()) : nullptr;
    kept[component->name()] = block ? *block : component->config();
  }
  set_config(out, "components", std::move(kept));
}

void Language::Impl::refresh_meta(Json& out) const {
  out = meta;
  auto add = [&](std::string_view key, Json value) {
    const Json* found = out.find(key);
    if (!found || found->is_null() || (found->is_string() && found->as_string().empty())) {
      out[key] = std::move(value);
    }
  };
  add("lang", vocab->lang);
  add("name", "pipeline");
  add("version", "0.0.0");
  add("spacy_version", ">=3.8.0,<3.9.0");
  Json labels = Json::object();
  Json::Array pipeline, all, off;
  const Json* old_labels = meta.find("labels");
  for (const auto& component : components) {
    const std::string& name = component->name();
    all.emplace_back(name);
    (disabled.contains(name) ? off : pipeline).emplace_back(name);
    if (disabled.contains(name)) continue;
    const bool carried = dynamic_cast<const CarriedComponent*>(component.get()) != nullptr;
    const Json* old =
        carried && old_labels && old_labels->is_object() ? old_labels->find(name) : nullptr;
    Json::Array own;
    for (std::string& label : component->labels()) own.emplace_back(std::move(label));
    labels[name] = old ? *old : Json(std::move(own));
  }
  out["labels"] = std::move(labels);
  out["pipeline"] = std::move(pipeline);
  out["components"] = std::move(all);
  out["disabled"] = std::move(off);
}

void Language::to_disk(Env& env, const Path& path) const {
  if (env.exists(path) && (!env.is_directory(path) || !env.list_directory(path).empty())) {
    throw Error(ErrorKind::kInvalidInput, path.string() + ": exists and is not an empty folder");
  }
  env.create_directories(path);
  Json config, meta;
  impl_->refresh_config(config);
  impl_->refresh_meta(meta);
  env.write_file(path / "config.cfg", write_config(config), false);
  env.write_file(path / "meta.json", to_json(meta, {.indent = 2}), false);
  env.write_file(path / "tokenizer", impl_->tokenizer->to_bytes(), false);
  for (const auto& component : impl_->components) {
    for (const std::string& label : component->labels()) impl_->vocab->strings().add(label);
    component->to_disk(env, path / component->name());
  }
  impl_->vocab->to_disk(env, path / "vocab");
}

}  // namespace pawl
