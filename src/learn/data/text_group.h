// All that was said about turns of one text: what an example is made of.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "learn/data/damage.h"
#include "learn/evidence/statement.h"
#include "store/records.h"

namespace pawl::learn {

struct TextGroup {
  std::string key;                           // text_key() of every one of its texts
  std::vector<JudgedTurn> turns;             // oldest first, all of them
  std::optional<LabeledExample> known = {};  // what earlier cycles made of it
  bool waited = false;  // an earlier cycle looked at it and could not settle it
};

// Whether anybody but the model itself said anything about the turn, be it a comment.
bool says_something(const TurnBundle& bundle);

JudgedTurn to_judged(const TurnBundle& bundle);

// Judged turns by text, in the order in which their texts first came. Damaged ones are passed over,
// and noted if `damages` is given.
std::vector<TextGroup> group_by_text(std::span<const TurnBundle> bundles,
                                     Damages* damages = nullptr);

}  // namespace pawl::learn
