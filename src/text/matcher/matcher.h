// Finds sequences of tokens that patterns describe: spaCy's Matcher.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/doc.h"
#include "text/matcher/pattern.h"

namespace pawl {

// Tokens [start, end) that match the patterns of `key`.
struct Match {
  StringId key = 0;
  uint32_t start = 0, end = 0;
  bool operator==(const Match&) const = default;
};

struct MatchLimits {
  // Steps of partial matches that one document may take, so that a hostile pattern cannot run for
  // ever; 2^26 take about a second.
  uint64_t max_steps = uint64_t{1} << 26;
};

// Once all patterns are added, calls are safe from any number of threads.
class Matcher {
 public:
  explicit Matcher(MatchLimits limits = {}) : limits_(limits) {}

  // Adds a pattern (matcher/pattern.h) under a key that may have others already. Strings join
  // `strings`, which must be those of the documents. Throws Error naming token and attribute.
  void add(StringId key, const Json& pattern, StringStore& strings);

  bool empty() const { return patterns_.empty(); }
  size_t size() const { return patterns_.size(); }
  // Whether any pattern asks about this attribute's value.
  bool asks_about(Attr attribute) const;

  // Every match once, in the order spaCy gives them: by where they end, then by where they start
  // and the order of patterns. Throws Error(kInvalidInput) when the limit of steps is reached.
  std::vector<Match> operator()(const Doc& doc) const;

 private:
  struct Compiled {
    StringId key;
    matcher::TokenPattern pattern;
  };
  class Walk;

  void index(uint32_t pattern);

  MatchLimits limits_;
  std::vector<Compiled> patterns_;
  // Patterns whose first token must be there and have one value of an attribute are looked up by
  // it; the others are tried at every token.
  std::vector<Attr> first_attributes_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> by_first_;  // attribute and value, mixed
  std::vector<uint32_t> everywhere_;
};

}  // namespace pawl
