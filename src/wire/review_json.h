// Items of the review queue as lines for other tools, and what they say of them.
#pragma once

#include <string>

#include "base/json.h"
#include "service/review.h"
#include "wire/unknown_keys.h"

namespace pawl::wire {

// {"id","kind","reason","value","user_text","assistant_response","guess":{...},"suggested",
// "candidate","texts","turn_ids",...}, and room for the answer: "intent", "sentiment", "dismiss",
// "accept" are null. Authors are left out.
Json to_json_value(const service::ReviewItem& item);

struct ReviewLine {
  std::string id;
  service::Review said;
  bool answered = false;  // false: nothing was filled in
};
// Takes a line of to_json_value() with its answer filled in, or {"id" | "turn_id", ...}. Keys that
// no such line has are noted in `unknown`. Throws Error(kInvalidInput) naming the key.
ReviewLine read_review(const Json& line, UnknownKeys& unknown);

}  // namespace pawl::wire
