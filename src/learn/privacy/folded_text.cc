#include "learn/privacy/folded_text.h"

#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl::pii {

namespace {

struct Range {
  char32_t first, last;
};

template <size_t N>
bool is_in(const Range (&ranges)[N], char32_t c) {
  const Range* range = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                        [](char32_t x, const Range& r) { return x < r.first; });
  return range != std::begin(ranges) && c <= range[-1].last;
}

// First code points of the decimal digits of each script (Unicode category Nd comes in tens).
constexpr char32_t kZeros[] = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0};
// First code points of nine symbols that show 1 to 9: superscript, subscript, circled, in
// parentheses, with a full stop, double circled, black circled, sans-serif circled.
constexpr char32_t kOnes[] = {0x2074 - 3, 0x2081, 0x2460, 0x2474, 0x2488,
                              0x24F5,     0x2776, 0x2780, 0x278A, 0x1F102};

// Default_Ignorable_Code_Point of Unicode, control characters, and the blank Braille pattern.
constexpr Range kInvisible[] = {
    {0x00, 0x08},       {0x0B, 0x0C},       {0x0E, 0x1F},      {0x7F, 0x84},     {0x86, 0x9F},
    {0xAD, 0xAD},       {0x034F, 0x034F},   {0x061C, 0x061C},  {0x115F, 0x1160}, {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x202A, 0x202E},  {0x2060, 0x206F}, {0x2800, 0x2800},
    {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},  {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
// Combining marks that are put on any letter or digit; they belong to the character before them.
constexpr Range kMarks[] = {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                            {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
// Scripts that write words without spaces between them.
constexpr Range kSpaceless[] = {{0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1780, 0x17FF},
                                {0x3005, 0x30FF}, {0x3100, 0x312F}, {0x3400, 0x9FFF},
                                {0xAC00, 0xD7AF}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFF}};

// Scripts whose vowel signs and points are marks inside of words, not letters.
constexpr Range kMarkedScripts[] = {{0x0591, 0x05C7}, {0x0610, 0x061A}, {0x064B, 0x0670},
                                    {0x0900, 0x0DFF}, {0x0E00, 0x0EFF}, {0x0F00, 0x0FFF},
                                    {0x1000, 0x109F}, {0x1780, 0x17FF}};

bool is_letter_or_mark(char32_t c) {
  if (c < 0x80) return is_latin(c);
  if (unicode::is(c, unicode::kAlpha) || unicode::is_word(c)) return true;
  return is_in(kMarkedScripts, c) && !unicode::is(c, unicode::kPunct);
}

char32_t fold_digit(char32_t c) {
  const auto* above = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  if (above != std::begin(kZeros) && c - above[-1] < 10) return U'0' + (c - above[-1]);
  if (c == 0xB9 || c == 0xB2 || c == 0xB3) return c == 0xB9 ? U'1' : U'0' + (c - 0xB0);
  if (c == 0x2070 || c == 0x2080 || c == 0x24EA || c == 0x24FF || c == 0x1F101) return U'0';
  for (const char32_t one : kOnes) {
    if (c >= one && c < one + 9 && c != 0x2071 && c != 0x2072 && c != 0x2073)
      return U'1' + (c - one);
  }
  return 0;
}

char32_t fold_letter(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF01 + U'!';
  if (c >= 0x1D400 && c <= 0x1D6A3) {
    const char32_t letter = (c - 0x1D400) % 52;
    return letter < 26 ? U'A' + letter : U'a' + letter - 26;
  }
  if (c >= 0x24B6 && c <= 0x24CF) return U'A' + (c - 0x24B6);
  if (c >= 0x24D0 && c <= 0x24E9) return U'a' + (c - 0x24D0);
  return 0;
}

char32_t fold_one(char32_t c) {
  if (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) return U'\n';
  if (c == '\t') return U' ';
  if (c < 0x80) return c;
  if (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
      c == 0x3000)
    return U' ';
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2043 || c == 0x2212 || c == 0xFE58 || c == 0xFE63 ||
      c == 0x2796)
    return U'-';
  if (c == 0xFE6B) return U'@';
  if (c == 0x2024 || c == 0xFE52 || c == 0x3002 || c == 0xFF61) return U'.';
  if (c == 0xFE55 || c == 0x2236 || c == 0xA789) return U':';
  if (c == 0x2044 || c == 0x2215) return U'/';
  if (const char32_t digit = fold_digit(c)) return digit;
  if (const char32_t letter = fold_letter(c)) return letter;
  return c;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = static_cast<char>(c | 0x20);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// `digits` hexadecimal digits at `at`, -1 when they are not there.
int32_t hex_at(std::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return -1;
  int32_t value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    const int d = hex_value(text[i]);
    if (d < 0) return -1;
    value = value * 16 + d;
  }
  return value;
}

struct Escape {
  char32_t character = 0;
  size_t bytes = 0;  // 0: none here
};

// &#64; &#x40; and the named references of what matters here.
Escape reference_at(std::string_view text, size_t at) {
  constexpr std::pair<std::string_view, char32_t> kNames[] = {
      {"&nbsp;", U' '}, {"&commat;", U'@'}, {"&period;", U'.'}, {"&amp;", U'&'},
      {"&quot;", U'"'}, {"&apos;", U'\''},  {"&lt;", U'<'},     {"&gt;", U'>'},
      {"&plus;", U'+'}, {"&colon;", U':'}};
  const std::string_view rest = text.substr(at, 10);
  for (const auto& [name, character] : kNames) {
    if (rest.starts_with(name)) return {character, name.size()};
  }
  if (!rest.starts_with("&#")) return {};
  const bool hex = rest.size() > 2 && (rest[2] == 'x' || rest[2] == 'X');
  int32_t value = 0;
  size_t i = hex ? 3 : 2;
  const size_t begin = i;
  for (; i < rest.size() && rest[i] != ';'; ++i) {
    const int d = hex_value(rest[i]);
    if (d < 0 || (!hex && d > 9)) return {};
    value = value * (hex ? 16 : 10) + d;
  }
  if (i == begin || i >= rest.size() || value < 0x20 || value > 0x10FFFF ||
      (value >= 0xD800 && value < 0xE000))
    return {};
  return {static_cast<char32_t>(value), i + 1};
}

Escape escape_at(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '&') return reference_at(text, at);
  if (c == '%') {
    const int32_t value = hex_at(text, at + 1, 2);
    if (value == 0x0A || value == 0x0D) return {U'\n', 3};
    return value >= 0x20 && value < 0x7F ? Escape{static_cast<char32_t>(value), 3} : Escape{};
  }
  if (c != '\\' || at + 1 >= text.size()) return {};
  const char next = text[at + 1];
  if (next == 'n' || next == 'r') return {U'\n', 2};
  if (next == 't') return {U' ', 2};
  if (next == '"' || next == '\'' || next == '/') return {static_cast<char32_t>(next), 2};
  if (next != 'u') return {};
  const int32_t value = hex_at(text, at + 2, 4);
  return value >= 0x20 && (value < 0xD800 || value >= 0xE000)
             ? Escape{static_cast<char32_t>(value), 6}
             : Escape{};
}

}  // namespace

