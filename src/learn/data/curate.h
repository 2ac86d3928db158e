// Curation: from texts with statements about them to examples whose labels can be trusted.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "learn/data/defence.h"
#include "learn/data/text_group.h"

namespace pawl::learn {

struct CurateOptions {
  double quality_threshold = 0.7;
  size_t max_examples = 1000;  // a cycle
  double validation_split = 0.2;
  DefenceOptions defence;
  Trust trust;
  std::map<Head, double> model_accuracy;  // of the live heads; trust.model_accuracy where missing
};

struct Curated {
  size_t named = 0;                      // turns about which somebody named the right answer
  size_t unnamed = 0;                    // turns of which was only said that the answer was wrong
  std::vector<LabeledExample> examples;  // new ones and new versions, one a text
  std::vector<std::string> retracted;    // keys of known examples nobody vouches for any more
  std::vector<std::string> waiting;      // keys of texts beyond max_examples: for the next cycle
  std::vector<Burst> bursts;             // nothing of their authors counts in this cycle
  // Reason -> texts: "uncertain", "unchanged", "burst", "user_cap", "cycle_cap"; "duplicate": turns
  // that share the text of another.
  std::map<std::string, size_t> left_out;
};

// Every group with all that was ever said about its text. A new text belongs where its first
// conversation does, unless `splits` knows its group_key(). An operator's labels stay as they are;
// what people say adds only heads the operator left open. What a refused candidate was taught stays
// set aside until another author supports it. Deterministic.
Curated curate(std::span<const TextGroup> groups, const Language& live,
               const std::map<std::string, Split>& splits, const CurateOptions& options);

}  // namespace pawl::learn
