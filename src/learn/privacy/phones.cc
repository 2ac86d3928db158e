// Phone numbers: international ones by the numbering plan of their country, national ones by their
// form, and any digits that a word announces as one.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "base/utf8.h"
#include "learn/privacy/number_window.h"
#include "learn/privacy/phone_plans.h"
#include "text/unicode.h"

namespace pawl::pii {

namespace {

constexpr size_t kMaxDigits = 17;  // with prefix and country code

bool is_called(const NumberWindow& w) {
  return w.is_after(CueKind::kPhone, 40) || w.is_after(CueKind::kCall, 40);
}

// No other number stands between the word and this one.
bool is_called_directly(const NumberWindow& w) {
  if (!is_called(w)) return false;
  for (size_t i = w.cue->end; i < w.start(); ++i) {
    if (w.text->is_digit(i)) return false;
  }
  return true;
}

bool has_plus(const FoldedText& text, size_t start) {
  if (start > 0 && text[start - 1] == '(') --start;
  return text[start - 1] == '+' && !text.is_ascii_word(start - 2) && text[start - 2] != '+';
}

bool is_spaced_dash(std::u32string_view gap) {
  return gap.find(U" - ") != gap.npos;
}

// The same sign or at least the same kind of sign between all runs: no "." beside "/".
bool is_uniform(const NumberWindow& w) {
  char32_t sign = 0;
  for (size_t i = 0; i + 1 < w.runs.size(); ++i) {
    for (const char32_t c : w.gap(i)) {
      if (!is_one_of(c, U"./_#")) continue;
      if (sign != 0 && sign != c) return false;
      sign = c;
    }
  }
  return true;
}

// 415-555-0123, (415) 555-0123, 1 415 555 0123: area and exchange do not begin with 0 or 1.
bool is_american_form(const NumberWindow& w) {
  std::string_view d = w.digits;
  if (d.size() == 11 && d[0] == '1') d.remove_prefix(1);
  if (d.size() != 10 || d[0] < '2' || d[3] < '2') return false;
  const bool numbered = w.runs[0].size() == 1 && (is_one_of((*w.text)[w.start() - 1], U".#") ||
                                                  w.gap(0).find(U". ") != w.gap(0).npos);
  if (numbered) return false;
  return w.has_shape({3, 3, 4}) || w.has_shape({1, 3, 3, 4}) || w.has_shape({3, 7}) ||
         w.has_shape({1, 3, 7}) || w.has_shape({6, 4}) || w.has_shape({1, 10}) ||
         w.has_shape({10}) || w.has_shape({11});
}

// A number that is written as one run and known for something else.
bool is_known_limit(std::string_view digits) {
  return digits == "2147483647" || digits == "2147483648" || digits == "4294967295" ||
         digits == "4294967296";
}

// 1 2 3, 01 02 03: counting.
bool is_counting(const NumberWindow& w) {
  if (w.runs.size() < 3) return false;
  for (size_t i = 1; i < w.runs.size(); ++i) {
    const auto value = [&](size_t k) {
      unsigned v = 0;
      for (size_t c = w.runs[k].start; c < w.runs[k].end && c < w.runs[k].start + 6; ++c)
        v = v * 10 + ((*w.text)[c] - U'0');
      return v;
    };
    if (value(i) != value(i - 1) + 1) return false;
  }
  return true;
}

// The word of letters that ends at `end`, in small letters; empty where it is longer than any of
// ours.
std::string word_before(const FoldedText& text, size_t end) {
  constexpr size_t kLongest = 16;
  size_t start = end;
  while (start > 0 && text.is_letter(start - 1) && end - start <= kLongest) --start;
  if (end - start > kLongest) return {};
  std::string word;
  for (size_t i = start; i < end; ++i) utf8::append(word, unicode::simple_lower(text[i]));
  return word;
}

bool is_persons_word(const std::string& word) {
  static const std::unordered_set<std::string_view> kWords = {
      "cust",     "customer", "client",      "user",   "usr",     "caller",   "subscriber",
      "member",   "patient",  "contact",     "lead",   "guest",   "buyer",    "seller",
      "kunde",    "kundin",   "kunden",      "nutzer", "anrufer", "mitglied", "cliente",
      "usuario",  "usuário",  "utilisateur", "utente", "klant",   "klient",   "klientin",
      "kund",     "asiakas",  "müşteri",     "клиент", "клиента", "абонент",  "пользователь",
      "客户",     "客戶",     "用户",        "用戶",   "顾客",    "会员",     "お客様",
      "ユーザー", "고객",     "사용자",      "عميل",   "العميل",  "לקוח",     "ग्राहक",
      "πελάτης",  "ลูกค้า"};
  return kWords.contains(word);
}

// "cust#2125550187", "user_491701234567", "клиент: 79123456789", "client id 13800138000": digits
// that a phone may have behind a word for somebody, with one sign, or a blank where a country code
// stands before them.
bool is_persons_number(const NumberWindow& w) {
  const FoldedText& text = *w.text;
  if (w.runs.size() != 1 || w.runs[0].reading == Reading::kWord) return false;
  const bool international = w.digits.size() >= 11 && is_planned_number(w.digits);
  const bool national = is_american_form(w) || (w.digits.size() >= 10 && w.digits.size() <= 12 &&
                                                w.digits[0] == '0' && w.digits[1] != '0');
  if ((!international && !national) || is_known_limit(w.digits) || is_measured(w)) return false;
  if (text.is_spaced_letter(w.end())) return false;
  size_t end = w.start();
  const auto skip_sign = [&] {
    const size_t was = end;
    bool sign = false;
    for (; end > 0 && was - end < 3 && is_one_of(text[end - 1], U" _#:=-"); --end)
      sign |= text[end - 1] != ' ';
    return sign || !text.is_spaced_letter(end - 1);
  };
  bool sign = skip_sign();
  std::string word = word_before(text, end);
  if (word == "id" || word == "uid" || word == "ид") {
    end -= utf8::count(word);
    sign |= skip_sign();
    word = word_before(text, end);
  }
  return is_persons_word(word) && (sign || international);
}

bool in_parentheses(const FoldedText& text, const DigitRun& run) {
  return text[run.start - 1] == '(' && text[run.end] == ')';
}

// Judges the windows that begin at one run.
class PhoneJudge {
 public:
  PhoneJudge(const NumberWindow& window, std::span<const DigitRun> chain)
      : w_(window), text_(*window.text), chain_(chain) {}

