// Lists of strings in JSON; long ones are read without a document in between.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl {

// Calls `each` with every string of a JSON list, in order; it is valid during the call. Throws
// Error(kFormat) for anything else, after some strings may have been given.
void for_each_json_string(std::string_view text, const std::function<void(std::string_view)>& each);

inline Json json_strings(const std::vector<std::string>& values) {
  return Json(Json::Array(values.begin(), values.end()));
}

// Throws Error as Json's accessors do, when it is no list of strings.
inline std::vector<std::string> strings_from_json(const Json& json) {
  std::vector<std::string> values;
  for (const Json& value : json.as_array()) values.push_back(value.as_string());
  return values;
}

}  // namespace pawl
