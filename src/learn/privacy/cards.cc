// Payment cards: issuers' ranges and lengths, Luhn, and how the digits are grouped.
#include <algorithm>
#include <string_view>

#include "learn/privacy/number_window.h"

namespace pawl::pii {

namespace {

struct Issuer {
  unsigned first, last;  // of the leading six digits
  unsigned lengths;      // bit n: n digits
};

constexpr unsigned lengths(std::initializer_list<unsigned> sizes) {
  unsigned mask = 0;
  for (const unsigned n : sizes) mask |= 1u << n;
  return mask;
}
constexpr unsigned kLong = lengths({16, 17, 18, 19});

// Ranges of ISO/IEC 7812 as the schemes publish them.
constexpr Issuer kIssuers[] = {
    {220000, 220499, kLong},                              // Mir
    {222100, 272099, lengths({16})},                      // Mastercard
    {300000, 305999, lengths({14, 16, 17, 18, 19})},      // Diners
    {309500, 309599, lengths({14, 16, 17, 18, 19})},      // Diners
    {340000, 349999, lengths({15})},                      // American Express
    {352800, 358999, kLong},                              // JCB
    {360000, 369999, lengths({14, 15, 16, 17, 18, 19})},  // Diners
    {370000, 379999, lengths({15})},                      // American Express
    {380000, 399999, lengths({14, 16, 17, 18, 19})},      // Diners
    {400000, 499999, lengths({13, 16, 18, 19})},          // Visa
    {500000, 509999,
     lengths({12, 13, 14, 15, 16, 17, 18, 19})},  // Maestro, Elo, RuPay, Verve, Dankort
    {510000, 559999, lengths({16})},              // Mastercard
    {560000, 589999, lengths({12, 13, 14, 15, 16, 17, 18, 19})},  // Maestro
    {600000, 609999, lengths({13, 16, 17, 18, 19})},              // RuPay, Discover, Hipercard
    {610000, 699999, lengths({12, 13, 14, 15, 16, 17, 18, 19})},  // UnionPay, Discover, Maestro
    {810000, 829999, kLong},                                      // UnionPay, RuPay
    {979200, 979299, lengths({16})}};                             // Troy

bool is_issued(std::string_view digits) {
  unsigned lead = 0;
  for (size_t i = 0; i < 6; ++i) lead = lead * 10 + static_cast<unsigned>(digits[i] - '0');
  return std::any_of(std::begin(kIssuers), std::end(kIssuers), [&](const Issuer& issuer) {
    return lead >= issuer.first && lead <= issuer.last && (issuer.lengths >> digits.size() & 1u);
  });
}

// As printed: fours, and the six in the middle of fourteen and fifteen digits.
bool is_printed_shape(const NumberWindow& w) {
  if (w.runs.size() == 1) return w.digits.size() >= 13;
  if (w.has_shape({4, 6, 5}) || w.has_shape({4, 6, 4}) || w.has_shape({6, 13}) ||
      w.has_shape({8, 8}))
    return true;
  for (size_t i = 0; i + 1 < w.runs.size(); ++i) {
    if (w.runs[i].size() != 4) return false;
  }
  return w.runs.back().size() <= 4 && w.digits.size() >= 13;
}

bool is_one_digit(std::string_view digits) {
  return digits.find_first_not_of(digits[0]) == std::string_view::npos;
}

// Digits one by one, or in any other groups that nothing else would have.
bool is_odd_shape(const NumberWindow& w) {
  const bool singles = w.runs.size() == w.digits.size();
  return singles || (w.runs.size() <= 8 && w.digits.size() >= 15);
}

}  // namespace

bool is_card(const NumberWindow& w) {
  constexpr CueKinds kGlue =
      CueKind::kCard | CueKind::kPhone | CueKind::kBank | CueKind::kCount | CueKind::kPin;
  const std::string_view digits = w.digits;
  if (digits.size() < 12 || !passes_luhn(digits) || is_one_digit(digits) || !is_issued(digits))
    return false;
  const bool announced = w.is_after(CueKind::kCard, 40);
  if (!stands_alone(w, kGlue)) return false;
  if (w.has_reading(Reading::kPath) && !w.is_after(CueKind::kCard, 2)) return false;
  if (announced) return is_printed_shape(w) || is_odd_shape(w) || digits.size() == 12;
  if (digits.size() < 14 || (w.runs.size() == 1 && is_measured(w))) return false;
  const bool counted =
      w.runs.size() == 1 && (w.is_after(CueKind::kCount, 14) || w.is_after(CueKind::kUnit, 3) ||
                             w.is_after(CueKind::kDigest, 14));
  const bool account =
      counted && w.cue->kind == CueKind::kCount && lower((*w.text)[w.cue->start]) == 'a';
  if (counted && !account) return false;
  const bool long_groups = std::all_of(w.runs.begin(), w.runs.end(),
                                       [](const DigitRun& run) { return run.size() >= 4; });
  const bool singles = w.runs.size() == digits.size();
  if (is_joined_by(w, U"_#")) return is_printed_shape(w);
  return is_printed_shape(w) || singles || (long_groups && w.runs.size() <= 3);
}

}  // namespace pawl::pii
