// What the store keeps of a turn, as curation weighs it.
#pragma once

#include "learn/data/curate.h"
#include "store/records.h"

namespace pawl::learn {

// Whether anybody but the model itself said anything about the turn.
bool says_something(const TurnBundle& bundle);

// The newest statement of each kind counts: people change their minds.
TurnEvidence to_evidence(const TurnBundle& bundle);

}  // namespace pawl::learn