  size_t best() {
    size_t found = 0;
    std::string national;
    for (size_t count = 1; count <= chain_.size(); ++count) {
      const DigitRun& run = chain_[count - 1];
      if (w_.digits.size() + run.size() > kMaxDigits) break;
      w_.runs = chain_.first(count);
      // "+49 (0)30": the 0 is dialled at home only.
      const bool trunk =
          count > 1 && run.size() == 1 && text_[run.start] == '0' && in_parentheses(text_, run);
      for (size_t i = run.start; i < run.end && !trunk; ++i)
        w_.digits.push_back(static_cast<char>(text_[i]));
      if (found > 0 && !continues(count)) break;
      if (balanced() && is_phone()) found = count;
      if (found == count && is_complete()) break;
    }
    return found;
  }

  // Start and end with "+", "(" and ")" that belong to it.
  std::pair<size_t, size_t> bounds(size_t count) const {
    size_t start = chain_[0].start, end = chain_[count - 1].end;
    int open = 0;
    for (size_t i = start; i < end; ++i) open += text_[i] == '(' ? 1 : text_[i] == ')' ? -1 : 0;
    if (open < 0 && text_[start - 1] == '(') --start, ++open;
    if (text_[start - 1] == '+') --start;
    if (open < 0 && text_[start - 1] == '(') --start;
    return {start, end};
  }

 private:
  bool balanced() const {
    int open = 0;
    size_t opening = 0;
    for (size_t i = w_.start(); i < w_.end(); ++i) {
      open += text_[i] == '(' ? 1 : text_[i] == ')' ? -1 : 0;
      if (open < 0) ++opening, open = 0;
    }
    if (open > 0 || opening > 1) return false;
    if (opening == 0) return true;
    const size_t start = w_.start();
    return text_[start - 1] == '(' || (text_[start - 1] == '+' && text_[start - 2] == '(');
  }

