// Labels of examples that the others contradict.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "learn/evidence/distribution.h"
#include "math/matrix.h"

namespace pawl::learn {

struct SuspectLabel {
  size_t row = 0;
  std::string likelier;         // the label the others speak for
  double given = 0, other = 0;  // out-of-fold probabilities of the given label and of that one
};

// Confident learning (Northcutt et al. 2021): suspect is a row of which another label is likelier
// than its own, and at least as likely as of rows that have it on average. `probabilities`: of each
// row by a model that did not learn from it. The surest first.
std::vector<SuspectLabel> suspect_labels(std::span<const std::string> labels,
                                         std::span<const Scores> probabilities);

// What the nearest other rows say of each: every row is a fold of its own. `vectors` has rows of
// length 1, one for each label. Quadratic in the rows, which the caller bounds.
std::vector<Scores> left_out_votes(const Matrix& vectors, std::span<const std::string> labels);

}  // namespace pawl::learn
