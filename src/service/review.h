// What a person should look at, and what the person says of it. One queue for the terminal, files,
// REST and the dashboard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "learn/evidence/distribution.h"
#include "service/engine.h"

namespace pawl::service {

struct ReviewItem {
  std::string id;  // of a turn: the turn's own; "intent-...", "burst-..."
  // "uncertain": the model doubts, and the turn stands for many like it
  // "disagreement": a candidate answers otherwise than the live model
  // "label_error": an example whose label the others contradict
  // "burst": one author said the same of many turns at once, and is in quarantine
  // "new_intent": turns that are like each other and like nothing known
  std::string kind;
  std::string reason;             // a sentence for a person
  double value = 0;               // about so many turns' answers a word on it would settle
  TurnBundle turn;                // of the first three kinds
  std::string intent, sentiment;  // as the live model saw it when it was said
  double intent_confidence = 0, sentiment_confidence = 0;
  learn::Scores guesses = {};  // of the live model now, the likeliest first
  std::string suggested;       // the label most likely to be said; of a new intent its name
  std::string candidate = {};  // of a disagreement: the other generation's label
  // Of "new_intent" and "burst": examples (the most typical first), whose turns they are.
  std::vector<std::string> texts = {}, turn_ids = {}, words = {};
  size_t authors = 0;  // of a new intent
};

// The most valuable first, of the newest thousand turns, examples and what is in quarantine. What
// was said of it meanwhile is not in it. The first look after a generation went live reads a
// thousand texts; later ones what is new.
std::vector<ReviewItem> review_queue(Engine& engine, const std::string& tenant, size_t limit);

struct Review {
  std::optional<std::string> intent, sentiment;
  // Nothing to say of it, which excludes all else: it leaves the queue. Of a new intent: it is
  // none, now and later. Of a burst: it stays in quarantine.
  bool dismiss = false;
  // Of a new intent: its turns have this label, `intent` if it is given. Of a burst: it was honest,
  // and counts from the next cycle on.
  bool accept = false;
  std::vector<std::string> turn_ids = {};  // of a new intent: only these; empty: all of them
};

struct Reviewed {
  size_t turns = 0;  // about which something was said
};

// Throws Error(kNotFound) for what is not there, Error(kInvalidInput) for a review that says
// nothing, or two things that exclude each other.
Reviewed review(Engine& engine, const std::string& tenant, const std::string& id,
                const Review& said, const std::string& actor);

// Takes back what this actor said of it; false when that was nothing.
bool take_back_review(Engine& engine, const std::string& tenant, const std::string& id,
                      const std::string& actor);

}  // namespace pawl::service
