// Bank accounts by ISO 13616: the length of the country, remainder by 97.
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

// The registry of SWIFT, with what is used though it is not listed there (IR, DZ, AO and others of
// West and Central Africa).
size_t iban_length(char32_t a, char32_t b) {
  constexpr std::u32string_view kLengths =
      U"AD24AE23AL28AO25AT20AZ28BA20BE16BF28BG22BH22BI27BJ28BR29BY28CF27CG27CH21CI28CM27CR22CV25CY2"
      U"8CZ24"
      U"DE22DJ27DK18DO28DZ26EE20EG29ES24FI18FK18FO18FR27GA27GB22GE22GI23GL18GQ27GR27GT28GW25HN28HR2"
      U"1HU28"
      U"IE22IL23IQ23IR26IS26IT27JO30KM27KW30KZ20LB28LC32LI21LT20LU20LV21LY25MA28MC27MD24ME22MG27MK1"
      U"9ML28"
      U"MN20MR27MT31MU30MZ25NE28NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI1"
      U"9SK24"
      U"SM27SN28SO23ST25SV28TD27TG28TL23TN24TR26UA29VA22VG24XK20YE30";
  for (size_t i = 0; i < kLengths.size(); i += 4) {
    if (kLengths[i] == a && kLengths[i + 1] == b)
      return (kLengths[i + 2] - U'0') * 10 + (kLengths[i + 3] - U'0');
  }
  return 0;
}

// Whether bank and account of the country are digits only.
bool is_numeric(char32_t a, char32_t b) {
  constexpr std::u32string_view kNumeric =
      U"AE AT BA BE BI CR CZ DE DJ DK EE EG ES FI FO GL HR HU IL IS LT LY ME MN MR NO PL PT RS SD "
      U"SE "
      U"SI SK SO ST TL TN VA XK ";
  for (size_t i = 0; i < kNumeric.size(); i += 3) {
    if (kNumeric[i] == a && kNumeric[i + 1] == b) return true;
  }
  return false;
}

// Words between digits are no account: digits only where a country has no letters, and mostly
// digits where there are small letters.
bool has_digits(std::u32string_view iban, bool small_letters) {
  constexpr ptrdiff_t kFewest = 8;
  const auto digits =
      std::count_if(iban.begin(), iban.end(), [](char32_t c) { return c >= '0' && c <= '9'; });
  if (is_numeric(iban[0], iban[1])) return digits + 2 == std::ssize(iban);
  return !small_letters || digits >= kFewest;
}

// The first four to the end, letters as 10..35, remainder 1.
bool passes_mod97(std::u32string_view iban) {
  unsigned remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char32_t c = iban[(i + 4) % iban.size()];
    remainder = c <= '9' ? remainder * 10 + (c - U'0') : remainder * 100 + (c - U'A' + 10);
    remainder %= 97;
  }
  return remainder == 1;
}

constexpr size_t kMaxGap = 4;  // separators between two characters

// What may stand between two characters of a number: blanks, line breaks, one dash or point.
size_t skip_separators(const FoldedText& text, size_t i) {
  size_t k = i;
  while (k < i + kMaxGap && (text.is_space(k) || is_one_of(text[k], U"-._"))) ++k;
  return text.is_ascii_word(k) ? k : i;
}

// A number may begin after anything but a letter or digit that makes a word with it. The key word
// itself may touch it: "IBANDE89...".
bool may_begin(const FoldedText& text, size_t i) {
  if (i == 0 || !text.is_word(i - 1) || !text.is_spaced_letter(i - 1))
    return i == 0 || !text.is_digit(i - 1);
  return i >= 4 && lower(text[i - 4]) == 'i' && lower(text[i - 3]) == 'b' &&
         lower(text[i - 2]) == 'a' && lower(text[i - 1]) == 'n';
}

// The end of the IBAN that begins at `start`, 0 without one.
size_t iban_end(const FoldedText& text, size_t start) {
  if (!text.is_ascii_letter(start) || !text.is_ascii_letter(start + 1)) return 0;
  if (!text.is_digit(skip_separators(text, start + 2))) return 0;
  const size_t length = iban_length(upper(text[start]), upper(text[start + 1]));
  if (length == 0) return 0;
  std::u32string iban;
  bool small_letters = false;
  size_t i = start;
  while (true) {
    iban.push_back(upper(text[i]));
    small_letters |= iban.back() != text[i];
    ++i;
    if (iban.size() == length) break;
    i = skip_separators(text, i);
    if (!text.is_ascii_word(i)) return 0;
  }
  const bool longer = text.is_digit(i) || (text.is_ascii_letter(i) && !text.is_digit(i - 1));
  const bool checked = iban[2] <= '9' && iban[3] <= '9' && has_digits(iban, small_letters);
  return !longer && checked && passes_mod97(iban) ? i : 0;
}

}  // namespace

void find_ibans(const FoldedText& text, Finds& finds) {
  for (size_t i = 0; i + 15 <= text.size(); ++i) {
    const size_t end = text.is_ascii_letter(i) && may_begin(text, i) ? iban_end(text, i) : 0;
    if (end == 0) continue;
    finds.push_back({i, end, Kind::kIban});
    i = end - 1;
  }
}

}  // namespace pawl::pii
