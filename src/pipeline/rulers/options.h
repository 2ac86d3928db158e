// Options that the rulers share.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace pawl {

inline constexpr uint64_t kMaxPatternBytes = uint64_t{256} << 20;

// Only spaCy's own comparison of FUZZY is known; anything else is Python code. Throws
// Error(kUnsupported) naming `where`.
void check_fuzzy_compare(const Json& config, const std::string& where);

std::string string_setting(const Json& config, std::string_view key, const std::string& where);

}  // namespace pawl
