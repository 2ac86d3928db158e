// How good trees and sentences are (spacy.scorer.Scorer: score_deps, score_spans of "sents").
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "training/scorer.h"

namespace pawl {

struct DependencyScores {
  Prf unlabelled, labelled;
  // Lower-case labels in the order in which they were met.
  std::vector<std::pair<std::string, Prf>> per_label;
};

// Tokens of blanks, punctuation (labels "p" and "punct") and tokens without a reference count
// nothing. As in spaCy a place in one document whose annotation is missing counts nothing in the
// documents after it either.
DependencyScores score_dependencies(std::span<const Scored> pairs);

// Sentences that begin and end with the same characters.
Prf score_sentences(std::span<const Scored> pairs);

// Both under spaCy's keys: dep_uas, dep_las, dep_las_per_type, sents_p, sents_r, sents_f; null
// where nothing could be measured.
Json parse_scores_json(std::span<const Scored> pairs);
Json sentence_scores_json(std::span<const Scored> pairs);

}  // namespace pawl
