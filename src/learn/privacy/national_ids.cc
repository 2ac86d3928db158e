// Numbers that a state gives to a person: US social security, and those of other countries by their
// check digits or behind their name.
#include <algorithm>
#include <string>
#include <string_view>

#include "learn/privacy/number_window.h"
#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

bool is_issued_social(std::string_view d) {
  const std::string_view area = d.substr(0, 3), group = d.substr(3, 2);
  const bool taxpayer = d[0] == '9' && group >= "50";
  return area != "000" && area != "666" && (d[0] != '9' || taxpayer) && group != "00" &&
         d.substr(5) != "0000";
}

// An identifier as it is written: letters, digits and single signs, without the signs.
struct Written {
  size_t end = 0;
  std::string plain;  // upper case
};

constexpr size_t kLongest = 24;  // characters of an identifier
constexpr size_t kCueReach = 24;

// Letters and digits up to a blank; signs between them, and blanks between groups with digits.
Written read_written(const FoldedText& text, size_t start, bool blanks) {
  Written w;
  size_t i = start;
  while (w.plain.size() < kLongest) {
    if (text.is_ascii_word(i)) {
      w.plain.push_back(static_cast<char>(upper(text[i++])));
      w.end = i;
      continue;
    }
    const bool sign = is_one_of(text[i], U"-./") && text.is_ascii_word(i + 1);
    // A blank joins when what follows is a group that holds a digit, or one letter at the end.
    bool group = false;
    for (size_t k = i + 1; blanks && text[i] == ' ' && k < i + 9 && text.is_ascii_word(k); ++k) {
      group |= text.is_digit(k);
      if (text.is_digit(i - 1) && text.is_ascii_letter(k) && !text.is_word(k + 1) && k == i + 1)
        group = text[k] >= 'A' && text[k] <= 'Z';
    }
    if (!sign && !group) break;
    ++i;
  }
  return w;
}

bool is_pattern(std::string_view plain, std::string_view pattern) {
  if (plain.size() != pattern.size()) return false;
  for (size_t i = 0; i < plain.size(); ++i) {
    const bool digit = plain[i] >= '0' && plain[i] <= '9';
    const bool letter = plain[i] >= 'A' && plain[i] <= 'Z';
    if (pattern[i] == '9' ? !digit : pattern[i] == 'A' ? !letter : !digit && !letter) return false;
  }
  return true;
}

int digit(std::string_view s, size_t i) {
  return s[i] - '0';
}

int number(std::string_view s) {
  int value = 0;
  for (const char c : s) value = value * 10 + (c - '0');
  return value;
}

bool is_day(int day, int month) {
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

// Brazil: two remainders by 11.
bool is_cpf(std::string_view s) {
  if (!is_pattern(s, "99999999999") || s.find_first_not_of(s[0]) == std::string_view::npos)
    return false;
  for (size_t n = 9; n < 11; ++n) {
    int sum = 0;
    for (size_t i = 0; i < n; ++i) sum += digit(s, i) * static_cast<int>(n + 1 - i);
    if (sum * 10 % 11 % 10 != digit(s, n)) return false;
  }
  return true;
}

// Spain: a letter by the remainder by 23; NIE begins with X, Y or Z for 0, 1 or 2.
bool is_dni(std::string_view s) {
  std::string d(s);
  if (d.size() == 9 && d[0] >= 'X' && d[0] <= 'Z') d[0] = static_cast<char>('0' + (d[0] - 'X'));
  if (!is_pattern(d, "99999999A")) return false;
  return std::string_view(
             "TRWAGMYFPDXBNJZSQVHLCKE")[static_cast<size_t>(number(d.substr(0, 8)) % 23)] == d[8];
}

// Italy: values of odd and even places, a letter by the remainder by 26.
bool is_codice_fiscale(std::string_view s) {
  if (!is_pattern(s, "AAAAAA99A99A999A")) return false;
  constexpr int kOdd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                          20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  int sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const int value = s[i] <= '9' ? s[i] - '0' : s[i] - 'A';
    sum += i % 2 == 0 ? kOdd[value] : value;
  }
  return s[15] - 'A' == sum % 26;
}

