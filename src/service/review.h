// What a person should look at, and what the person says of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/engine.h"

namespace pawl::service {

struct ReviewItem {
  TurnBundle turn;
  std::string intent, sentiment;  // as the live model saw it
  double intent_confidence = 0, sentiment_confidence = 0;
  std::map<std::string, std::string> otherwise;  // by head: what another generation says of it
};

// Turns that nobody has reviewed or corrected, of the newest thousand: those of which generations
// disagree first, then the least certain.
std::vector<ReviewItem> review_queue(Engine& engine, const std::string& tenant, size_t limit);

struct Review {
  std::optional<std::string> intent, sentiment;
  bool dismiss = false;  // nothing to say of it: it leaves the queue
};

// Throws Error(kNotFound) for an unknown turn, Error(kInvalidInput) for a review that says nothing.
void review_turn(Engine& engine, const std::string& tenant, const std::string& turn_id,
                 const Review& review, const std::string& actor);

// Takes back what this actor said of the turn; false when that was nothing.
bool take_back_review(Engine& engine, const std::string& tenant, const std::string& turn_id,
                      const std::string& actor);

}  // namespace pawl::service
