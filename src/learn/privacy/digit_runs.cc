#include "learn/privacy/digit_runs.h"

#include <algorithm>

namespace pawl::pii {

namespace {

unsigned value_of(const FoldedText& text, const DigitRun& run) {
  unsigned value = 0;
  for (size_t i = run.start; i < run.end && i < run.start + 6; ++i)
    value = value * 10 + (text[i] - U'0');
  return value;
}

bool is_year(const FoldedText& text, const DigitRun& run) {
  const unsigned value = value_of(text, run);
  return run.size() == 4 && value >= 1000 && value <= 2199;
}

bool is_late_year(const FoldedText& text, const DigitRun& run) {
  const unsigned value = value_of(text, run);
  return run.size() == 4 && value >= 1500 && value <= 2199;
}

bool is_day_and_month(const FoldedText& text, const DigitRun& a, const DigitRun& b) {
  const unsigned x = value_of(text, a), y = value_of(text, b);
  return a.size() <= 2 && b.size() <= 2 && x >= 1 && y >= 1 && std::max(x, y) <= 31 &&
         std::min(x, y) <= 12;
}

class Reader {
 public:
  Reader(const FoldedText& text, std::vector<DigitRun>& runs) : text_(text), runs_(runs) {}

  void read() {
    mark_paths();
    mark_words();
    for (size_t i = 0; i < runs_.size();) i += std::max<size_t>(read_from(i), 1);
  }

 private:
  // The sign between run i and the next when it is one character, 0 otherwise.
  char32_t sign_after(size_t i) const {
    if (i + 1 >= runs_.size() || runs_[i + 1].start != runs_[i].end + 1) return 0;
    return text_[runs_[i].end];
  }
  char32_t sign_before(size_t i) const { return i == 0 ? 0 : sign_after(i - 1); }

  size_t mark(size_t first, size_t count, Reading reading) {
    for (size_t i = first; i < first + count; ++i) {
      if (runs_[i].reading == Reading::kOpen || runs_[i].reading == Reading::kGlued)
        runs_[i].reading = reading;
    }
    return count;
  }

  size_t read_from(size_t i) {
    if (size_t n = date_at(i)) return mark(i, n, Reading::kDate);
    if (size_t n = year_range_at(i)) return mark(i, n, Reading::kDate);
    if (size_t n = time_at(i)) return mark(i, n, Reading::kTime);
    if (size_t n = thousands_at(i)) return mark(i, n, Reading::kDecimal);
    if (size_t n = decimal_at(i)) return mark(i, n, Reading::kDecimal);
    return 0;
  }

  // Three parts with one sign between, not part of a longer row: "06.12.34.56.78" is none.
  size_t date_at(size_t i) const {
    const char32_t sign = sign_after(i);
    if (!is_one_of(sign, U"-/.") || i + 2 >= runs_.size() || sign_after(i + 1) != sign) return 0;
    const char32_t before = sign_before(i), after = sign_after(i + 2);
    const bool row = before == sign || after == sign;
    const DigitRun &a = runs_[i], &b = runs_[i + 1], &c = runs_[i + 2];
    if (is_year(text_, a) && is_day_and_month(text_, b, c)) return row && sign == '.' ? 0 : 3;
    if (is_year(text_, c) && is_day_and_month(text_, a, b)) return row && sign == '.' ? 0 : 3;
    const bool short_year = c.size() == 2 && !row && is_day_and_month(text_, a, b) && a.size() == 2;
    if (short_year && b.size() == 2) return 3;
    return c.size() == 2 && sign == '/' && !row && is_day_and_month(text_, a, b) ? 3 : 0;
  }

  // "1939-1945", "1914-18", "2019/20", "1990 - 1995", "2024-05".
  size_t year_range_at(size_t i) const {
    if (!is_late_year(text_, runs_[i]) || i + 1 >= runs_.size()) return 0;
    const size_t start = runs_[i].end, end = runs_[i + 1].start;
    if (end - start > 3) return 0;
    size_t signs = 0;
    for (size_t k = start; k < end; ++k) {
      if (text_[k] != ' ' && !is_one_of(text_[k], U"-/")) return 0;
      signs += text_[k] != ' ';
    }
    const char32_t before = sign_before(i), after = sign_after(i + 1);
    if (signs != 1 || is_one_of(before, U"-.") || is_one_of(after, U"-.")) return 0;
    if (is_late_year(text_, runs_[i + 1])) return 2;
    const bool tight = end - start == 1 && runs_[i + 1].size() == 2;
    return tight ? 2 : 0;
  }

  size_t time_at(size_t i) const {
    if (sign_after(i) != ':' || runs_[i].size() > 2 || runs_[i + 1].size() != 2) return 0;
    size_t n = 2;
    while (sign_after(i + n - 1) == ':') ++n;
    if (is_one_of(sign_after(i + n - 1), U".,")) ++n;
    return n;
  }

  // "1,234,567", "1.234.567,89", "12 345 678": groups of three after a shorter one.
  size_t thousands_at(size_t i) const {
    if (text_[runs_[i].start - 1] == '+') return 0;
    const char32_t sign = sign_after(i);
    if (!is_one_of(sign, U",.'") || runs_[i].size() > 3 || text_[runs_[i].start] == '0') return 0;
    if (sign_before(i) == sign || sign_before(i) == '-') return 0;
    size_t n = 1;
    while (i + n < runs_.size() && sign_after(i + n - 1) == sign && runs_[i + n].size() == 3) ++n;
    if (n < (sign == ',' ? 2 : 3) || sign_after(i + n - 1) == sign || sign_after(i + n - 1) == '-')
      return 0;
    if (is_one_of(sign_after(i + n - 1), U".,")) ++n;
    return n;
  }