  // Whether one more run still belongs to a number that would be whole without it: "-" binds, a
  // blank does where blanks stand before, a line break does not.
  bool continues(size_t count) const {
    const auto gap = w_.gap(count - 2);
    if (lacks_digits(count)) return true;
    for (size_t i = chain_[count - 2].end; i < chain_[count - 1].start; ++i) {
      if (text_.raw(i) == '\t') return false;  // the next field of a table
    }
    for (size_t i = 0; i + 2 < count && gap.size() > 1 && gap != U" . "; ++i) {
      if (w_.gap(i) == gap && gap.find(U'\n') == gap.npos) return !is_measured(w_);
    }
    if (gap.size() == 1 && is_one_of(gap[0], U"-./")) return true;
    if (gap != U" ") return false;
    if (digits_before(count) < 9 && digits_from(count) >= 4) return !is_measured(w_);
    for (size_t i = 0; i + 2 < count; ++i) {
      if (w_.gap(i).find(U' ') != std::u32string_view::npos) return !is_measured(w_);
    }
    return false;
  }

  // Without the last run an international number is shorter than its country has them.
  bool lacks_digits(size_t count) const {
    const std::string_view all = w_.digits;
    return has_plus(text_, w_.start()) && is_usual_number(all) &&
           !is_usual_number(all.substr(0, digits_before(count)));
  }

  size_t digits_before(size_t count) const { return w_.digits.size() - chain_[count - 1].size(); }

  // Of run `count` and those behind it with one sign between.
  size_t digits_from(size_t count) const {
    size_t digits = chain_[count - 1].size();
    for (size_t i = count; i < chain_.size() && digits < 9; ++i) {
      if (chain_[i].start - chain_[i - 1].end != 1) break;
      digits += chain_[i].size();
    }
    return digits;
  }

  // A plan with one length only: nothing is added.
  bool is_complete() const {
    const bool american = is_american_form(w_) && w_.runs.size() > 1;
    return american ||
           (has_plus(text_, w_.start()) && w_.digits[0] == '1' && w_.digits.size() == 11);
  }

  bool is_phone() const {
    constexpr CueKinds kGlue = CueKind::kPhone | CueKind::kCall | CueKind::kOffer;
    const size_t size = w_.digits.size();
    if (is_persons_number(w_)) return true;
    if (size < 6 || size > kMaxDigits || !is_uniform(w_) || line_breaks() > 1) return false;
    if (!stands_alone(w_, kGlue)) return false;
    const bool named = w_.cues->before(w_.start(), 2, kGlue) != nullptr;
    if (w_.has_reading(Reading::kPath) && !named) return false;
    if (w_.has_reading(Reading::kGlued) && !named && !has_plus(text_, w_.start()) &&
        lower(text_[w_.end()]) != 'x')
      return false;
    if (is_joined_by(w_, U"_#") && !w_.has_shape({3, 3, 4}) && !w_.has_shape({1, 3, 3, 4}) &&
        !has_plus(text_, w_.start()) && !is_called(w_))
      return false;
    if (is_international()) return true;
    if (is_measured(w_) && !(is_american_form(w_) && w_.runs.size() > 2)) return false;
    return is_american() || is_national() || is_announced();
  }

  bool is_international() const {
    const size_t size = w_.digits.size();
    if (has_plus(text_, w_.start())) {
      if (is_planned_number(w_.digits)) return true;
      return size >= 9 && size <= 15 && begins_with_calling_code(w_.digits) &&
             (w_.runs.size() > 1 || is_called(w_)) && !is_measured(w_);
    }
    const bool zeros = w_.digits.starts_with("00") && w_.runs[0].size() >= 2;
    if (zeros)
      return is_planned_number(std::string_view(w_.digits).substr(2)) && !is_otherwise_counted(14);
    const bool other =
        w_.digits.starts_with("011") && size >= 12 && w_.runs[0].size() == 3 && w_.runs.size() > 1;
    return other && is_planned_number(std::string_view(w_.digits).substr(3));
  }

  size_t line_breaks() const {
    size_t breaks = 0;
    for (size_t i = 0; i + 1 < w_.runs.size(); ++i)
      breaks += w_.gap(i).find(U'\n') != std::u32string_view::npos;
    return breaks;
  }

  // A word such as "order" right before it.
  bool is_otherwise_counted(size_t reach) const {
    return w_.cue != nullptr && w_.start() - w_.cue->end <= reach && !is_called(w_);
  }

