// The attributes a pattern may ask about, and their values at a token as spaCy's matcher sees them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/doc.h"

namespace pawl::matcher {

// spaCy's name in any case ("lower", "TEXT", "IS_SENT_START"). Throws Error(kUnsupported) with the
// name for one that patterns cannot ask about here, custom attributes ("_") among them.
Attr attribute_from_name(std::string_view name);
bool is_string(Attr attribute);  // its values are ids of strings, else numbers or flags

// Doc::attr, but SENT_START is 1 only where a sentence is known to begin.
uint64_t token_value(const Doc& doc, size_t i, Attr attribute);
// The string of a string attribute.
std::string token_text(const Doc& doc, size_t i, Attr attribute);

}  // namespace pawl::matcher
