// Sets of code points as regular expressions write them.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

namespace pawl {

struct CharRange {
  char32_t first = 0;
  char32_t last = 0;  // inclusive
  bool operator==(const CharRange&) const = default;
};

using CharRanges = std::vector<CharRange>;

inline constexpr char32_t kLastCodePoint = 0x10FFFF;
inline constexpr size_t kAsciiCharacters = 128;

// Sorted, without overlaps.
CharRanges normalised(CharRanges ranges);
CharRanges complement(const CharRanges& normalised_ranges);
// Everything that Python's re.IGNORECASE matches for one of these characters.
CharRanges ignoring_case(const CharRanges& normalised_ranges);
// What \s matches in Python.
const CharRanges& space_ranges();

struct CharSet {
  CharRanges ranges;                                                      // normalised
  bool word = false, not_word = false, digit = false, not_digit = false;  // \w \W \d \D
  bool negated = false;

  std::bitset<kAsciiCharacters> ascii() const;  // its members among them
};

}  // namespace pawl
