// Payment cards, social security numbers, phone numbers and IBANs.
#include <algorithm>
#include <array>
#include <span>

#include "learn/privacy/pii_scan.h"

namespace pawl::pii {

namespace {

// A run of digits; runs with at most three separators between them form a chain.
struct Group {
  size_t start;
  size_t end;
  size_t size() const { return end - start; }
};

constexpr size_t kMaxGap = 3;
constexpr size_t kMaxDigits = 19;

bool is_separator(char c) {
  return is_space(c) || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

bool is_gap(std::string_view text, size_t from, size_t to) {
  return to - from <= kMaxGap &&
         std::all_of(text.begin() + static_cast<ptrdiff_t>(from),
                     text.begin() + static_cast<ptrdiff_t>(to), is_separator);
}

// A stretch of consecutive groups.
struct Window {
  std::span<const Group> groups;
  std::string digits;
  bool announced = false;  // a word such as "call" stands before it
  size_t start() const { return groups.front().start; }
  size_t end() const { return groups.back().end; }
};

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int value = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

bool is_card(const Window& window) {
  const std::string& d = window.digits;
  if (d.size() < 13 || d.size() > kMaxDigits || d[0] < '2' || d[0] > '6') return false;
  const bool one_digit_groups = window.groups.size() > 8 && window.groups.size() != d.size();
  return !one_digit_groups && d.find_first_not_of(d[0]) != std::string::npos && passes_luhn(d);
}

bool has_shape(const Window& window, std::initializer_list<size_t> sizes) {
  return std::equal(window.groups.begin(), window.groups.end(), sizes.begin(), sizes.end(),
                    [](const Group& group, size_t size) { return group.size() == size; });
}

bool is_social_security(std::string_view text, const Window& window) {
  if (window.digits.size() != 9) return false;
  static const std::vector<std::string_view> kWords = {"ssn", "social security",
                                                       "social security number", "itin"};
  const bool plain = has_shape(window, {9}) && word_before(text, window.start(), 32, kWords);
  if (!plain && !has_shape(window, {3, 2, 4})) return false;
  if (!plain) {
    const auto gap = [&](size_t i) {
      return text.substr(window.groups[i].end, window.groups[i + 1].start - window.groups[i].end);
    };
    if (gap(0).size() != 1 || gap(1).size() != 1 || gap(0) == "(" || gap(0) == ")") return false;
  }
  const std::string_view d = window.digits;
  const std::string_view area = d.substr(0, 3), group = d.substr(3, 2);
  const bool taxpayer = d[0] == '9' && group >= "50";
  return area != "000" && area != "666" && (d[0] != '9' || taxpayer) && group != "00" &&
         d.substr(5) != "0000";
}

bool is_year(std::string_view text, const Group& group) {
  const std::string_view digits = text.substr(group.start, group.size());
  return digits.size() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
}

// Day, month and year in any order, or a year and a time: no phone number.
bool holds_date(std::string_view text, const Window& window) {
  const auto groups = window.groups;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!is_year(text, groups[i])) continue;
    const bool after = i >= 2 && groups[i - 1].size() <= 2 && groups[i - 2].size() <= 2;
    const bool before =
        i + 2 < groups.size() && groups[i + 1].size() <= 2 && groups[i + 2].size() <= 2;
    const bool in_gap = text[groups[i].start > 0 ? groups[i].start - 1 : 0] != '+';
    if ((after || before) && in_gap) return true;
  }
  return false;
}

bool in_parentheses(std::string_view text, const Group& group) {
  return group.start > 0 && text[group.start - 1] == '(' && at(text, group.end) == ')';
}

bool has_plus(std::string_view text, size_t start) {
  if (start > 0 && text[start - 1] == '(') --start;
  return start > 0 && text[start - 1] == '+' && (start < 2 || !is_word(text[start - 2]));
}

bool is_american(std::string_view text, const Window& window) {
  std::string_view d = window.digits;
  if (d.size() == 11 && d[0] == '1') d.remove_prefix(1);
  if (d.size() != 10 || d[0] < '2' || d[3] < '2') return false;
  const bool shape = has_shape(window, {3, 3, 4}) || has_shape(window, {1, 3, 3, 4}) ||
                     has_shape(window, {10}) || has_shape(window, {3, 7}) ||
                     has_shape(window, {6, 4}) || has_shape(window, {1, 10}) ||
                     has_shape(window, {11});
  return shape && !holds_date(text, window);
}

// 0 and an area code: 030 1234567, 07700 900123, 06 12 34 56 78.
bool is_trunk_number(std::string_view text, const Window& window) {
  const std::string_view d = window.digits;
  if (d[0] != '0' || d[1] == '0' || d.size() < 9 || d.size() > 12 || holds_date(text, window))
    return false;
  if (window.groups.size() == 1) return d.size() >= 10 && d.size() <= 11;
  return window.groups.size() <= 6 &&
         std::all_of(window.groups.begin(), window.groups.end(),
                     [](const Group& g) { return g.size() >= 2 && g.size() <= 9; });
}

bool is_called_a_phone(std::string_view text, size_t start) {
  static const std::vector<std::string_view> kWords = {
      "phone",    "phone number", "call",      "call me", "tel",    "telephone", "mobile",
      "cell",     "cellphone",    "whatsapp",  "sms",     "fax",    "dial",      "text me",
      "reach me", "ring me",      "my number", "handy",   "telefon"};
  return word_before(text, start, 28, kWords);
}

bool is_international(std::string_view text, const Window& window) {
  const std::string_view d = window.digits;
  if (has_plus(text, window.start())) return d.size() >= 8 && d.size() <= 15;
  return d.starts_with("00") && d[2] != '0' && d.size() >= 11 && d.size() <= 15 &&
         window.groups[0].size() >= 3;
}

bool is_phone(std::string_view text, const Window& window) {
  const size_t size = window.digits.size();
  if (size < 7 || size > 15) return false;
  if (is_international(text, window)) return true;
  if (is_american(text, window) || is_trunk_number(text, window)) return true;
  if (holds_date(text, window)) return false;
  const Group& first = window.groups.front();
  if (in_parentheses(text, first) && first.size() <= 4 && !is_year(text, first) && size >= 8 &&
      size <= 12)
    return true;
  return window.announced;
}

bool is_bounded(std::string_view text, const Window& window) {
  const char before = window.start() > 0 ? text[window.start() - 1] : ' ';
  const char after = at(text, window.end());
  const bool amount = before == '$' || before == '#' || before == '_' || before == '=' ||
                      after == '%' || after == '_';
  const bool path = before == '/' && window.groups.size() == 1;
  const bool decimal = (before == ',' || before == '.' || before == ':') && window.start() > 1 &&
                       is_digit(text[window.start() - 2]);
  const bool time = after == ':' && is_digit(at(text, window.end() + 1));
  return !is_letter(before) && !amount && !path && !decimal && !time &&
         (!is_letter(after) || lower(after) == 'x');
}

// With the signs that belong to it: "+", "(" and the "00" are part of the number.
Find phone_find(std::string_view text, const Window& window) {
  size_t start = window.start(), end = window.end();
  if (start > 0 && text[start - 1] == '(' &&
      (in_parentheses(text, window.groups.front()) || has_plus(text, start)))
    --start;
  if (start > 0 && text[start - 1] == '+') --start;
  if (start > 0 && text[start - 1] == '(' && at(text, window.groups.front().end) == ')' &&
      text[start] == '+')
    --start;
  return {start, end, Kind::kPhone};
}

// A country code settles how long an American number is; others take all that fits.
bool is_complete(std::string_view text, const Window& window) {
  return has_plus(text, window.start()) && window.digits[0] == '1' && window.digits.size() == 11;
}

// The finds of the windows that begin at group `first`, the longest of the most certain kind.
// Returns how many groups it took, 0 when nothing was found.
size_t find_from(std::string_view text, std::span<const Group> chain, size_t first, Finds& finds) {
  size_t card = 0, social = 0, phone = 0;
  Window window{chain.subspan(first, 0), "", is_called_a_phone(text, chain[first].start)};
  bool complete = false, sixteen = false;
  for (size_t count = 1; first + count <= chain.size(); ++count) {
    const Group& last = chain[first + count - 1];
    if (window.digits.size() + last.size() > kMaxDigits) break;
    window.groups = chain.subspan(first, count);
    window.digits += text.substr(last.start, last.size());
    // Sixteen digits are a card whatever follows them.
    if (!sixteen && is_card(window)) card = count;
    sixteen |= card == count && window.digits.size() == 16;
    if (!is_bounded(text, window)) continue;
    if (is_social_security(text, window)) social = count;
    if (!complete && is_phone(text, window)) phone = count;
    complete |= is_complete(text, window);
  }
  const size_t taken = card > 0 ? card : social > 0 ? social : phone;
  if (taken == 0) return 0;
  window.groups = chain.subspan(first, taken);
  if (card > 0)
    finds.push_back({window.start(), window.end(), Kind::kCard});
  else if (social > 0)
    finds.push_back({window.start(), window.end(), Kind::kSsn});
  else
    finds.push_back(phone_find(text, window));
  return taken;
}

void scan_chain(std::string_view text, std::span<const Group> chain, Finds& finds) {
  for (size_t i = 0; i < chain.size();) i += std::max<size_t>(find_from(text, chain, i, finds), 1);
}

size_t iban_length(std::string_view country) {
  constexpr std::pair<std::string_view, size_t> kLengths[] = {
      {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16},
      {"BG", 22}, {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28},
      {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24},
      {"FI", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18},
      {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23},
      {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
      {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24},
      {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18}, {"NO", 15},
      {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22},
      {"SA", 24}, {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25},
      {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24},
      {"XK", 20}};
  for (const auto& [name, length] : kLengths) {
    if (name == country) return length;
  }
  return 0;
}

// ISO 13616: the first four to the end, letters as 10..35, remainder 1 by 97.
bool passes_mod97(std::string_view iban) {
  unsigned remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    remainder = is_digit(c) ? remainder * 10 + static_cast<unsigned>(c - '0')
                            : remainder * 100 + static_cast<unsigned>(c - 'A' + 10);
    remainder %= 97;
  }
  return remainder == 1;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

}  // namespace

void find_ibans(std::string_view text, Finds& finds) {
  for (size_t i = 0; i + 15 <= text.size(); ++i) {
    if (!is_letter(text[i]) || !is_letter(text[i + 1]) || (i > 0 && is_word(text[i - 1]))) continue;
    size_t digits_at = i + 2;
    if (is_space(text[digits_at]) || text[digits_at] == '-') ++digits_at;
    if (!is_digit(at(text, digits_at)) || !is_digit(at(text, digits_at + 1))) continue;
    const size_t length = iban_length(std::string{upper(text[i]), upper(text[i + 1])});
    std::string iban;
    size_t k = i;
    for (; k < text.size() && iban.size() < length; ++k) {
      if (is_word(text[k]))
        iban.push_back(upper(text[k]));
      else if ((!is_space(text[k]) && text[k] != '-' && text[k] != '.') ||
               !is_word(at(text, k + 1)))
        break;
    }
    if (length > 0 && iban.size() == length && !is_word(at(text, k)) && passes_mod97(iban)) {
      finds.push_back({i, k, Kind::kIban});
      i = k - 1;
    }
  }
}

void find_numbers(std::string_view text, Finds& finds) {
  std::vector<Group> chain;
  for (size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (!chain.empty() && !is_gap(text, chain.back().end, i)) {
      scan_chain(text, chain, finds);
      chain.clear();
    }
    chain.push_back({i, end});
    i = end;
  }
  if (!chain.empty()) scan_chain(text, chain, finds);
}

}  // namespace pawl::pii
