// The contract's Turn and Feedback shapes as values.
#pragma once

#include "base/json.h"
#include "learn/data/dataset.h"
#include "learn/intake/collect.h"
#include "wire/unknown_keys.h"

namespace pawl::wire {

// Lines of one stream name their tenant, or leave it to the stream.
struct TurnLine {
  std::string tenant;  // as the line names it; empty when it does not
  learn::TurnInput turn;
};
struct FeedbackLine {
  std::string tenant;
  learn::FeedbackInput feedback;
};

// Throw Error(kInvalidInput) naming the key for a wrong type, a missing conversation or text, or a
// score outside 0..1. Keys that the contract does not know are noted in `unknown`; those of a turn
// without consent are not looked at.
TurnLine read_turn(const Json& line, UnknownKeys& unknown);
// That arrives by itself: with turn_id or conversation_id.
FeedbackLine read_feedback(const Json& line, UnknownKeys& unknown);
// {"text","intent"?,"sentiment"?,"entities"?:[[start,end,label],...]} with the limits of a turn;
// throws Error naming the key.
learn::LabeledExample read_example(const Json& line, UnknownKeys& unknown);

}  // namespace pawl::wire
