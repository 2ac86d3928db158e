// Attributes of tokens by patterns: factory "attribute_ruler" (spacy.pipeline.AttributeRuler).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/component/component.h"
#include "text/matcher/matcher.h"

namespace pawl {

// Const functions are safe from any number of threads.
class AttributeRuler final : public Component {
 public:
  AttributeRuler(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  // Rules in their order, so that later ones have the last word. Throws Error(kInvalidInput) when a
  // rule's index is not in what its pattern matched.
  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  // The file `patterns`, whose bytes are kept as they were read. Throws Error(kFormat or
  // kUnsupported) naming file and rule.
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

 private:
  struct Rule {
    std::vector<std::pair<Attr, uint64_t>> attributes;
    int64_t index = 0;  // of the token in the match; negative: from its end
  };
  struct Rules {
    std::string bytes;
    std::vector<Rule> rules;
    Matcher matcher;  // keys are places in `rules`
  };

  static std::shared_ptr<const Rules> read_rules(std::string bytes, Vocab& vocab,
                                                 const std::string& where);
  void apply(const Rule& rule, const Match& match, Doc& doc) const;

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  std::shared_ptr<const Rules> rules_;  // shared by copies over one Vocab
};

std::unique_ptr<Component> make_attribute_ruler(const std::string& name, const Json& config,
                                                std::shared_ptr<Vocab> vocab);

}  // namespace pawl
