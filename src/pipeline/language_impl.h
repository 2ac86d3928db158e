// What a Language is made of; shared by the files that implement it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/language.h"

namespace pawl {

struct Language::Impl {
  Json config = Json::object();  // with its ${...}
  Json meta = Json::object();
  std::shared_ptr<Vocab> vocab;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<std::unique_ptr<Component>> components;
  std::set<std::string, std::less<>> disabled;
  std::vector<std::string> enabled_names;

  Component* find(std::string_view name) const;
  // To be called whenever components came or went: names, and who listens to whom. Throws
  // Error(kUnsupported) for a head whose upstream is not among the components pawl runs.
  void components_changed();
  void link_vectors();
  // Lets the component at this place make documents of its phrases, if it has any.
  void compile_phrases(size_t place);
  // Brings pipeline, labels and versions in config and meta up to date.
  void refresh_config(Json& config_out) const;
  void refresh_meta(Json& meta_out) const;
};

}  // namespace pawl
