// Labelled examples as learning keeps them, and as components train on them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "learn/data/split.h"
#include "learn/heads/heads.h"

namespace pawl::learn {

struct EntityLabel {
  uint32_t start = 0, end = 0;  // code points, half open
  std::string label;
  bool operator==(const EntityLabel&) const = default;
};

// One utterance with what is believed of it. Heads are independent: any may be unknown.
struct LabeledExample {
  std::string key;   // text_key(text)
  std::string text;  // without personal data
  Split split = Split::kTrain;
  std::optional<std::string> intent = {}, sentiment = {};
  double intent_weight = 1, sentiment_weight = 1, entities_weight = 1;
  bool has_entities = false;
  std::vector<EntityLabel> entities = {};
  std::string source =
      {};  // "examples" or the strongest source of evidence: "review", "correction", "rating"
  std::string turn_id = {}, user_id = {};

  const std::optional<std::string>& label(Head head) const;  // of a classification head
  bool knows(Head head) const;
};

// The examples that know this head, as the component trains on them: tokenised by the pipeline,
// categories with the head's prefix, entity borders that are not token borders marked missing.
std::vector<Example> to_examples(std::span<const LabeledExample> examples, Head head,
                                 const Language& nlp);

// Distinct labels of a head, in order of first appearance.
std::vector<std::string> labels_of(std::span<const LabeledExample> examples, Head head);

// At most `limit` of `examples` that know the head, label by label in turn so that rare labels
// stay, the newest of a label first. `examples` must be ordered from old to new; the result keeps
// that order.
std::vector<LabeledExample> balanced_memory(std::span<const LabeledExample> examples, Head head,
                                            size_t limit);

}  // namespace pawl::learn