// Switzerland: EAN-13 that begins with 756.
bool is_ahv(std::string_view s) {
  if (!is_pattern(s, "9999999999999") || !s.starts_with("756")) return false;
  int sum = 0;
  for (size_t i = 0; i < 13; ++i) sum += digit(s, i) * (i % 2 == 1 ? 3 : 1);
  return sum % 10 == 0;
}

// Finland: date, sign of the century, a letter by the remainder by 31 ("131052-308T").
bool is_hetu(std::string_view s) {
  if (!is_pattern(s, "999999999X") || !is_day(number(s.substr(0, 2)), number(s.substr(2, 2))))
    return false;
  return std::string_view(
             "0123456789ABCDEFHJKLMNPRSTUVWXY")[static_cast<size_t>(number(s.substr(0, 9)) % 31)] ==
         s[9];
}

// China: place, date of birth, remainder by 11.
bool is_resident_id(std::string_view s) {
  if (!is_pattern(s, "99999999999999999X") || s[0] == '0') return false;
  const int year = number(s.substr(6, 4));
  if (year < 1900 || year > 2100 || !is_day(number(s.substr(12, 2)), number(s.substr(10, 2))))
    return false;
  constexpr int kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += digit(s, i) * kWeights[i];
  return std::string_view("10X98765432")[static_cast<size_t>(sum % 11)] == s[17];
}

// France: sex, year, month, department, order, key of the remainder by 97.
bool is_nir(std::string_view s) {
  if (!is_pattern(s, "999999999999999") || s[0] < '1' || s[0] > '2' || number(s.substr(3, 2)) > 42)
    return false;
  long long value = 0;
  for (const char c : s.substr(0, 13)) value = value * 10 + (c - '0');
  return 97 - value % 97 == number(s.substr(13));
}

// Mexico: four letters, date, sex, place.
bool is_curp(std::string_view s) {
  return is_pattern(s, "AAAA999999AAAAAAX9") && (s[10] == 'H' || s[10] == 'M') &&
         is_day(number(s.substr(8, 2)), number(s.substr(6, 2)));
}

// Sweden: date of birth and Luhn.
bool is_personnummer(std::string_view s) {
  return is_pattern(s, "9999999999") && is_day(number(s.substr(4, 2)), number(s.substr(2, 2))) &&
         passes_luhn(s);
}

bool is_marked(const FoldedText& text, size_t start, size_t at, char32_t sign) {
  return text[start + at] == sign;
}

// Those that nothing else looks like, by their check digits and the form in which they are written.
bool is_somebodys(const FoldedText& text, size_t start, const Written& w) {
  const std::string_view s = w.plain;
  const size_t length = w.end - start;
  if (is_cpf(s))
    return length == 14 && is_marked(text, start, 3, U'.') && is_marked(text, start, 11, U'-');
  if (is_ahv(s)) return length == 16 && is_marked(text, start, 3, U'.');
  if (is_hetu(s))
    return length == 11 && is_one_of(text[start + 6], U"-") && text.is_ascii_letter(w.end - 1);
  if (is_personnummer(s)) return length == 11 && is_marked(text, start, 6, U'-');
  if (is_nir(s)) return text[start] != 0;
  const bool capital = text[w.end - 1] >= 'A' && text[w.end - 1] <= 'Z';
  if (is_dni(s)) return capital;
  return is_codice_fiscale(s) || is_resident_id(s) || is_curp(s);
}

bool begins_word(const FoldedText& text, size_t i) {
  return text.is_ascii_word(i) && !text.is_digit(i - 1) && !text.is_spaced_letter(i - 1) &&
         !is_one_of(text[i - 1], U"-./_#");
}

void find_by_form(const FoldedText& text, Finds& finds) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!begins_word(text, i)) continue;
    for (const bool blanks : {false, true}) {
      const Written w = read_written(text, i, blanks);
      if (w.plain.size() < 9 || text.is_digit(w.end) || text.is_spaced_letter(w.end)) continue;
      const bool spaced = text.view(i, w.end).find(U' ') != std::u32string_view::npos;
      if (spaced && !is_nir(w.plain)) continue;
      if (!is_somebodys(text, i, w)) continue;
      finds.push_back({i, w.end, Kind::kId});
      i = w.end;
      break;
    }
  }
}

