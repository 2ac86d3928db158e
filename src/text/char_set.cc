#include "text/char_set.h"

#include <algorithm>
#include <map>

#include "text/unicode.h"

namespace pawl {
namespace {

using AsciiSet = std::bitset<kAsciiCharacters>;

AsciiSet ascii_of(bool (*holds)(char32_t)) {
  AsciiSet out;
  for (char32_t c = 0; c < kAsciiCharacters; ++c) out[c] = holds(c);
  return out;
}

// For every lower-case code point the others that have it as their lower-case form, itself
// included.
struct CaseTable {
  std::map<char32_t, std::vector<char32_t>> same_lower;
  std::map<char32_t, std::vector<char32_t>> extra;

  CaseTable() {
    for (char32_t c = 0; c <= kLastCodePoint; ++c) {
      const char32_t low = unicode::simple_lower(c);
      if (low == c) continue;
      auto& members = same_lower[low];
      if (members.empty() && unicode::simple_lower(low) == low) members.push_back(low);
      members.push_back(c);
    }
    for (const auto& [a, b] : unicode::extra_case_pairs()) extra[a].push_back(b);
  }

  void add_matches(char32_t low, CharRanges& out) const {
    const auto found = same_lower.find(low);
    if (found == same_lower.end()) {
      out.push_back({low, low});
    } else {
      for (const char32_t c : found->second) out.push_back({c, c});
    }
  }
};

const CaseTable& case_table() {
  static const CaseTable instance;
  return instance;
}

}  // namespace

CharRanges normalised(CharRanges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CharRange& a, const CharRange& b) { return a.first < b.first; });
  CharRanges out;
  for (const CharRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

CharRanges complement(const CharRanges& ranges) {
  CharRanges out;
  char32_t next = 0;
  for (const CharRange& range : ranges) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) out.push_back({next, kLastCodePoint});
  return out;
}

CharRanges ignoring_case(const CharRanges& ranges) {
  const CaseTable& table = case_table();
  CharRanges out = ranges;
  auto add_lower = [&](char32_t low) {
    table.add_matches(low, out);
    const auto extra = table.extra.find(low);
    if (extra == table.extra.end()) return;
    for (const char32_t other : extra->second) table.add_matches(other, out);
  };
  for (const CharRange& range : ranges) {
    for (auto it = table.same_lower.lower_bound(range.first);
         it != table.same_lower.end() && it->first <= range.last; ++it) {
      add_lower(it->first);
    }
    for (auto it = table.extra.lower_bound(range.first);
         it != table.extra.end() && it->first <= range.last; ++it) {
      add_lower(it->first);
    }
    // Letters with another lower-case form are few above the Cherokee block and none in CJK.
    constexpr char32_t kLastCased = 0x1E943;
    for (char32_t c = range.first; c <= std::min(range.last, kLastCased); ++c) {
      const char32_t low = unicode::simple_lower(c);
      if (low != c) add_lower(low);
    }
  }
  return normalised(std::move(out));
}

const CharRanges& space_ranges() {
  static const CharRanges instance = [] {
    CharRanges out;
    for (char32_t c = 0; c <= 0xFFFF; ++c) {
      if (unicode::is(c, unicode::kSpace)) out.push_back({c, c});
    }
    return normalised(std::move(out));
  }();
  return instance;
}

std::bitset<kAsciiCharacters> CharSet::ascii() const {
  static const AsciiSet words = ascii_of(unicode::is_word);
  static const AsciiSet digits =
      ascii_of([](char32_t c) { return unicode::is(c, unicode::kDecimal); });
  AsciiSet out;
  for (const CharRange& range : ranges) {
    for (char32_t c = range.first; c <= range.last && c < kAsciiCharacters; ++c) out.set(c);
  }
  if (word) out |= words;
  if (not_word) out |= ~words;
  if (digit) out |= digits;
  if (not_digit) out |= ~digits;
  return negated ? ~out : out;
}

}  // namespace pawl
