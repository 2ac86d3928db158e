// Keys of a line that the contract does not know: most are slips of the pen, and what stands behind
// them is lost. They are counted and named, with the known key that is nearest.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pawl::wire {

class UnknownKeys {
 public:
  struct Found {
    uint64_t count = 0;
    std::string nearest;  // empty: none is near
  };

  // With `strict` an unknown key is an Error(kInvalidInput) naming it.
  explicit UnknownKeys(bool strict = false) : strict_(strict) {}

  // Looks at the keys of `object`, which may hold `known`; `where` ("feedback.") stands before
  // them.
  void check(const Json& object, std::span<const std::string_view> known,
             std::string_view where = "");

  const std::map<std::string, Found>& found() const { return found_; }
  // {"corected_intent": {"count": 2, "nearest": "corrected_intent"}}
  Json to_json_value() const;

 private:
  bool strict_;
  std::map<std::string, Found> found_;  // of the first hundred different ones
};

// The known name that a slip of the pen would lead from; empty when none is near.
std::string nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace pawl::wire
