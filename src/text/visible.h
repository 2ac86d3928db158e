// Whether a text shows anything at all.
#pragma once

#include <string_view>

namespace pawl {

// False for control characters, blanks of any script, and what Unicode calls default ignorable or
// leaves blank (fillers, the empty braille pattern).
bool is_visible(char32_t code_point);
// Whether any character of well-formed UTF-8 is visible.
bool has_visible(std::string_view text);

}  // namespace pawl
