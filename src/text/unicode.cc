#include "text/unicode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/utf8.h"

namespace pawl::unicode {
namespace {

struct Record {
  uint16_t flags;
  int32_t lower_delta;
};
struct Run {
  uint32_t length;
  uint16_t record;
};
using CasePair = std::pair<char32_t, char32_t>;

#include "text/unicode_tables.inc"

constexpr char32_t kLimit = 0x110000;
constexpr uint32_t kBlock = 256;

// Two levels: a block number for every 256 code points, and the distinct blocks.
struct Table {
  std::array<uint16_t, kLimit / kBlock> block_of{};
  std::vector<std::array<uint8_t, kBlock>> blocks;

  Table() {
    std::array<uint8_t, kBlock> block{};
    char32_t at = 0;
    for (const Run& run : kRuns) {
      const auto record = static_cast<uint8_t>(run.record);
      const char32_t end = at + run.length;
      while (at < end) {
        const char32_t stop = std::min<char32_t>(end, (at / kBlock + 1) * kBlock);
        std::fill_n(block.begin() + at % kBlock, stop - at, record);
        at = stop;
        if (at % kBlock == 0) add(at / kBlock - 1, block);
        // The blocks that lie within a long run are all the same.
        if (at % kBlock != 0 || end - at < kBlock) continue;
        block.fill(record);
        add(at / kBlock, block);
        const uint16_t same = block_of[at / kBlock];
        for (; end - at >= kBlock; at += kBlock) block_of[at / kBlock] = same;
      }
    }
  }

  void add(uint32_t number, const std::array<uint8_t, kBlock>& block) {
    size_t same = blocks.size();
    while (same > 0 && blocks[same - 1] != block) --same;
    if (same == 0) {
      blocks.push_back(block);
      same = blocks.size();
    }
    block_of[number] = static_cast<uint16_t>(same - 1);
  }

  const Record& find(char32_t code_point) const {
    if (code_point >= kLimit) return kRecords[0];
    return kRecords[blocks[block_of[code_point / kBlock]][code_point % kBlock]];
  }
};

static_assert(std::size(kRecords) <= 256, "a record number must fit into a byte");

const Table& table() {
  static const Table instance;
  return instance;
}

constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;

// Whether the sigma at `at` ends a word: a cased letter before it, none after, looking through
// ignorable ones.
bool is_final_sigma(std::u32string_view text, size_t at) {
  size_t before = at;
  while (before > 0 && is(text[before - 1], kIgnorable)) --before;
  if (before == 0 || !is(text[before - 1], kCased)) return false;
  size_t after = at + 1;
  while (after < text.size() && is(text[after], kIgnorable)) ++after;
  return after == text.size() || !is(text[after], kCased);
}

std::string lower_any(std::string_view text) {
  const std::u32string decoded = utf8::decode(text);
  std::string out;
  out.reserve(text.size() + 4);
  for (size_t i = 0; i < decoded.size(); ++i) {
    const char32_t c = decoded[i];
    if (c == kCapitalSigma) {
      utf8::append(out, is_final_sigma(decoded, i) ? kFinalSigma : kSmallSigma);
    } else if (c == kDottedCapitalI) {
      out += "i\xCC\x87";
    } else {
      utf8::append(out, simple_lower(c));
    }
  }
  return out;
}

bool all(std::string_view text, Flag flag) {
  for (size_t at = 0; at < text.size();) {
    if (!is(utf8::next(text, at), flag)) return false;
  }
  return !text.empty();
}

// str.isupper and str.islower: some letter of that case, none of another.
bool all_cased(std::string_view text, uint16_t wanted, uint16_t forbidden) {
  bool found = false;
  for (size_t at = 0; at < text.size();) {
    const uint16_t bits = flags(utf8::next(text, at));
    if (bits & forbidden) return false;
    found = found || (bits & wanted);
  }
  return found;
}

}  // namespace

uint16_t flags(char32_t code_point) {
  return table().find(code_point).flags;
}

bool is_word(char32_t code_point) {
  return code_point == '_' || (flags(code_point) & (kAlpha | kDecimal | kDigit | kNumeric));
}

char32_t simple_lower(char32_t code_point) {
  return static_cast<char32_t>(static_cast<int32_t>(code_point) +
                               table().find(code_point).lower_delta);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) return lower_any(text);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool is_alpha(std::string_view text) {
  return all(text, kAlpha);
}
bool is_digit(std::string_view text) {
  return all(text, kDigit);
}
bool is_space(std::string_view text) {
  return all(text, kSpace);
}
bool is_upper(std::string_view text) {
  return all_cased(text, kUpper, kLower | kTitle);
}
bool is_lower(std::string_view text) {
  return all_cased(text, kLower, kUpper | kTitle);
}

bool is_title(std::string_view text) {
  bool found = false;
  bool after_cased = false;
  for (size_t at = 0; at < text.size();) {
    const uint16_t bits = flags(utf8::next(text, at));
    if (bits & (kUpper | kTitle)) {
      if (after_cased) return false;
      after_cased = found = true;
    } else if (bits & kLower) {
      if (!after_cased) return false;
      after_cased = found = true;
    } else {
      after_cased = false;
    }
  }
  return found;
}

std::span<const std::pair<char32_t, char32_t>> extra_case_pairs() {
  return kCasePairs;
}

}  // namespace pawl::unicode
