// What the scanners for personal data share: a folded view of the text, and what they found in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pii {

// In order of precedence: where two finds overlap, the first kind names the placeholder of both.
enum class Kind { kUrl, kEmail, kKey, kIban, kCard, kSsn, kIp, kPhone, kPerson };
const char* name_of(Kind kind);

// The text with one char per code point: digits of any script as '0'..'9', wide forms, dashes and
// spaces as their ASCII counterparts, any other letter or symbol as kOther. Invisible code points
// are left out.
struct FoldedText {
  std::string chars;
  std::vector<uint32_t> origin;  // code point of the text, for each char
};
inline constexpr char kOther = '\x80';
FoldedText fold(std::string_view text);

// Chars [start, end) of a folded text.
struct Find {
  size_t start;
  size_t end;
  Kind kind;
};
using Finds = std::vector<Find>;

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_word(char c) {
  return is_digit(c) || is_letter(c);
}
inline bool is_space(char c) {
  return c == ' ' || c == '\n';
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
inline char at(std::string_view text, size_t i) {
  return i < text.size() ? text[i] : '\0';
}

// Whether one of the words (lower case, spaces allowed) ends before `position`, at most `distance`
// chars earlier.
bool word_before(std::string_view text, size_t position, size_t distance,
                 const std::vector<std::string_view>& words);

// Each linear in the text.
void find_urls(std::string_view text, Finds& finds);  // with credentials
void find_emails(std::string_view text, Finds& finds);
void find_addresses(std::string_view text, Finds& finds);  // IPv4 and IPv6
void find_keys(std::string_view text, Finds& finds);
void find_ibans(std::string_view text, Finds& finds);
void find_numbers(std::string_view text, Finds& finds);  // cards, social security numbers, phones

}  // namespace pawl::pii
