// Labelled examples as learning keeps them, and as components train on them.
#pragma once

#include <cstdint>
#include <map>
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

// What is believed of an utterance for one head.
struct Annotation {
  std::string label = {};                 // of a head of kind kLabel
  std::vector<EntityLabel> spans = {};    // of a head of kind kSpans; none at all is knowledge, too
  double weight = 1;                      // its probability
  std::vector<std::string> support = {};  // authors that say so; none: an operator's
  bool reviewed = false;                  // an operator is among them
  // Taught a candidate that was refused, and nobody else has said so since: neither trains nor
  // judges.
  bool set_aside = false;
  // Rests on one author alone whose record is doubtful: it may train, and judges nobody. Not
  // stored.
  bool doubted = false;
  bool operator==(const Annotation&) const = default;
};

// One utterance with what is believed of it. Heads are independent: any may be unknown.
struct LabeledExample {
  std::string key;   // text_key(text)
  std::string text;  // without personal data
  Split split = Split::kTrain;
  std::map<Head, Annotation> heads = {};
  // "examples" (an operator's) or the strongest source of evidence: "review", "correction",
  // "rating", "implicit".
  std::string source = {};
  std::string example_id = {};                                   // of this version
  int64_t version = 0;                                           // from 1; 0: not stored yet
  std::string cycle_id = {};                                     // that made it; empty: 'init' did
  std::string turn_id = {}, conversation_id = {}, user_id = {};  // of the turn whose text it is
  std::vector<std::string> authors = {};  // all who said the text or had a say about it

  bool knows(Head head) const { return heads.contains(head); }
  // These three throw std::out_of_range for a head it does not know.
  const std::string& label(Head head) const { return heads.at(head).label; }
  const std::vector<EntityLabel>& spans(Head head) const { return heads.at(head).spans; }
  double weight(Head head) const { return heads.at(head).weight; }
};

// A list of spans as statements have it, [[start, end, label], ...] in JSON.
std::vector<EntityLabel> parse_spans(const std::string& json);

// The examples that know this head, as the component trains on them: tokenised by the pipeline,
// categories with the head's prefix, entity borders that are not token borders marked missing.
std::vector<Example> to_examples(std::span<const LabeledExample> examples, Head head,
                                 const Language& nlp);

// How many examples a label has tells how often its answers were praised or corrected more than
// how often it is asked: weights are divided by the root of the label's share of them. Examples
// that are an operator's alone stay as they are: whoever chose them chose their shares.
void even_out_labels(std::vector<LabeledExample>& examples, Head head);

// Distinct labels of a head, in order of first appearance.
std::vector<std::string> labels_of(std::span<const LabeledExample> examples, Head head);

// At most `limit` of `examples` that know the head, label by label in turn so that rare labels
// stay, the newest of a label first. `examples` must be ordered from old to new; the result keeps
// that order.
std::vector<LabeledExample> balanced_memory(std::span<const LabeledExample> examples, Head head,
                                            size_t limit);

}  // namespace pawl::learn
