// Members of the `cfg` file and the [components.NAME] block that the components here share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl {

// The members of `config` named in `defaults` (an object), or what `defaults` gives.
Json settings_from(const Json& config, const Json& defaults);

// Typed members of settings that may have come from a file; errors name `where` and the key.
bool settings_flag(const Json& settings, std::string_view key, const std::string& where);
// From 0 to below 1.
double settings_fraction(const Json& settings, std::string_view key, const std::string& where);
std::string settings_text(const Json& settings, std::string_view key, const std::string& where);
// Strings, none empty or twice.
std::vector<std::string> settings_labels(const Json& settings, std::string_view key,
                                         const std::string& where);

}  // namespace pawl
