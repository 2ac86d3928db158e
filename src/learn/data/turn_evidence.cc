#include "learn/data/turn_evidence.h"

#include <algorithm>

namespace pawl::learn {
namespace {

void apply_evidence(const EvidenceRecord& e, TurnEvidence& turn) {
  const bool intent = e.head == "intent", sentiment = e.head == "sentiment";
  if (e.source == "self") {
    if (intent) turn.predicted_intent = e.value;
    if (sentiment) turn.predicted_sentiment = e.value;
  } else if (e.source == "review") {
    if (intent) turn.reviewed_intent = e.value;
    if (sentiment) turn.reviewed_sentiment = e.value;
  }
}

void apply_feedback(const FeedbackRecord& f, TurnEvidence& turn) {
  if (f.corrected_intent) turn.corrected_intent = f.corrected_intent;
  if (f.corrected_sentiment) turn.corrected_sentiment = f.corrected_sentiment;
  if (f.corrected_entities) {
    turn.corrected_entities.emplace();
    for (const EntitySpan& e : *f.corrected_entities) {
      turn.corrected_entities->push_back(
          {static_cast<uint32_t>(e.start), static_cast<uint32_t>(e.end), e.label});
    }
  }
  if (f.satisfaction_score && f.response_quality) {
    turn.rating = (*f.satisfaction_score + *f.response_quality) / 2;
  } else if (f.satisfaction_score || f.response_quality) {
    turn.rating = f.satisfaction_score ? f.satisfaction_score : f.response_quality;
  }
  if (f.needs_correction) turn.needs_correction = *f.needs_correction;
}

}  // namespace

bool says_something(const TurnBundle& bundle) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(),
                     [](const EvidenceRecord& e) { return e.source != "self"; }) ||
         !bundle.feedback.empty();
}

TurnEvidence to_evidence(const TurnBundle& bundle) {
  TurnEvidence turn;
  turn.turn_id = bundle.turn.turn_id;
  turn.conversation_id = bundle.turn.conversation_id;
  turn.user_id = bundle.turn.user_id;
  turn.text = bundle.turn.user_text;
  for (const auto& e : bundle.evidence) apply_evidence(e, turn);
  for (const auto& f : bundle.feedback) apply_feedback(f, turn);
  return turn;
}

}  // namespace pawl::learn
