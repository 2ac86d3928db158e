#include "text/lex_attrs.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "base/utf8.h"
#include "text/language_tables.h"
#include "text/pattern.h"
#include "text/unicode.h"

namespace pawl {
namespace {

constexpr size_t kLongWord = 100;  // code points from which the shape is "LONG"
constexpr int kMaxRun = 4;

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char32_t shape_of(char32_t c) {
  if (c < 128) {
    if (c >= 'a' && c <= 'z') return 'x';
    if (c >= 'A' && c <= 'Z') return 'X';
    if (c >= '0' && c <= '9') return 'd';
    return c;
  }
  const uint16_t bits = unicode::flags(c);
  if (bits & unicode::kAlpha) return bits & unicode::kUpper ? 'X' : 'x';
  return bits & unicode::kDigit ? 'd' : c;
}

// What follows the last dot, up to a colon.
std::string_view top_level_part(std::string_view text) {
  const std::string_view after = text.substr(text.rfind('.') + 1);
  return after.substr(0, after.find(':'));
}

bool is_top_level_domain(std::string_view text) {
  const auto domains = top_level_domains();
  return std::binary_search(domains.begin(), domains.end(), text);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

// Unicode 14's category Sc.
bool is_currency_sign(char32_t c) {
  if (c == U'$' || (c >= 0xA2 && c <= 0xA5) || (c >= 0x20A0 && c <= 0x20C0)) return true;
  constexpr char32_t kOthers[] = {0x58F,   0x60B,   0x7FE,   0x7FF,  0x9F2,  0x9F3,   0x9FB,
                                  0xAF1,   0xBF9,   0xE3F,   0x17DB, 0xA838, 0xFDFC,  0xFE69,
                                  0xFF04,  0xFFE0,  0xFFE1,  0xFFE5, 0xFFE6, 0x11FDD, 0x11FDE,
                                  0x11FDF, 0x11FE0, 0x1E2FF, 0x1ECB0};
  return std::find(std::begin(kOthers), std::end(kOthers), c) != std::end(kOthers);
}

}  // namespace

bool is_bracket(std::string_view text) {
  return is_one_of(text, {"(", ")", "[", "]", "{", "}", "<", ">"});
}

bool is_quote(std::string_view text) {
  return is_one_of(text, {"\"", "'", "`", "«", "»", "‘", "’", "‚", "‛", "“", "”", "„", "‟", "‹",
                          "›", "❮", "❯", "''", "``"});
}

bool is_left_punct(std::string_view text) {
  return is_one_of(
      text, {"(", "[", "{", "<", "\"", "'", "«", "‘", "‚", "‛", "“", "„", "‟", "‹", "❮", "``"});
}

bool is_right_punct(std::string_view text) {
  return is_one_of(text, {")", "]", "}", ">", "\"", "'", "»", "’", "”", "›", "❯", "''"});
}

bool is_currency(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!is_currency_sign(utf8::next(text, at))) return false;
  }
  return true;
}

std::string word_shape(std::string_view text) {
  if (text.size() >= kLongWord && utf8::count(text) >= kLongWord) return "LONG";
  std::string out;
  out.reserve(text.size());
  char32_t last = 0xFFFFFFFF;
  int run = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t shape = shape_of(utf8::next(text, at));
    run = shape == last ? run + 1 : 0;
    last = shape;
    if (run < kMaxRun) utf8::append(out, shape);
  }
  return out;
}

std::string_view prefix_of(std::string_view text) {
  size_t at = 0;
  utf8::next(text, at);
  return text.substr(0, at);
}

std::string_view suffix_of(std::string_view text) {
  size_t at = text.size();
  for (int count = 0; at > 0 && count < 3;) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) ++count;
  }
  return text.substr(at);
}

bool is_punct(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!unicode::is(utf8::next(text, at), unicode::kPunct)) return false;
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 128; });
}

bool is_ascii_letters(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

bool is_like_email(std::string_view text) {
  auto run = [&](size_t from, std::string_view extra) {
    size_t at = from;
    while (at < text.size() && (is_alnum(text[at]) || extra.find(text[at]) != extra.npos)) ++at;
    return at;
  };
  const size_t at_sign = run(0, "_.+-");
  if (at_sign == 0 || at_sign >= text.size() || text[at_sign] != '@') return false;
  const size_t dot = run(at_sign + 1, "-");
  if (dot == at_sign + 1 || dot >= text.size() || text[dot] != '.') return false;
  return run(dot + 1, "-.") > dot + 1;
}

bool is_like_url(std::string_view text) {
  if (text.starts_with("http://") || text.starts_with("https://")) return true;
  if (text.starts_with("www.") && utf8::count(text) >= 5) return true;
  if (text.front() == '.' || text.back() == '.') return false;
  if (text.find('.') == text.npos || text.find('@') != text.npos) return false;
  const std::string_view domain = top_level_part(text);
  if (domain.ends_with('/') || is_top_level_domain(domain)) return true;
  static const MatchRule url(url_pattern(), "LIKE_URL");
  return url(text);
}

}  // namespace pawl
