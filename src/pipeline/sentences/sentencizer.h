// Sentences end at punctuation: factory "sentencizer" (spacy.pipeline.Sentencizer).
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "pipeline/component/component.h"

namespace pawl {

// Const functions are safe from any number of threads.
class Sentencizer final : public Component {
 public:
  Sentencizer(const std::string& name, const Json& config);

  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  // A file beside the folder: `path` with the suffix .json.
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

 private:
  void set_characters(const Json* list, const std::string& where);
  void annotate(Doc& doc) const;

  Json config_;
  bool overwrite_ = false;
  std::vector<std::string> characters_;
  std::unordered_set<StringId> ends_;  // their ids
};

std::unique_ptr<Component> make_sentencizer(const std::string& name, const Json& config,
                                            std::shared_ptr<Vocab> vocab);

}  // namespace pawl
