// Forerunners: a candidate's certify split may hold too few examples to show an improvement, so the
// same recipe is also trained without a part of what this cycle brought, once for each part, and
// judged on the part it has not seen (cross-fitting: k-fold cross-validation over what is new). A
// part is what some people said alone: nobody's word is judged by what he taught himself. What an
// operator reviewed goes by its text, as it stands for itself.
// Forerunners are never deployed: what they gain over the incumbent is evidence for the candidate,
// which has learnt what they know, and more.
#pragma once

#include <vector>

#include "learn/train/train_candidate.h"

namespace pawl::learn {

inline constexpr size_t kForerunners = 3;

struct Fold {
  size_t index = 0;       // below kForerunners
  bool by_author = true;  // false: by text alone, where everything is one person's word
};

// What the forerunner of this fold trains on: memory and fresh examples but for certify examples
// and the fold's own. No fresh examples: there is no forerunner.
CandidateData forerunner_data(const std::vector<LabeledExample>& memory,
                              const std::vector<LabeledExample>& fresh, Head head, const Fold& fold,
                              EncoderLink encoder);

// What it is judged on: the fold's examples of `fresh` that the candidate trains on or chooses by,
// but for texts that `memory` has, too, and for those that rest on a doubtful author.
std::vector<LabeledExample> unseen_by_forerunner(const std::vector<LabeledExample>& memory,
                                                 const std::vector<LabeledExample>& fresh,
                                                 Head head, const Fold& fold);

}  // namespace pawl::learn
