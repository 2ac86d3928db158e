// A pipeline: vocabulary, tokenizer and components in order. spaCy's Language: load, run, save.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "base/log.h"
#include "pipeline/component/component.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

namespace pawl {

class Language {
 public:
  // Code points of the longest text that is taken, the default of spaCy's nlp.max_length; a longer
  // one throws Error(kInvalidInput).
  static constexpr size_t kMaxLength = 1000000;

  // A pipeline folder (or installed package folder that contains one). Nothing in it is executed.
  // Components pawl does not run are carried and named in `warnings`. Throws Error naming file and
  // key.
  static std::unique_ptr<Language> from_disk(Env& env, const Path& path,
                                             Warnings* warnings = nullptr);
  // A blank pipeline from a language pack: the folder spacy.blank(lang).to_disk() wrote.
  static std::unique_ptr<Language> blank(Env& env, const Path& language_pack);

  // Writes a folder that spacy.load() opens; `path` must not exist or be empty. Not atomic, not
  // synced.
  void to_disk(Env& env, const Path& path) const;

  Doc operator()(std::string_view text) const;  // tokenise and run all enabled components
  std::vector<Doc> pipe(std::span<const std::string> texts) const;  // the same in batches: faster
  Doc make_doc(std::string_view text) const;                        // tokenise only
  void annotate(std::span<Doc> docs) const;

  const std::vector<std::string>& pipe_names() const;  // enabled, in order
  std::vector<std::string> component_names() const;    // disabled ones, too
  // Null when absent; carried ones included.
  const Component* find(std::string_view name) const;
  Component* find(std::string_view name);
  // Null when absent or not trainable.
  const TrainableComponent* find_trainable(std::string_view name) const;
  TrainableComponent* find_trainable(std::string_view name);
  // Appends a component; `config` is its [components.NAME] block with "factory" (and "model").
  TrainableComponent& add_pipe(const std::string& name, const Json& config);
  // Appends a component that exists already (carried ones too), with its [components.NAME] block.
  void add_component(std::unique_ptr<Component> component, const Json& config);
  void remove_pipe(std::string_view name);
  // Keeps a component, and saves it, without running it (spaCy's nlp.disabled). Throws Error for
  // an unknown one.
  void disable(std::string_view name);
  void replace_pipe(
      std::unique_ptr<Component> component);  // by name; used to ship heads one by one

  // A deep copy that can be trained while this one serves; the Vocab is shared.
  std::unique_ptr<Language> clone() const;

  Vocab& vocab() const;
  std::shared_ptr<Vocab> shared_vocab() const;
  const Tokenizer& tokenizer() const;
  Json& config();  // the whole config.cfg as nested objects, ${...} unresolved
  const Json& config() const;
  Json& meta();

  Language();
  ~Language();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl
