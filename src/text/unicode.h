// Characters and case as Python's str methods see them (Unicode 14, as Python 3.11), over UTF-8.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::unicode {

// Bits of `flags`, named after the str method or property they come from.
enum Flag : uint16_t {
  kAlpha = 1,        // str.isalpha: category L*
  kDecimal = 2,      // str.isdecimal: what \d matches
  kDigit = 4,        // str.isdigit
  kNumeric = 8,      // str.isnumeric
  kLower = 16,       // str.islower
  kUpper = 32,       // str.isupper
  kTitle = 64,       // category Lt
  kSpace = 128,      // str.isspace: what \s matches
  kPunct = 256,      // category P*
  kCased = 512,      // counts as a letter with case for the final sigma
  kIgnorable = 1024  // is looked through for the final sigma
};

uint16_t flags(char32_t code_point);
inline bool is(char32_t code_point, Flag flag) {
  return (flags(code_point) & flag) != 0;
}
bool is_word(char32_t code_point);  // what \w matches

// The first code point of the lower-case form; it is all of it for every character but U+0130.
char32_t simple_lower(char32_t code_point);

// str.lower: with the final sigma and the two-character form of U+0130. `text` is well-formed
// UTF-8.
std::string lower(std::string_view text);

// str.isalpha and its like; false for the empty string.
bool is_alpha(std::string_view text);
bool is_digit(std::string_view text);
bool is_space(std::string_view text);
bool is_title(std::string_view text);
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

// Pairs of lower-case code points that Python's re.IGNORECASE holds equal though str.lower keeps
// them apart.
std::span<const std::pair<char32_t, char32_t>> extra_case_pairs();

}  // namespace pawl::unicode
