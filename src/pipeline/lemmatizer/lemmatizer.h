// Lemmas by tables: factory "lemmatizer" in the modes rule, lookup and pos_lookup
// (spacy.pipeline.Lemmatizer, its English, Italian and Polish variants).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/lemmatizer/lemma_cache.h"
#include "pipeline/lemmatizer/lemma_tables.h"

namespace pawl {

// Const functions are safe from any number of threads.
class Lemmatizer final : public Component {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  Lemmatizer(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  // Throws Error(kFormat) when a table that the mode needs is missing.
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

 private:
  StringId lemma_of(Doc& doc, const Token& token) const;
  std::string look_up(const Token& token) const;
  std::string look_up_by_pos(const Token& token) const;
  std::string by_rules(const Token& token) const;
  std::vector<std::string_view> needed_tables() const;
  std::string apply_rules(const Token& token, const LemmaTables::PartOfSpeech& part) const;
  bool is_base_form(StringId pos, StringId morph) const;

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  enum class Mode { kRule, kLookup, kPosLookup };
  static Mode mode_of(const Json& config, const std::string& where);

  Mode mode_ = Mode::kLookup;
  bool overwrite_ = false;
  std::shared_ptr<const LemmaTables> tables_;  // shared by copies
  std::unique_ptr<LemmaCache> cache_ = std::make_unique<LemmaCache>();
};

// A component that is carried where the language has a lemmatizer of its own that pawl does not
// know in this mode.
std::unique_ptr<Component> make_lemmatizer(const std::string& name, const Json& config,
                                           std::shared_ptr<Vocab> vocab);

}  // namespace pawl
