// What can be said of every match of a pattern without running it: most texts are refused by these
// alone.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "text/python_regex.h"

namespace pawl::regex {

// Which characters may stand at some place: exact for ASCII, all or nothing for the rest.
struct Possible {
  std::bitset<128> ascii;
  bool other = false;

  void add(const Possible& more) {
    ascii |= more.ascii;
    other = other || more.other;
  }
  bool has(char byte) const {
    const auto b = static_cast<unsigned char>(byte);
    return b < 128 ? ascii[b] : other;
  }
  bool any_of(std::string_view text) const {
    for (const char byte : text) {
      if (has(byte)) return true;
    }
    return false;
  }
};

struct Facts {
  uint32_t min_width = 0;  // code points
  uint32_t max_width = kUnbounded;
  Possible first, last;            // of a match that is not empty
  std::bitset<128> required;       // ASCII characters that are in every match
  std::optional<Possible> behind;  // characters one of which is just before every match
  bool starts_anchored = false;    // every match starts where the text does
  bool ends_anchored = false;      // every match ends at the end, or before a final line feed
};

Facts facts_of(const Node& node);

}  // namespace pawl::regex
