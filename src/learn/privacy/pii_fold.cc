#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "learn/privacy/pii_scan.h"

namespace pawl::pii {

namespace {

// First code points of the decimal digits of each script (Unicode category Nd comes in tens).
constexpr char32_t kZeros[] = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0};

bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x034F || c == 0x061C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
         (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

bool is_dash(char32_t c) {
  return (c >= 0x2010 && c <= 0x2015) || c == 0x2043 || c == 0x2212 || c == 0xFE58 || c == 0xFE63;
}

bool is_wide_space(char32_t c) {
  return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == '\t';
}

char fold_one(char32_t c) {
  if (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) return '\n';
  if (is_wide_space(c)) return ' ';
  if (c < 0x80) return static_cast<char>(c);
  if (is_dash(c)) return '-';
  if (c == 0xFE6B) return '@';
  if (c == 0x2024) return '.';
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFF01 + '!');
  const auto* above = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  if (above != std::begin(kZeros) && c - above[-1] < 10)
    return static_cast<char>('0' + (c - above[-1]));
  return kOther;
}

}  // namespace

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"URL", "EMAIL", "KEY",   "IBAN",  "CARD",
                                    "SSN", "IP",    "PHONE", "PERSON"};
  return kNames[static_cast<size_t>(kind)];
}

FoldedText fold(std::string_view text) {
  FoldedText folded;
  folded.chars.reserve(text.size());
  folded.origin.reserve(text.size());
  uint32_t index = 0;
  for (size_t i = 0; i < text.size(); ++index) {
    const char32_t c = utf8::next(text, i);
    if (is_invisible(c)) continue;
    folded.chars.push_back(fold_one(c));
    folded.origin.push_back(index);
  }
  return folded;
}

bool word_before(std::string_view text, size_t position, size_t distance,
                 const std::vector<std::string_view>& words) {
  const size_t start = position > distance ? position - distance : 0;
  std::string nearby(text.substr(start, position - start));
  if (std::none_of(nearby.begin(), nearby.end(), is_letter)) return false;
  std::transform(nearby.begin(), nearby.end(), nearby.begin(), lower);
  for (const std::string_view word : words) {
    for (size_t i = nearby.find(word); i != std::string::npos; i = nearby.find(word, i + 1)) {
      const bool begins =
          i == 0 ? start == 0 || !is_word(text[start - 1]) : !is_word(nearby[i - 1]);
      const size_t end = i + word.size();
      if (begins && (end >= nearby.size() || !is_letter(nearby[end]))) return true;
    }
  }
  return false;
}

}  // namespace pawl::pii
