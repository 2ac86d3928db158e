// Candidate and incumbent run on the same examples, and the gate's verdict on what they say.
#pragma once

#include <vector>

#include "learn/judge/gate.h"
#include "learn/train/train_candidate.h"

namespace pawl::learn {

// What both models say of held-out examples; intent or sentiment.
std::vector<LabelOutcome> outcomes_of(const CandidateHead& candidate, const Language& live,
                                      const std::vector<LabeledExample>& held_out);

// The gate's verdict on a head. `forerunners`: see judge_labels(); none for entities.
HeadVerdict judge_candidate(const CandidateHead& candidate, const Language& live,
                            const std::vector<LabeledExample>& certify, const GateOptions& options,
                            const std::vector<LabelOutcome>& forerunners = {});

}  // namespace pawl::learn