// "AB" of "AB 12 34 56 C".
bool is_series(const FoldedText& text, size_t start, size_t end) {
  for (size_t i = start; i < end; ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return false;
  }
  const size_t next = is_one_of(text[end], U" -") ? end + 1 : end;
  return end - start <= 3 && text.is_digit(next);
}

// What leads from a key to its value: blanks, signs, quotes, a short word or two ("is", "no.").
size_t value_start(const FoldedText& text, const CueAt& cue) {
  size_t i = cue.end;
  size_t words = 0;
  while (i < cue.end + kCueReach && i < text.size()) {
    if (text.is_digit(i)) return i;
    if (text.is_letter(i)) {
      size_t end = i;
      bool digits = false;
      while (text.is_word(end) && end < i + kLongest) digits |= text.is_digit(end++);
      if ((digits && text.is_ascii_word(i)) || is_series(text, i, end)) return i;
      if (text.is_spaced_letter(i) && (++words > 2 || end - i > 6)) return FoldedText::kNone;
      i = end;
      continue;
    }
    if (!text.is_space(i) && !is_one_of(text[i], U":=\"'#.-_>“「：")) return FoldedText::kNone;
    ++i;
  }
  return FoldedText::kNone;
}

// The number that begins at `start` behind the name of one; `end` is 0 where it is none.
Written named_number(const FoldedText& text, size_t start) {
  Written w = read_written(text, start, true);
  const auto digits =
      std::count_if(w.plain.begin(), w.plain.end(), [](char c) { return c <= '9'; });
  const bool date = text.is_digit(start) && w.plain.size() == 8 &&
                    (w.plain.starts_with("19") || w.plain.starts_with("20"));
  if (digits < 5 || w.plain.size() < 6 || w.plain.size() > 20 || date) w.end = 0;
  return w;
}

bool have_one_form(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x <= '9') == (y <= '9'); });
}

// Behind "and", a comma or a slash; `end` itself without one.
size_t next_of_list(const FoldedText& text, size_t end) {
  for (const std::u32string_view sign :
       {U" and ", U" und ", U" et ", U" & ", U", ", U" / ", U"/"}) {
    if (end + sign.size() < text.size() && text.view(end, end + sign.size()) == sign)
      return end + sign.size();
  }
  return end;
}

// "passport X4471902 and X4471903": all of a list of one form.
void find_behind_names(const FoldedText& text, const Cues& cues, Finds& finds) {
  for (const CueAt& cue : cues.all()) {
    if (cue.kind != CueKind::kNationalId) continue;
    size_t start = value_start(text, cue);
    if (start == FoldedText::kNone) continue;
    const Written first = named_number(text, start);
    for (Written w = first; w.end > 0 && have_one_form(w.plain, first.plain);) {
      finds.push_back({start, w.end, Kind::kId});
      start = next_of_list(text, w.end);
      if (start == w.end) break;
      w = named_number(text, start);
    }
  }
}

}  // namespace

bool is_social_security(const NumberWindow& w) {
  if (w.digits.size() != 9 || !is_issued_social(w.digits)) return false;
  if (!stands_alone(w, only(CueKind::kSocial))) return false;
  if (w.is_after(CueKind::kSocial, 28)) return true;
  if (!w.has_shape({3, 2, 4}) || w.has_reading(Reading::kGlued) || w.has_reading(Reading::kPath))
    return false;
  const FoldedText& text = *w.text;
  const auto first = w.gap(0), second = w.gap(1);
  if (first.size() != 1 || first != second || !is_one_of(first[0], U"- .")) return false;
  if (text[w.start() - 1] == '-' && text.is_digit(w.start() - 2)) return false;
  const bool listed = text[w.start() - 1] == ' ' && text.is_digit(w.start() - 2);
  return first == U"-" || (!listed && !w.is_after(CueKind::kCount, 14) &&
                           !w.is_after(CueKind::kUnit, 3) && !is_measured(w));
}

void find_national_ids(const FoldedText& text, const Cues& cues, Finds& finds) {
  find_by_form(text, finds);
  find_behind_names(text, cues, finds);
}

}  // namespace pawl::pii
