// Variants of training documents (spacy.training.augment): in lower case, with other forms of
// punctuation, with blanks between words.
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "base/rng.h"
#include "pipeline/component/gold_doc.h"

namespace pawl {

// [corpora.NAME.augmenter]: spacy.lower_case.v1, spacy.orth_variants.v1,
// spacy.combined_augmenter.v1. Levels are shares of the documents.
struct Augmentation {
  double lower_case = 0;
  double orth_level = 0;
  double orth_lower = 0;  // of the documents that get other forms, those in lower case, too
  Json orth_variants = {};  // null: none, or those of the file
  std::string orth_file = {};  // JSON
  double whitespace_level = 0;
  double whitespace_per_token = 0;
  std::vector<std::string> whitespace_variants = {};
  uint64_t seed = 0;
};

// Forms that stand for each other: {"single": [{"tags": [...], "variants": ["'", "’"]}], "paired":
// [{"tags": [...], "variants": [["'", "'"], ["‘", "’"]]}]}.
class OrthVariants {
 public:
  OrthVariants() = default;
  // Throws Error(kFormat) that starts with `where`.
  OrthVariants(const Json& json, const std::string& where);
  bool empty() const { return single_.empty() && paired_.empty(); }
  // Each kind of form becomes one of its variants throughout the document; `rng` chooses which.
  void apply(GoldDoc& gold, Rng& rng) const;

 private:
  struct Single {
    std::vector<StringId> tags;
    std::vector<std::string> variants;
  };
  struct Paired {
    std::vector<StringId> tags;  // two: which of them says which side of the pair
    std::vector<std::vector<std::string>> variants;
  };
  void apply_single(const GoldDoc& gold, std::vector<std::string>& words, Rng& rng) const;
  void apply_paired(const GoldDoc& gold, std::vector<std::string>& words, Rng& rng) const;

  std::vector<Single> single_;
  std::vector<Paired> paired_;
};

// Replaces documents by variants as often as the settings say.
class Augmenter {
 public:
  // Reads the variants' file, if there is one. Throws Error naming it.
  Augmenter(Env& env, const Augmentation& settings);
  // `strings` gets the annotations of new tokens.
  void operator()(GoldDoc& gold, StringStore& strings);

 private:
  bool decide(double level) { return level > 0 && rng_.uniform() < level; }

  Augmentation settings_;
  OrthVariants variants_;
  Rng rng_;
};

// The document in lower case; annotations stay.
GoldDoc lower_cased(const GoldDoc& gold);
// The document with a token of blanks before token `position`, annotated as spaCy does; unchanged
// where it has span groups, links of entities, or a tree in part.
GoldDoc with_whitespace(const GoldDoc& gold, const std::string& whitespace, size_t position,
                        StringStore& strings);

}  // namespace pawl
