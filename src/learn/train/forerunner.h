// Forerunners: what a candidate would have been one cycle ago, judged on what this cycle brought to
// train on. A cycle's certify split may hold too few examples to show an improvement; a forerunner
// is shown the other splits as well, before anybody trains on them (test, then train: the
// prequential principle, Dawid 1984). It is never deployed: what it gains over the incumbent is
// evidence for the candidate that has learnt what it knew, and more.
#pragma once

#include <vector>

#include "learn/train/train_candidate.h"

namespace pawl::learn {

// Training data as the last cycle had it: `memory` (old to new) from `last_cycle` on are its fresh
// examples. Certify examples are left out. No fresh examples: there is no forerunner.
CandidateData forerunner_data(const std::vector<LabeledExample>& memory, size_t last_cycle,
                              EncoderLink encoder);

// What a forerunner is judged on: the examples of `fresh` that the candidate trains on or chooses
// by, but for texts that `memory` has, too.
std::vector<LabeledExample> unseen_by_forerunner(const std::vector<LabeledExample>& memory,
                                                 const std::vector<LabeledExample>& fresh);

}  // namespace pawl::learn
