// Long lists of strings in JSON, read without a document in between.
#pragma once

#include <functional>
#include <string_view>

namespace pawl {

// Calls `each` with every string of a JSON list, in order; it is valid during the call. Throws
// Error(kFormat) for anything else, after some strings may have been given.
void for_each_json_string(std::string_view text, const std::function<void(std::string_view)>& each);

}  // namespace pawl
