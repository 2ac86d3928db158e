// What a turn and its feedback may hold, and what feedback says as evidence.
#pragma once

#include <string>
#include <vector>

#include "learn/intake/collect.h"

namespace pawl::learn {

// Throw Error(kInvalidInput) naming the key.
void check_turn(const TurnInput& turn, const CollectSettings& settings);
void check_late_feedback(const FeedbackInput& feedback, const CollectSettings& settings);
// UTF-8 of at most `limit` bytes, none of them zero.
void check_text(const char* key, const std::string& text, size_t limit);
// What can be shown on one line and is nobody's: not blank, no control characters, no name, number
// or address of a person.
void check_label(const char* key, const std::string& label, const CollectSettings& settings);
// Offsets in order and within the text, labels, no character twice.
void check_entities(const char* key, const std::vector<EntitySpan>& entities, int64_t text_length,
                    const CollectSettings& settings);

// Whether there is anything in it.
bool says_something(const FeedbackInput& feedback);

// [[start,end,label],...] as JSON: the value of evidence about entities.
std::string entities_text(const std::vector<EntitySpan>& entities);

// Code points of the user's text as it was said, before anything was removed.
int64_t said_length(const TurnRecord& turn);

// Everything a piece of feedback says, as one text; equal for equal feedback.
std::string describe_feedback(const FeedbackRecord& feedback);

// Corrections of heads, ratings and "this was wrong", each by itself.
std::vector<EvidenceRecord> evidence_of(const FeedbackRecord& feedback, const TurnRecord& turn);

}  // namespace pawl::learn
