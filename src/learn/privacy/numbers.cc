// Cards, social security and phone numbers: which runs of digits belong together, and to which.
#include <algorithm>

#include "learn/privacy/number_window.h"
#include "learn/privacy/scan.h"

namespace pawl::pii {

namespace {

constexpr size_t kMaxDigits = 19;
constexpr size_t kMaxGap = 6;
constexpr size_t kNumberCueReach = 40;

constexpr CueKinds kNumberCues = CueKind::kPhone | CueKind::kCall | CueKind::kCard |
                                 CueKind::kBank | CueKind::kSocial | CueKind::kNationalId |
                                 CueKind::kPin | CueKind::kSecret | CueKind::kToken |
                                 CueKind::kCount | CueKind::kDigest | CueKind::kUnit;

// Separators inside of a number: blanks, one line break, signs that people put there.
bool is_gap(const FoldedText& text, size_t from, size_t to) {
  if (to - from > kMaxGap) return false;
  size_t breaks = 0;
  for (size_t i = from; i < to; ++i) {
    if (!text.is_space(i) && !is_one_of(text[i], U"-./()_#")) return false;
    breaks += text[i] == '\n';
  }
  return breaks <= 2;
}

class NumberFinder {
 public:
  NumberFinder(const FoldedText& text, const Cues& cues, Finds& finds)
      : text_(text), cues_(cues), finds_(finds), runs_(find_digit_runs(text)) {}

  void run() {
    for (size_t i = 0; i < runs_.size();) {
      if (!may_take_part(runs_[i])) {
        ++i;
        continue;
      }
      size_t end = i + 1;
      while (end < runs_.size() && may_take_part(runs_[end]) &&
             is_gap(text_, runs_[end - 1].end, runs_[end].start))
        ++end;
      scan_chain(std::span(runs_).subspan(i, end - i));
      i = end;
    }
  }

 private:
  static bool may_take_part(const DigitRun& run) {
    return run.reading == Reading::kOpen || run.reading == Reading::kGlued ||
           run.reading == Reading::kPath;
  }

  void scan_chain(std::span<const DigitRun> chain) {
    for (size_t i = 0; i < chain.size();) i += std::max<size_t>(find_from(chain.subspan(i)), 1);
  }

  // How many runs were taken.
  size_t find_from(std::span<const DigitRun> chain) {
    NumberWindow window;
    window.text = &text_;
    window.cues = &cues_;
    window.cue = cues_.before(chain.front().start, kNumberCueReach, kNumberCues);
    window.offered = cues_.before(chain.front().start, 24, only(CueKind::kOffer)) != nullptr;
    size_t card = 0, social = 0;
    for (size_t count = 1; count <= chain.size(); ++count) {
      const DigitRun& last = chain[count - 1];
      if (window.digits.size() + last.size() > kMaxDigits) break;
      window.runs = chain.first(count);
      for (size_t i = last.start; i < last.end; ++i)
        window.digits.push_back(static_cast<char>(text_[i]));
      // A card that is whole is made longer only by the last digits of its row.
      const bool at_end = count == chain.size() || text_[last.end] == '\n';
      const bool longer =
          at_end && last.size() < 4 && count > 2 && window.gap(count - 2) == window.gap(count - 3);
      const bool whole = card > 0 && window.digits.size() > 16;
      if (is_card(window) && (!whole || longer)) card = count;
      if (is_social_security(window)) social = count;
    }
    if (card > 0) return take(chain.first(card), Kind::kCard);
    size_t start = 0, end = 0;
    window.runs = {};
    window.digits.clear();
    const size_t phone = social > 0 ? 0 : phone_runs(window, chain, start, end);
    if (social > 0) return take(chain.first(social), Kind::kSsn);
    if (phone > 0) finds_.push_back({start, end, Kind::kPhone});
    return phone;
  }

  size_t take(std::span<const DigitRun> runs, Kind kind) {
    finds_.push_back({runs.front().start, runs.back().end, kind});
    return runs.size();
  }

  const FoldedText& text_;
  const Cues& cues_;
  Finds& finds_;
  std::vector<DigitRun> runs_;
};

bool is_money(char32_t c) {
  return c == '$' || (c >= 0x20A0 && c <= 0x20CF) || c == 0xA3 || c == 0xA5 || c == 0xA2;
}

// "_" between parts of one name; around a number it is emphasis.
bool is_joint(const FoldedText& text, size_t sign, size_t beyond) {
  return text[sign] == '_' && (text.is_word(beyond) || text[beyond] == '_');
}

// Digits in groups, behind "+", or as many as a card has: a form that says enough where the number
// is part of a name such as "cust#…" or "user_…_2".
bool is_unmistakable(const NumberWindow& window) {
  const FoldedText& text = *window.text;
  return window.runs.size() > 1 || text[window.start() - 1] == '+' || window.digits.size() >= 15;
}

}  // namespace

bool is_joined_by(const NumberWindow& window, std::u32string_view signs) {
  for (size_t i = 0; i + 1 < window.runs.size(); ++i) {
    if (window.gap(i).find_first_of(signs) != std::u32string_view::npos) return true;
  }
  return false;
}

bool NumberWindow::has_shape(std::initializer_list<size_t> sizes) const {
  return std::equal(runs.begin(), runs.end(), sizes.begin(), sizes.end(),
                    [](const DigitRun& run, size_t size) { return run.size() == size; });
}

bool NumberWindow::has_reading(Reading reading) const {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const DigitRun& run) { return run.reading == reading; });
}

bool stands_alone(const NumberWindow& window, CueKinds kinds) {
  const FoldedText& text = *window.text;
  const size_t start = window.start(), end = window.end();
  const char32_t before = text[start - 1], after = text[end];
  const bool named = window.cues->before(start, before == '#' ? 4 : 1, kinds) != nullptr;
  if (is_money(before) || is_money(after) || after == '%' || after == U'°') return false;
  if (!named && text.is_spaced_letter(start - 1)) return false;
  if (!named && text.is_spaced_letter(end) && lower(after) != 'x') return false;
  const bool joined =
      is_joint(text, start - 1, start - 2) || before == '#' || is_joint(text, end, end + 1);
  if (!named && joined && !is_unmistakable(window)) return false;
  const bool decimal = is_one_of(before, U".,'") && text.is_digit(start - 2);
  const bool fraction = (after == '.' || (after == ',' && window.runs.size() == 1)) &&
                        text.is_digit(end + 1) && !named;
  const bool clock =
      (before == ':' && text.is_digit(start - 2)) || (after == ':' && text.is_digit(end + 1));
  if ((decimal && before != ',') || fraction || clock) return false;
  // Part of a longer row with hyphens.
  const bool row =
      before == '-' && text.is_ascii_word(start - 2) && !text.is_long_dash(start - 1) && !named;
  const bool glued = text.is_digit(start - 2) || (after == '-' && text.is_digit(end + 1));
  return !(row && glued);
}

bool is_measured(const NumberWindow& window) {
  const FoldedText& text = *window.text;
  size_t i = window.end();
  if (text[i] == ' ') ++i;
  if (is_money(text[i]) || text[i] == '%' || text[i] == U'°') return true;
  const CueAt* unit = window.cues->after(i, 0, only(CueKind::kUnit));
  return unit != nullptr && !text.is_space(unit->end - 1) && unit->start == i;
}

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int value = i % 2 == 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

void find_numbers(const FoldedText& text, const Cues& cues, Finds& finds) {
  NumberFinder(text, cues, finds).run();
}

}  // namespace pawl::pii
