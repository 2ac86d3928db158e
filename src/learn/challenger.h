// Challengers: candidates made of what was known before this cycle, judged on everything this cycle
// brought. A cycle's certify split may hold too few examples to show an improvement; a challenger
// is shown several times as many, none of which it or the incumbent has trained on (test, then
// train: the prequential principle, Dawid 1984). What is deployed is what was judged.
#pragma once

#include <string>
#include <vector>

#include "learn/gate.h"
#include "learn/train_candidate.h"

namespace pawl::learn {

// Training data as the last cycle had it: `memory` (old to new) from `last_cycle` on are its fresh
// examples. Certify examples are left out. No fresh examples: there is no challenger.
CandidateData challenger_data(const std::vector<LabeledExample>& memory, size_t last_cycle,
                              EncoderLink encoder);

// What challengers are judged on: the certify examples of `memory`, and all of `fresh` but texts
// that `memory` trains on.
std::vector<LabeledExample> unseen_by_challengers(const std::vector<LabeledExample>& memory,
                                                  const std::vector<LabeledExample>& fresh);

// The verdict on a head with two candidates: the newest one's if it is deployed, or else the
// challenger's if that is deployed or the only one that was judged. The tests of the other are kept
// in it as HEAD.challenger.TEST or HEAD.newest.TEST.
HeadVerdict settle(HeadVerdict newest, HeadVerdict challenger);

}  // namespace pawl::learn
