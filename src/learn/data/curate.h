// Curation: from turns with feedback to examples whose labels can be trusted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "learn/data/dataset.h"
#include "learn/evidence/evidence.h"

namespace pawl::learn {

// What was collected of one turn, in the order in which it happened.
struct TurnEvidence {
  std::string turn_id, conversation_id, user_id;
  std::string text;  // without personal data
  std::string predicted_intent = {}, predicted_sentiment = {};
  std::optional<std::string> corrected_intent = {}, corrected_sentiment = {};
  std::optional<std::string> reviewed_intent = {}, reviewed_sentiment = {};
  std::optional<std::vector<EntityLabel>> corrected_entities = {};
  std::optional<double> rating = {};  // mean of satisfaction_score and response_quality
  bool needs_correction = false;
};

struct CurateOptions {
  double quality_threshold = 0.7;
  size_t max_examples = 1000;         // a cycle
  size_t max_examples_per_user = 20;  // a cycle
  double validation_split = 0.2;
  Trust intent_trust, sentiment_trust;
};

struct Curated {
  size_t named = 0;                      // turns whose user named the right intent
  size_t unnamed = 0;                    // turns whose user only said that the answer was wrong
  std::vector<LabeledExample> examples;  // at most one per text_key
  std::map<std::string, size_t>
      left_out;  // reason -> turns: "uncertain", "user_cap", "cycle_cap", "duplicate"
};

// `known_splits` says where texts seen in earlier cycles belong, by text_key; a new text goes where
// its conversation does. Labels of the same text are resolved by posterior. Deterministic.
Curated curate(const std::vector<TurnEvidence>& turns, const Language& live,
               const std::map<std::string, Split>& known_splits, const CurateOptions& options);

}  // namespace pawl::learn
