#include "text/wordpiece_normalizer.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "text/lex_attrs.h"

namespace pawl {

namespace {

struct Range {
  char32_t first, last;
};

struct ClassRange {
  char32_t first, last;
  uint8_t value;  // canonical combining class
};

struct Decomposition {
  char32_t code;
  char32_t to[4];  // filled up with zeros
};

struct LowerPair {
  char32_t code, to;
};

#include "text/wordpiece_tables.inc"

constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kDotAbove = 0x307;

template <typename R>
const R* find_range(std::span<const R> ranges, char32_t c) {
  const auto after = std::ranges::upper_bound(ranges, c, {}, &R::first);
  if (after == ranges.begin()) return nullptr;
  const R& range = *std::prev(after);
  return c <= range.last ? &range : nullptr;
}

bool in(std::span<const Range> ranges, char32_t c) {
  return find_range(ranges, c) != nullptr;
}

uint8_t combining_class(char32_t c) {
  const ClassRange* range =
      c < 0x300 ? nullptr : find_range(std::span<const ClassRange>(kClasses), c);
  return range == nullptr ? uint8_t{0} : range->value;
}

// Clean text and blanks around ideographs.
std::u32string clean(std::string_view text, const WordPieceNormalization& options) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    char32_t c = utf8::next(text, at);
    if (options.clean_text) {
      if (in(kRemoved, c)) continue;
      if (in(kSpaces, c)) c = U' ';
    }
    if (options.handle_chinese_chars && c >= 0x2E80 && in(kIdeographs, c)) {
      out.append({U' ', c, U' '});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

void append_hangul(std::u32string& out, char32_t syllable) {
  const char32_t index = syllable - 0xAC00;
  out.push_back(0x1100 + index / 588);
  out.push_back(0x1161 + index % 588 / 28);
  if (index % 28 != 0) out.push_back(0x11A7 + index % 28);
}

void append_decomposed(std::u32string& out, char32_t c) {
  if (c < 0xC0) return out.push_back(c);
  if (c >= 0xAC00 && c <= 0xD7A3) return append_hangul(out, c);
  const auto found = std::ranges::lower_bound(kDecompositions, c, {}, &Decomposition::code);
  if (found == std::end(kDecompositions) || found->code != c) return out.push_back(c);
  for (const char32_t piece : found->to) {
    if (piece != 0) out.push_back(piece);
  }
}

// Each run of marks in the order of their classes, equal ones as they were.
void reorder(std::u32string& text) {
  std::vector<std::pair<uint8_t, char32_t>> run;
  for (size_t i = 0; i < text.size();) {
    if (combining_class(text[i]) == 0) {
      ++i;
      continue;
    }
    run.clear();
    const size_t first = i;
    for (; i < text.size() && combining_class(text[i]) != 0; ++i) {
      run.emplace_back(combining_class(text[i]), text[i]);
    }
    std::ranges::stable_sort(run, {}, &std::pair<uint8_t, char32_t>::first);
    for (size_t j = 0; j < run.size(); ++j) text[first + j] = run[j].second;
  }
}

std::u32string strip_accents(const std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_decomposed(out, c);
  reorder(out);
  std::erase_if(out, [](char32_t c) { return c >= 0x300 && in(kMarks, c); });
  return out;
}

void append_lower(std::string& out, char32_t c) {
  if (c == kDottedCapitalI) {
    out.push_back('i');
    utf8::append(out, kDotAbove);
    return;
  }
  const auto found = std::ranges::lower_bound(kLower, c, {}, &LowerPair::code);
  utf8::append(out, found == std::end(kLower) || found->code != c ? c : found->to);
}

std::string normalize_ascii(std::string_view text, const WordPieceNormalization& options) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (options.clean_text) {
      if (c == '\t' || c == '\n' || c == '\r') c = ' ';
      if (c < ' ' || c == 0x7F) continue;
    }
    out.push_back(options.lowercase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return out;
}

bool is_separator(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x9 && c <= 0xD);
  return in(kSeparators, c);
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) {
    return (c > 0x20 && c < 0x30) || (c > 0x39 && c < 0x41) || (c > 0x5A && c < 0x61) ||
           (c > 0x7A && c < 0x7F);
  }
  return in(kPunctuation, c);
}

}  // namespace

std::string normalize_for_wordpiece(std::string_view text, const WordPieceNormalization& options) {
  if (is_ascii(text)) return normalize_ascii(text, options);
  std::u32string characters = clean(text, options);
  if (options.strip_accents) characters = strip_accents(characters);
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : characters) {
    if (options.lowercase) {
      append_lower(out, c);
    } else {
      utf8::append(out, c);
    }
  }
  return out;
}

std::vector<std::string_view> split_words(std::string_view normalized) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t at = 0; at < normalized.size();) {
    const size_t first = at;
    const char32_t c = utf8::next(normalized, at);
    const bool alone = is_punctuation(c);
    if (!alone && !is_separator(c)) continue;
    if (first > begin) words.push_back(normalized.substr(begin, first - begin));
    if (alone) words.push_back(normalized.substr(first, at - first));
    begin = at;
  }
  if (begin < normalized.size()) words.push_back(normalized.substr(begin));
  return words;
}

}  // namespace pawl