void FoldedText::add(char32_t c, char32_t raw, uint32_t start, uint32_t end) {
  uint8_t kinds = 0;
  if (c >= '0' && c <= '9')
    kinds = kDigit;
  else if (c == ' ' || c == '\n')
    kinds = kSpace;
  else if (is_letter_or_mark(c))
    kinds = is_in(kSpaceless, c) ? kLetter : kLetter | kSpaced;
  chars_.push_back(c);
  raw_.push_back(raw);
  start_.push_back(start);
  end_.push_back(end);
  kinds_.push_back(kinds);
}

FoldedText::FoldedText(std::string_view text) {
  chars_.reserve(text.size());
  uint32_t index = 0;
  for (size_t at = 0; at < text.size();) {
    const char first = text[at];
    if (first == '&' || first == '%' || first == '\\') {
      const Escape escape = escape_at(text, at);
      if (escape.bytes > 0) {
        const auto length =
            static_cast<uint32_t>(escape.bytes);  // all ASCII: bytes are code points
        if (!is_in(kInvisible, escape.character))
          add(fold_one(escape.character), static_cast<unsigned char>(first), index, index + length);
        at += escape.bytes;
        index += length;
        continue;
      }
    }
    char32_t c = utf8::next(text, at);
    if (c == 0x30FC && !chars_.empty() && is_digit(size() - 1)) c = U'-';  // a long vowel elsewhere
    if (is_in(kMarks, c)) {
      if (!end_.empty() && end_.back() == index) end_.back() = index + 1;
    } else if (!is_in(kInvisible, c)) {
      add(fold_one(c), c, index, index + 1);
    }
    ++index;
  }
}

}  // namespace pawl::pii
