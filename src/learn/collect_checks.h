// What a turn and its feedback may hold, and what feedback says as evidence.
#pragma once

#include <string>
#include <vector>

#include "learn/collect.h"

namespace pawl {

// Throw Error(kInvalidInput) naming the key.
void check_turn(const TurnInput& turn, const CollectSettings& settings);
void check_late_feedback(const FeedbackInput& feedback, const CollectSettings& settings);
void check_entities(const std::vector<EntitySpan>& entities, int64_t text_length);

// [[start,end,label],...] as JSON: the value of evidence about entities.
std::string entities_text(const std::vector<EntitySpan>& entities);

// Code points of the user's text as it was said, before anything was removed.
int64_t said_length(const TurnRecord& turn);

// Everything a piece of feedback says, as one text; equal for equal feedback.
std::string describe_feedback(const FeedbackRecord& feedback);

// Corrections of heads, ratings and "this was wrong", each by itself.
std::vector<EvidenceRecord> evidence_of(const FeedbackRecord& feedback, const TurnRecord& turn);

}  // namespace pawl
