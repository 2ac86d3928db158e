// A text as the finders of personal data see it: what looks alike is alike, what is invisible is
// not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pii {

// One character per visible code point. Digits of any script (also circled, superscript and keycap
// ones) are '0'..'9'; wide and mathematical letters, typographic dashes, spaces and line breaks are
// their ASCII counterparts; percent-encoded ASCII ("%40"), character references ("&#64;") and
// escapes of JSON ("\u0040", "\n") are the character they stand for. Default_Ignorable code points,
// fillers, the blank Braille pattern, combining marks and control characters are left out. Letters
// and symbols of other scripts stay as they are.
class FoldedText {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit FoldedText(std::string_view text);  // well-formed UTF-8

  size_t size() const { return chars_.size(); }
  // The character at `i`, 0 outside of the text (and for i = size_t(-1), before its begin).
  char32_t operator[](size_t i) const { return i < chars_.size() ? chars_[i] : 0; }
  // The first code point that character i was made of.
  char32_t raw(size_t i) const { return i < raw_.size() ? raw_[i] : 0; }
  std::u32string_view view() const { return chars_; }
  std::u32string_view view(size_t start, size_t end) const {
    return std::u32string_view(chars_).substr(start, end - start);
  }
  // Where characters [start, end), not empty, stand in the text, in code points.
  int64_t origin_start(size_t start) const { return start_[start]; }
  int64_t origin_end(size_t end) const { return end_[end - 1]; }

  bool is_digit(size_t i) const { return (kinds_at(i) & kDigit) != 0; }
  bool is_letter(size_t i) const { return (kinds_at(i) & kLetter) != 0; }  // of any script
  bool is_word(size_t i) const { return (kinds_at(i) & (kDigit | kLetter)) != 0; }
  bool is_space(size_t i) const { return (kinds_at(i) & kSpace) != 0; }
  // A letter of a script that puts spaces between words: beside a number it makes one word with it.
  bool is_spaced_letter(size_t i) const { return (kinds_at(i) & kSpaced) != 0; }
  bool is_ascii_word(size_t i) const { return (*this)[i] < 0x80 && is_word(i); }
  bool is_ascii_letter(size_t i) const { return (*this)[i] < 0x80 && is_letter(i); }
  // A dash that separates words or sentences, not the hyphen inside of one.
  bool is_long_dash(size_t i) const { return raw(i) >= 0x2012 && raw(i) <= 0x2015; }
  // Written as an escape of two characters: \" and \n.
  bool is_escaped(size_t i) const { return raw(i) == '\\' && (*this)[i] != '\\'; }

 private:
  enum : uint8_t { kDigit = 1, kLetter = 2, kSpace = 4, kSpaced = 8 };
  uint8_t kinds_at(size_t i) const { return i < kinds_.size() ? kinds_[i] : uint8_t{0}; }
  void add(char32_t c, char32_t raw, uint32_t start, uint32_t end);

  std::u32string chars_, raw_;
  std::vector<uint32_t> start_, end_;
  std::vector<uint8_t> kinds_;
};

inline char32_t lower(char32_t c) {
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}
inline char32_t upper(char32_t c) {
  return c >= 'a' && c <= 'z' ? c - 32 : c;
}
inline bool is_one_of(char32_t c, std::u32string_view set) {
  return c != 0 && set.find(c) != std::u32string_view::npos;
}
// Latin letters, with and without marks.
inline bool is_latin(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F) ||
         (c >= 0x1E00 && c <= 0x1EFF);
}

}  // namespace pawl::pii
