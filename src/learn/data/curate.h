// Curation: from texts with statements about them to examples whose labels can be trusted.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learn/data/defence.h"
#include "learn/data/session_signals.h"
#include "learn/data/text_account.h"
#include "learn/data/text_group.h"
#include "learn/evidence/joint.h"

namespace pawl::learn {

// How many of so many held-out examples the live head gets right.
struct HeldOutRight {
  double right = 0, count = 0;
};

struct CurateOptions {
  double quality_threshold = 0.7;
  size_t max_examples = 1000;  // a cycle
  size_t max_waiting = 500;    // named texts that wait for more evidence
  double validation_split = 0.2;
  DefenceOptions defence;
  Trust trust;
  SignalOptions signals;
  // Of the live heads. Few examples say little: each head's accuracy begins with what it says of
  // itself, trust.model_accuracy at most.
  std::map<Head, HeldOutRight> held_out;
};

struct Curated {
  // Texts to whose answer somebody objected, each by how likely it was wrong: those that got
  // another label, and those that did not. Those that wait are neither yet.
  double named = 0, unnamed = 0;
  std::vector<LabeledExample> examples;  // new ones and new versions, one a text
  std::vector<std::string> retracted;    // keys of known examples nobody vouches for any more
  // Keys of texts for the next cycle: those beyond max_examples, and those of which a label was
  // named that nothing speaks for or against yet.
  std::vector<std::string> waiting;
  std::vector<Burst> bursts;  // nothing of their authors counts in this cycle
  // Reason -> texts: "uncertain", "unchanged", "burst", "user_cap", "cycle_cap"; "duplicate": turns
  // that share the text of another.
  std::map<std::string, size_t> left_out;
  Reputations reputations;            // of authors whose record changed, as it is now
  SignalCounts signals;               // on turns of which their users said something in this cycle
  std::vector<TextAccount> accounts;  // how each text's labels came about, in order
};

// What the live model says of the groups' texts, in their order: of each head of labels the scores,
// summing to 1; none: no such head.
struct LiveView {
  std::map<Head, std::vector<Scores>> scores;
};
LiveView view_of(std::span<const TextGroup> groups, const Language& live);

// What is known from before.
struct CurationMemory {
  std::span<const LabeledExample> examples = {};  // old to new; neighbours of the groups' texts
  const SentenceVectors* vectors = nullptr;       // null: texts are compared by their n-grams
  Reputations reputations = {};
};

// Every group with all that was ever said about its text. A new text belongs where its first
// conversation does, unless `splits` knows its group_key(). An operator's labels stay as they are;
// what people say adds only heads the operator left open. What a refused candidate was taught stays
// set aside until another author supports it. Deterministic.
Curated curate(std::span<const TextGroup> groups, const LiveView& live,
               const std::map<std::string, Split>& splits, const CurateOptions& options,
               const CurationMemory& memory = {});
inline Curated curate(std::span<const TextGroup> groups, const Language& live,
                      const std::map<std::string, Split>& splits, const CurateOptions& options,
                      const CurationMemory& memory = {}) {
  return curate(groups, view_of(groups, live), splits, options, memory);
}

}  // namespace pawl::learn
