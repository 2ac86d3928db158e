// The contract's Turn and Feedback shapes as values.
#pragma once

#include "base/json.h"
#include "learn/data/dataset.h"
#include "learn/intake/collect.h"

namespace pawl::service {

// Throw Error(kInvalidInput) naming the key for a wrong type, a missing conversation or text, or a
// score outside 0..1. Keys that the contract does not know are passed over. `tenant` is the one
// given, which a turn may repeat but not contradict.
learn::TurnInput read_turn(const Json& line, const std::string& tenant);
learn::FeedbackInput read_feedback(
    const Json& line);  // that arrives by itself: with turn_id or conversation_id
// {"text","intent"?,"sentiment"?,"entities"?:[[start,end,label],...]} with the limits of a turn;
// throws Error naming the key.
learn::LabeledExample read_example(const Json& line);
Json to_json_value(const learn::CollectSummary& summary);

}  // namespace pawl::service
