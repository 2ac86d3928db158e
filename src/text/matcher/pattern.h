// A pattern over tokens in the form the matcher walks: spaCy's list of token descriptions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/matcher/predicate.h"

namespace pawl::matcher {

enum class Quantifier : uint8_t { kNone, kOne, kAnyNumber, kOptional };

// What one token must be like.
struct TokenSpec {
  Quantifier quantifier = Quantifier::kOne;
  std::vector<std::pair<Attr, uint64_t>> values;
  std::vector<std::shared_ptr<const Predicate>> predicates;
};

struct TokenPattern {
  std::vector<TokenSpec> specs;  // not empty
};

// `pattern` is a list of objects: attributes with a value or with conditions (see predicate.h) and
// "OP": "!", "?", "*", "+", "{n}", "{n,m}", "{n,}", "{,m}". Strings join `strings`. Throws
// Error(kInvalidInput or kUnsupported) naming the token (from 1) and the key.
TokenPattern read_pattern(const Json& pattern, StringStore& strings);

}  // namespace pawl::matcher
