// The numbering plans of all countries, as far as lengths go.
#pragma once

#include <string_view>

namespace pawl::pii {

// Whether the digits (without "+") are a country calling code and a national number of a length
// that this country has for numbers with that first digit.
bool is_planned_number(std::string_view digits);
// The same, of the lengths that its fixed lines and mobiles have.
bool is_usual_number(std::string_view digits);
bool begins_with_calling_code(std::string_view digits);

}  // namespace pawl::pii
