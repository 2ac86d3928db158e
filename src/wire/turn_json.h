// The contract's Turn and Feedback shapes as values.
#pragma once

#include "base/json.h"
#include "learn/data/dataset.h"
#include "learn/intake/collect.h"

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
// score outside 0..1. Keys that the contract does not know are passed over.
TurnLine read_turn(const Json& line);
FeedbackLine read_feedback(const Json& line);  // that arrives by itself: with turn_id or
                                               // conversation_id
// {"text","intent"?,"sentiment"?,"entities"?:[[start,end,label],...]} with the limits of a turn;
// throws Error naming the key.
learn::LabeledExample read_example(const Json& line);

}  // namespace pawl::wire
