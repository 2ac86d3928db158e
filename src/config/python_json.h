// JSON as Python's json module writes and reads it: ", " and ": " between items, everything above
// U+007F escaped, floats as repr() prints them, NaN and Infinity known. Config values are written
// this way.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pawl {

std::string python_float(double value);      // repr(value)
std::string python_json(const Json& value);  // json.dumps(value)
// json.loads, and the literals True, False and None; empty when the text is not JSON. Integers
// beyond 64 bits and objects with a key twice count as not JSON.
std::optional<Json> parse_python_json(std::string_view text);

}  // namespace pawl
