// Members of a [... .model] block of config.cfg. Errors are Error(kFormat), naming block (`where`)
// and key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pawl {

// The value of "@architectures".
std::string architecture(const Json& block, const std::string& where);
const Json& setting(const Json& block, std::string_view key, const std::string& where);
// A whole number from 1 to `limit`; limits keep an absurd configuration from allocating memory.
int64_t size_setting(const Json& block, std::string_view key, const std::string& where,
                     int64_t limit);
bool flag_setting(const Json& block, std::string_view key, const std::string& where);

// Error(kUnsupported): "[where] what is not supported by pawl".
[[noreturn]] void throw_unsupported(const std::string& where, const std::string& what);

}  // namespace pawl