  // More numbers of the same row on either side: a list.
  bool is_in_list() const {
    size_t others = 0;
    for (size_t i = w_.runs.size(); i < chain_.size() && i < w_.runs.size() + 3; ++i)
      others += text_.view(chain_[i - 1].end, chain_[i].start) == U" ";
    const size_t start = w_.start();
    const bool before = text_[start - 1] == ' ' && text_.is_digit(start - 2);
    return others >= 2 || (before && others >= 1);
  }

  bool is_american() const {
    if (!is_american_form(w_)) return false;
    if (w_.runs.size() == 1) {
      const bool offered = (w_.offered && !is_otherwise_counted(24)) || is_said_to_be_mine();
      return (is_called_directly(w_) || offered) && !is_known_limit(w_.digits);
    }
    bool blanks = true;
    for (size_t i = 0; i + 1 < w_.runs.size(); ++i) {
      if (is_spaced_dash(w_.gap(i)) && w_.runs.size() < 3) return false;
      blanks &= w_.gap(i) == U" ";
    }
    if (blanks && !is_called(w_) && (is_in_list() || is_otherwise_counted(10))) return false;
    return w_.runs.size() > 2 || in_parentheses(text_, w_.runs[0]) || !is_otherwise_counted(14);
  }

  // "… is mine", "… is my number".
  bool is_said_to_be_mine() const {
    size_t i = w_.end();
    constexpr std::u32string_view kIs = U" is m";
    for (size_t k = 0; k < kIs.size(); ++k) {
      if (text_[i + k] != kIs[k])
        return w_.cues->after(i, 12, only(CueKind::kPhone)) != nullptr && text_[i] == ' ' &&
               lower(text_[i + 1]) == 'i';
    }
    return true;
  }

  // A national prefix or an area code in parentheses: 030 1234567, 06 12 34 56 78, (11) 91234-5678.
  bool is_national() const {
    const std::string_view d = w_.digits;
    if (is_otherwise_counted(14) || is_counting(w_) || is_in_list()) return false;
    for (size_t i = 0; i + 1 < w_.runs.size(); ++i) {
      if (is_spaced_dash(w_.gap(i)) || w_.gap(i).find(U'\n') != std::u32string_view::npos)
        return false;
    }
    if (in_parentheses(text_, w_.runs.front()) && !text_.is_word(w_.start() - 2)) {
      const size_t area = w_.runs.front().size();
      if (area >= 2 && area <= 5 && d.size() >= 8 && d.size() <= 12 && w_.runs.size() <= 5)
        return true;
    }
    if (d[0] != '0' || d[1] == '0' || d.size() < 9 || d.size() > 12) return false;
    if (w_.runs.size() == 1)
      return d.size() >= 10 && d.size() <= 11 && d != "0123456789" && d != "01234567890";
    const bool fours = w_.has_shape({4, 4, 4}) && d[4] == '0';
    return !fours && w_.runs.size() <= 6 &&
           std::all_of(w_.runs.begin(), w_.runs.end(),
                       [](const DigitRun& run) { return run.size() >= 2 && run.size() <= 9; });
  }

  bool is_announced() const {
    const size_t size = w_.digits.size();
    if (size > 15 || !is_called_directly(w_) || is_counting(w_)) return false;
    const bool close = w_.is_after(CueKind::kPhone, 12);
    return size >= (close ? 6u : 7u) &&
           !(w_.runs.size() == 1 && w_.runs[0].size() == 8 && is_compact_date());
  }

  // 20240506
  bool is_compact_date() const {
    const std::string_view d = w_.digits;
    const auto two = [&](size_t i) { return (d[i] - '0') * 10 + (d[i + 1] - '0'); };
    return (d.starts_with("19") || d.starts_with("20")) && two(4) >= 1 && two(4) <= 12 &&
           two(6) >= 1 && two(6) <= 31 && !w_.is_after(CueKind::kPhone, 4);
  }

  NumberWindow w_;
  const FoldedText& text_;
  std::span<const DigitRun> chain_;
};

}  // namespace

size_t phone_runs(const NumberWindow& window, std::span<const DigitRun> chain, size_t& start,
                  size_t& end) {
  PhoneJudge judge(window, chain);
  const size_t count = judge.best();
  if (count > 0) std::tie(start, end) = judge.bounds(count);
  return count;
}

}  // namespace pawl::pii
