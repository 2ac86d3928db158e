// Clusters of texts that the model places badly and no known example explains: labels that nobody
// has named yet.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "math/matrix.h"

namespace pawl::learn {

// A text about which nobody has said what is right.
struct UnplacedText {
  std::string key, text;
  double uncertainty = 0;  // one less the model's highest probability
  double explained = -1;   // its cosine to the nearest known example; -1: there is none
  std::vector<std::string> authors;
  size_t times = 1;  // turns with it
};

struct ProposalOptions {
  size_t min_texts = 5;    // an author counts for two of them at most
  size_t min_authors = 3;  // so that nobody makes one alone
  size_t max_proposals = 20;
  std::set<std::string> known_labels = {};  // names that are taken
};

struct IntentProposal {
  std::string id;                  // of its most central text: "intent-..."
  std::string name;                // its typical words
  std::vector<std::string> words;  // the most typical first
  std::vector<size_t> rows;        // the most central first
  size_t authors = 0, turns = 0;
  double value = 0;  // doubtful turns that a name would settle
};

// The largest first; no text is in two of them. `vectors` has rows of length 1, one for each text.
// Quadratic in the texts, which the caller bounds. Deterministic.
std::vector<IntentProposal> propose_intents(std::span<const UnplacedText> texts,
                                            const Matrix& vectors, const ProposalOptions& options);

// Words that stand in many of `texts` and in few of the others, the most typical first; of a script
// without blanks between words, pairs of its signs.
std::vector<std::string> typical_words(std::span<const std::string> texts,
                                       std::span<const std::string> others, size_t count);

}  // namespace pawl::learn
