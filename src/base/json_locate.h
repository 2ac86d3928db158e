// Finds what is wrong with a JSON text, for messages. Slow and careful: only run after the fast
// reader refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

struct JsonProblem {
  size_t offset;  // byte; text.size() when the text ends too early
  std::string what;
};

// The first problem of a text that is not JSON; "is not valid JSON" at offset 0 when none can be
// found.
JsonProblem locate_json_problem(std::string_view text, size_t max_depth);

// "line 3, byte 17: what", lines counted from 1, bytes from 0 of the whole text.
std::string describe_position(std::string_view text, size_t offset);

}  // namespace pawl
