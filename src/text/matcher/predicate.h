// Conditions on a token's attribute beyond equality: spaCy's extended pattern syntax.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/matcher/token_value.h"

namespace pawl::matcher {

// Immutable; safe from any number of threads.
class Predicate {
 public:
  virtual ~Predicate() = default;
  // Throws Error(kInvalidInput) when a regular expression reaches its limit of steps.
  virtual bool holds(const Doc& doc, size_t i) const = 0;
};

// The conditions of {"REGEX": …, "IN": […], ">=": 3, "FUZZY2": …}: REGEX, FUZZY and FUZZY1 to
// FUZZY9 (of a string, or around IN and NOT_IN), IN, NOT_IN, IS_SUBSET, IS_SUPERSET, INTERSECTS,
// ==, !=, >=, <=, >, <. Names are read in any case. Strings join `strings`. Throws
// Error(kInvalidInput) naming the condition.
std::vector<std::unique_ptr<const Predicate>> read_predicates(Attr attribute,
                                                              const Json& conditions,
                                                              StringStore& strings);

}  // namespace pawl::matcher
