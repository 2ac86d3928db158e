#include "learn/data/curate.h"

#include <algorithm>

namespace pawl::learn {
namespace {

// How sure the live heads are, made to agree with how often they are right.
struct Calibration {
  double intent = 1, sentiment = 1;  // temperatures
};

Calibration calibrate(const std::vector<Doc>& docs, const CurateOptions& options) {
  std::vector<Scores> intents, sentiments;
  auto add = [](std::vector<Scores>& to, Scores scores) {
    if (!scores.empty()) to.push_back(std::move(scores));
  };
  for (const Doc& doc : docs) {
    add(intents, label_scores(doc, Head::kIntent));
    add(sentiments, label_scores(doc, Head::kSentiment));
  }
  return {fit_temperature(intents, options.intent_trust.model_accuracy),
          fit_temperature(sentiments, options.sentiment_trust.model_accuracy)};
}

HeadEvidence intent_evidence(const TurnEvidence& turn, const Doc& doc, double temperature) {
  return {
      .scores = at_temperature(label_scores(doc, Head::kIntent), temperature),
      .predicted = turn.predicted_intent,
      .review = turn.reviewed_intent,
      .correction = turn.corrected_intent,
      .rating = turn.rating,
      .says_wrong = turn.needs_correction && !turn.corrected_intent && !turn.corrected_sentiment};
}

// A rating is about the answer, which hangs on the intent: of the sentiment it says nothing.
HeadEvidence sentiment_evidence(const TurnEvidence& turn, const Doc& doc, double temperature) {
  return {.scores = at_temperature(label_scores(doc, Head::kSentiment), temperature),
          .predicted = turn.predicted_sentiment,
          .review = turn.reviewed_sentiment,
          .correction = turn.corrected_sentiment};
}

std::string strongest_source(const TurnEvidence& turn) {
  if (turn.reviewed_intent || turn.reviewed_sentiment) return "review";
  if (turn.corrected_intent || turn.corrected_sentiment || turn.corrected_entities)
    return "correction";
  return "rating";
}

// Fills what the evidence says with enough certainty; false when that is nothing.
bool label_turn(const TurnEvidence& turn, const Doc& doc, const Calibration& calibration,
                const CurateOptions& options, LabeledExample& example) {
  const auto intent =
      weigh_evidence(intent_evidence(turn, doc, calibration.intent), options.intent_trust);
  if (intent.supported && intent.probability >= options.quality_threshold) {
    example.intent = intent.label;
    example.intent_weight = intent.probability;
  }
  const auto sentiment =
      weigh_evidence(sentiment_evidence(turn, doc, calibration.sentiment), options.sentiment_trust);
  if (sentiment.supported && sentiment.probability >= options.quality_threshold) {
    example.sentiment = sentiment.label;
    example.sentiment_weight = sentiment.probability;
  }
  if (turn.corrected_entities) {
    example.has_entities = true;
    example.entities = *turn.corrected_entities;
    example.entities_weight = options.intent_trust.correction;
  }
  return example.intent || example.sentiment || example.has_entities;
}

// Two opinions on the same text: per head the likelier one stays.
void merge(LabeledExample& into, const LabeledExample& from) {
  if (from.intent && (!into.intent || from.intent_weight > into.intent_weight)) {
    into.intent = from.intent;
    into.intent_weight = from.intent_weight;
  }
  if (from.sentiment && (!into.sentiment || from.sentiment_weight > into.sentiment_weight)) {
    into.sentiment = from.sentiment;
    into.sentiment_weight = from.sentiment_weight;
  }
  if (from.has_entities) {
    into.has_entities = true;
    into.entities = from.entities;
    into.entities_weight = from.entities_weight;
  }
}

Split split_of(const TurnEvidence& turn, const std::string& key,
               const std::map<std::string, Split>& known, double validation_split) {
  const auto found = known.find(key);
  return found != known.end() ? found->second
                              : assign_split(turn.conversation_id, validation_split);
}

}  // namespace

Curated curate(const std::vector<TurnEvidence>& turns, const Language& live,
               const std::map<std::string, Split>& known_splits, const CurateOptions& options) {
  Curated result;
  std::vector<std::string> texts;
  for (const auto& turn : turns) texts.push_back(turn.text);
  const std::vector<Doc> docs = live.pipe(texts);
  const Calibration calibration = calibrate(docs, options);
  std::map<std::string, size_t> by_key, per_user;
  for (size_t i = 0; i < turns.size(); ++i) {
    const TurnEvidence& turn = turns[i];
    LabeledExample example;
    example.text = turn.text;
    example.key = text_key(turn.text);
    example.turn_id = turn.turn_id;
    example.user_id = turn.user_id;
    example.source = strongest_source(turn);
    const bool blamed = turn.rating && *turn.rating <= options.intent_trust.bad_rating;
    if (turn.corrected_intent) {
      ++result.named;
    } else if (blamed || turn.needs_correction) {
      ++result.unnamed;
    }
    if (!label_turn(turn, docs[i], calibration, options, example)) {
      ++result.left_out["uncertain"];
    } else if (const auto seen = by_key.find(example.key); seen != by_key.end()) {
      merge(result.examples[seen->second], example);
      ++result.left_out["duplicate"];
    } else if (result.examples.size() >= options.max_examples) {
      ++result.left_out["cycle_cap"];
    } else if (++per_user[turn.user_id] > options.max_examples_per_user) {
      ++result.left_out["user_cap"];
    } else {
      example.split = split_of(turn, example.key, known_splits, options.validation_split);
      by_key[example.key] = result.examples.size();
      result.examples.push_back(std::move(example));
    }
  }
  return result;
}

}  // namespace pawl::learn