  // One point with digits around it: "0.5283", "-33.86". "030.1234567" and "1.2.3" are none.
  size_t decimal_at(size_t i) const {
    if (sign_after(i) != '.' || is_one_of(sign_before(i), U".-/")) return 0;
    if (runs_[i].size() > 1 && text_[runs_[i].start] == '0') return 0;
    const char32_t after = sign_after(i + 1);
    if (text_.view(runs_[i + 1].end, std::min(runs_[i + 1].end + 3, text_.size())) == U" . ")
      return 0;  // points with blanks around them, as tokenizers leave them
    const bool exponent = lower(text_[runs_[i + 1].end]) == 'e';
    return !is_one_of(after, U".-/") || exponent ? 2 : 0;
  }

  void mark_words() {
    size_t uuid_end = 0;
    size_t word_start = 0, word_end = 0, letters = 0;
    for (size_t i = 0; i < runs_.size(); ++i) {
      DigitRun& run = runs_[i];
      if (run.start >= word_end) measure_word(run, word_start, word_end, letters);
      if (is_uuid(word_start)) uuid_end = word_start + 36;
      if (run.start < uuid_end) {
        mark(i, 1, Reading::kWord);
      } else if (letters > 0 && !has_extension(i, word_start)) {
        const bool alone = i + 1 >= runs_.size() || runs_[i + 1].start >= word_end;
        const bool first = i == 0 || runs_[i - 1].end <= word_start;
        mark(i, 1, alone && first ? Reading::kGlued : Reading::kWord);
      }
    }
  }

  // "555-0187x45", "555 0187ext22": digits in groups, the last one with an extension.
  bool has_extension(size_t i, size_t word_start) const {
    const DigitRun& run = runs_[i];
    if (i == 0 || i + 1 >= runs_.size() || run.start != word_start || run.size() < 3) return false;
    if (run.start - runs_[i - 1].end > 2) return false;
    size_t k = run.end;
    const std::u32string_view sign = lower(text_[k]) == 'x' ? U"x" : U"ext";
    for (const char32_t c : sign) {
      if (lower(text_[k++]) != c) return false;
    }
    const DigitRun& extension = runs_[i + 1];
    return extension.start == k && extension.size() <= 5 && !text_.is_word(extension.end);
  }

  // The letters and digits around a run, without those of scripts that need no spaces.
  void measure_word(const DigitRun& run, size_t& start, size_t& end, size_t& letters) const {
    const auto part = [&](size_t k) { return text_.is_digit(k) || text_.is_spaced_letter(k); };
    start = run.start;
    while (start > end && part(start - 1)) --start;
    end = run.end;
    while (part(end)) ++end;
    letters = 0;
    for (size_t k = start; k < end; ++k) letters += text_.is_spaced_letter(k);
  }

  // 8-4-4-4-12 hexadecimal digits.
  bool is_uuid(size_t start) const {
    for (size_t k = 0; k < 36; ++k) {
      const char32_t c = text_[start + k];
      const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
      const bool hex = text_.is_digit(start + k) || (lower(c) >= 'a' && lower(c) <= 'f');
      if (dash ? c != '-' : !hex) return false;
    }
    return !text_.is_word(start + 36);
  }

  // Stretches without blanks that are paths or URLs: "/var/7/x", "src/a_7.cc", "https://…/7".
  void mark_paths() {
    size_t i = 0;
    for (size_t start = 0; start < text_.size();) {
      size_t end = start;
      while (end < text_.size() && !text_.is_space(end) && !is_one_of(text_[end], U"\"'`()<>,;→"))
        ++end;
      if (end > start && is_path(start, end)) {
        while (i < runs_.size() && runs_[i].start < start) ++i;
        for (; i < runs_.size() && runs_[i].start < end; ++i) mark(i, 1, Reading::kPath);
      }
      start = std::max(end, start + 1);
    }
  }

  bool is_path(size_t start, size_t end) const {
    size_t slashes = 0;
    bool letters = false;
    const auto stretch = text_.view(start, end);
    for (size_t k = start; k < end; ++k) {
      slashes += text_[k] == '/' || (text_[k] == '\\' && text_.raw(k) == '\\');
      letters |= text_.is_spaced_letter(k);
    }
    if (stretch.find(U"://") != stretch.npos) return true;
    if (text_[start] == '/' && (letters || slashes >= 2)) return true;
    if (!letters) return false;
    const bool file = stretch.find(U'.') != stretch.npos && text_.is_ascii_letter(end - 1) &&
                      ends_in_suffix(start, end);
    return slashes >= 2 || stretch.starts_with(U"./") || stretch.starts_with(U"~/") || file;
  }

  // "data-77.csv": a name with a suffix of two to four letters.
  bool ends_in_suffix(size_t start, size_t end) const {
    size_t k = end;
    while (k > start && text_.is_ascii_letter(k - 1)) --k;
    if (end - k < 2 || end - k > 4 || k < start + 2 || text_[k - 1] != '.') return false;
    bool named = false, address = false;
    for (size_t i = start; i + 1 < k; ++i) {
      named |= text_.is_letter(i);
      address |= text_[i] == '@';
    }
    return named && !address;
  }

  const FoldedText& text_;
  std::vector<DigitRun>& runs_;
};

}  // namespace

std::vector<DigitRun> find_digit_runs(const FoldedText& text) {
  std::vector<DigitRun> runs;
  for (size_t i = 0; i < text.size();) {
    if (!text.is_digit(i)) {
      ++i;
      continue;
    }
    size_t end = i;
    while (text.is_digit(end)) ++end;
    runs.push_back({i, end});
    i = end;
  }
  Reader(text, runs).read();
  return runs;
}

}  // namespace pawl::pii
