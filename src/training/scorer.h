// How good predictions are, as spacy.scorer.Scorer measures it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "pipeline/language.h"
#include "training/gold.h"

namespace pawl {

struct Prf {
  uint64_t tp = 0, fp = 0, fn = 0;

  double precision() const;
  double recall() const;
  double fscore() const;
  uint64_t total() const { return tp + fp + fn; }
  Prf& operator+=(const Prf& other);
};

Json prf_json(const Prf& score);  // {"p", "r", "f"}

// A prediction beside its reference; both outlive the pair.
struct Scored {
  const Doc* predicted = nullptr;
  const GoldDoc* gold = nullptr;
};

struct EntityScores {
  Prf all;
  std::map<std::string, Prf> per_type;
};
EntityScores score_entities(std::span<const Scored> pairs);

struct CategoryOptions {
  std::vector<std::string> labels;
  bool multi_label = false;
  double threshold = 0.5;      // multi-label only
  std::string positive_label;  // of two exclusive labels; empty: none
};
struct CategoryScores {
  Prf micro;
  std::vector<std::pair<std::string, Prf>> per_type;  // in the order of the labels
  std::vector<std::pair<std::string, std::optional<double>>> auc_per_type;
  double macro_p = 0, macro_r = 0, macro_f = 0, macro_auc = 0;
  double score = 0;
  std::string score_description;
};
CategoryScores score_categories(std::span<const Scored> pairs, const CategoryOptions& options);

struct TokenScores {
  Prf accuracy, spans;
};
TokenScores score_tokens(std::span<const Scored> pairs);

// Area under the ROC curve of scores against truths (1.0 is positive); empty unless the truths have
// exactly two values.
std::optional<double> roc_auc(const std::vector<float>& truths, const std::vector<float>& scores);

// What Language.evaluate reports under spaCy's keys, without "speed": token_acc ..., and for each
// enabled component that is scored ents_f ..., cats_score ...; null where nothing could be
// measured.
Json score_pipeline(const Language& language, std::span<const Scored> pairs);
// The part of the tokenizer.
Json tokenizer_scores(std::span<const Scored> pairs);
// The part of one component; an empty object for one that is not scored.
Json score_component(const Language& language, const Component& component,
                     std::span<const Scored> pairs);

}  // namespace pawl
