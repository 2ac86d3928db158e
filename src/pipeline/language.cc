#include "pipeline/language.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "config/spacy_config.h"
#include "pipeline/component/phrases.h"
#include "pipeline/encoder/sentence_vectors.h"
#include "pipeline/language_impl.h"
#include "pipeline/registry.h"
#include "pipeline/run_components.h"
#include "pipeline/tok2vec/link.h"

namespace pawl {

namespace {

constexpr size_t kBatchDocs = 128;

void check_component_name(const std::string& name) {
  static const std::set<std::string, std::less<>> kTaken = {"vocab", "tokenizer", "meta.json",
                                                            "config.cfg"};
  const bool bad = name.empty() || name == "." || name == ".." || kTaken.contains(name) ||
                   name.find_first_of("/\\=:[]#;\n\r") != std::string::npos ||
                   name.find('\0') != std::string::npos || name.find('.') != std::string::npos;
  if (bad)
    throw Error(ErrorKind::kInvalidInput, "'" + name + "' cannot be the name of a component");
}

}  // namespace

Language::Language() : impl_(std::make_unique<Impl>()) {}
Language::~Language() = default;

Component* Language::Impl::find(std::string_view name) const {
  for (const auto& component : components) {
    if (component->name() == name) return component.get();
  }
  return nullptr;
}

// Sentence vectors are optional: who reads them works without, only less well.
void Language::Impl::link_vectors() {
  for (const auto& component : components) {
    auto* listening = dynamic_cast<SentenceVectorsListening*>(component.get());
    if (listening == nullptr) continue;
    auto* upstream = dynamic_cast<SentenceVectorsUpstream*>(find(listening->vectors_name()));
    listening->set_vectors(upstream ? upstream->vectors() : nullptr);
  }
}

void Language::Impl::components_changed() {
  link_vectors();
  enabled_names.clear();
  Tok2VecUpstream* last = nullptr;
  std::vector<std::pair<std::string, Tok2VecUpstream*>> upstreams;
  for (const auto& component : components) {
    if (!disabled.contains(component->name())) enabled_names.push_back(component->name());
    if (auto* listening = dynamic_cast<Tok2VecListening*>(component.get())) {
      const std::string wanted = listening->upstream_name();
      Tok2VecUpstream* found = wanted == "*" ? last : nullptr;
      for (const auto& [name, upstream] : upstreams) {
        if (name == wanted) found = upstream;
      }
      if (!wanted.empty() && !found) {
        throw Error(ErrorKind::kUnsupported, "components." + component->name() +
                                                 ".model: listens to '" + wanted +
                                                 "', but no tok2vec of that name comes before it");
      }
      listening->set_upstream(found);
    }
    if (auto* upstream = dynamic_cast<Tok2VecUpstream*>(component.get())) {
      upstreams.emplace_back(component->name(), upstream);
      last = upstream;
    }
  }
}

// Other attributes than those of the word form come from the components before this one.
void Language::Impl::compile_phrases(size_t place) {
  auto* owner = dynamic_cast<PhraseOwner*>(components[place].get());
  if (owner == nullptr) return;
  owner->compile_phrases([&](std::span<const std::string> texts, bool annotated) {
    std::vector<Doc> docs;
    docs.reserve(texts.size());
    for (const std::string& text : texts) docs.push_back((*tokenizer)(text));
    for (size_t i = 0; annotated && i < place; ++i) {
      if (!disabled.contains(components[i]->name())) components[i]->predict(docs);
    }
    return docs;
  });
}

Doc Language::make_doc(std::string_view text) const {
  if (text.size() > kMaxLength) {
    if (const size_t length = utf8::count(text); length > kMaxLength) {
      throw Error(ErrorKind::kInvalidInput, "the text has " + std::to_string(length) +
                                                " characters, more than the limit of " +
                                                std::to_string(kMaxLength) + "; split it");
    }
  }
  return (*impl_->tokenizer)(text);
}

Doc Language::operator()(std::string_view text) const {
  Doc doc = make_doc(text);
  annotate({&doc, 1});
  return doc;
}

std::vector<Doc> Language::pipe(std::span<const std::string> texts) const {
  std::vector<Doc> docs;
  docs.reserve(texts.size());
  for (const std::string& text : texts) docs.push_back(make_doc(text));
  for (size_t i = 0; i < docs.size(); i += kBatchDocs) {
    annotate(std::span(docs).subspan(i, std::min(kBatchDocs, docs.size() - i)));
  }
  return docs;
}

void Language::annotate(std::span<Doc> docs) const {
  if (docs.empty()) return;
  std::vector<const Component*> enabled;
  for (const auto& component : impl_->components) {
    if (!impl_->disabled.contains(component->name())) enabled.push_back(component.get());
  }
  run_components(enabled, docs);
}

const std::vector<std::string>& Language::pipe_names() const {
  return impl_->enabled_names;
}

std::vector<std::string> Language::component_names() const {
  std::vector<std::string> names;
  for (const auto& component : impl_->components) names.push_back(component->name());
  return names;
}

const Component* Language::find(std::string_view name) const {
  return impl_->find(name);
}
Component* Language::find(std::string_view name) {
  return impl_->find(name);
}

const TrainableComponent* Language::find_trainable(std::string_view name) const {
  return dynamic_cast<const TrainableComponent*>(find(name));
}
TrainableComponent* Language::find_trainable(std::string_view name) {
  return dynamic_cast<TrainableComponent*>(find(name));
}

TrainableComponent& Language::add_pipe(const std::string& name, const Json& config) {
  check_component_name(name);
  Json whole = impl_->config;
  set_config(whole, "components." + name, config);
  const Json interpolated = interpolate_config(whole, "components." + name);
  auto component = make_component(name, interpolated.at("components").at(name), impl_->vocab);
  auto* trainable = dynamic_cast<TrainableComponent*>(component.get());
  if (!trainable) {
    throw Error(ErrorKind::kUnsupported, "'" + name + "' is not a component that can be trained");
  }
  Json block = config;
  fill_component_defaults(block);
  add_component(std::move(component), block);
  return *trainable;
}

void Language::add_component(std::unique_ptr<Component> component, const Json& config) {
  const std::string name = component->name();
  check_component_name(name);
  if (find(name)) {
    throw Error(ErrorKind::kInvalidInput, "there is a component '" + name + "' already");
  }
  impl_->components.push_back(std::move(component));
  try {
    impl_->components_changed();
    impl_->compile_phrases(impl_->components.size() - 1);
  } catch (const Error&) {
    impl_->components.pop_back();
    impl_->components_changed();
    throw;
  }
  set_config(impl_->config, "components." + name, config);
}

void Language::remove_pipe(std::string_view name) {
  auto& components = impl_->components;
  const auto found = std::find_if(components.begin(), components.end(),
                                  [&](const auto& component) { return component->name() == name; });
  if (found == components.end()) {
    throw Error(ErrorKind::kNotFound, "there is no component '" + std::string(name) + "'");
  }
  const auto at = found - components.begin();
  std::unique_ptr<Component> removed = std::move(*found);
  components.erase(found);
  try {
    impl_->components_changed();
  } catch (const Error&) {
    components.insert(components.begin() + at, std::move(removed));
    impl_->components_changed();
    throw;
  }
  impl_->disabled.erase(std::string(name));
  for (const char* block : {"components", "initialize.components"}) {
    Json* blocks = const_cast<Json*>(find_config(impl_->config, block));
    if (blocks && blocks->is_object()) blocks->erase(name);
  }
}

void Language::disable(std::string_view name) {
  if (!find(name)) {
    throw Error(ErrorKind::kNotFound, "there is no component '" + std::string(name) + "'");
  }
  impl_->disabled.emplace(name);
  impl_->components_changed();
}

void Language::replace_pipe(std::unique_ptr<Component> component) {
  for (auto& own : impl_->components) {
    if (own->name() != component->name()) continue;
    const Json block = component->config();
    if (block != own->config()) set_config(impl_->config, "components." + own->name(), block);
    own = std::move(component);
    impl_->components_changed();
    return;
  }
  throw Error(ErrorKind::kNotFound, "there is no component '" + component->name() + "' to replace");
}

std::unique_ptr<Language> Language::clone() const {
  auto copy = std::make_unique<Language>();
  copy->impl_->config = impl_->config;
  copy->impl_->meta = impl_->meta;
  copy->impl_->vocab = impl_->vocab;
  copy->impl_->tokenizer = impl_->tokenizer;
  copy->impl_->disabled = impl_->disabled;
  for (const auto& component : impl_->components) {
    copy->impl_->components.push_back(component->clone(impl_->vocab));
  }
  copy->impl_->components_changed();
  return copy;
}

Vocab& Language::vocab() const {
  return *impl_->vocab;
}
std::shared_ptr<Vocab> Language::shared_vocab() const {
  return impl_->vocab;
}
const Tokenizer& Language::tokenizer() const {
  return *impl_->tokenizer;
}
Json& Language::config() {
  return impl_->config;
}
const Json& Language::config() const {
  return impl_->config;
}
Json& Language::meta() {
  return impl_->meta;
}
const Json& Language::meta() const {
  return impl_->meta;
}

}  // namespace pawl
