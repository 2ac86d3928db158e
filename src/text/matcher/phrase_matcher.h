// Finds given sequences of tokens by one attribute: spaCy's PhraseMatcher, a tree of values.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "text/doc.h"
#include "text/matcher/matcher.h"
#include "text/matcher/token_value.h"

namespace pawl {

// Once all phrases are added, calls are safe from any number of threads.
class PhraseMatcher {
 public:
  explicit PhraseMatcher(Attr attribute = Attr::kOrth) : attribute_(attribute) {}

  // A phrase without tokens is passed over, as in spaCy.
  void add(StringId key, const Doc& phrase);

  bool empty() const { return nodes_.size() == 1; }
  Attr attribute() const { return attribute_; }

  // Every match, by where it starts, then by where it ends, then in the order in which keys were
  // added. Takes time in proportion to the tokens times the longest phrase.
  std::vector<Match> operator()(const Doc& doc) const;

 private:
  struct Node {
    std::unordered_map<uint64_t, uint32_t> next;
    std::vector<StringId> keys;  // of phrases that end here
  };

  Attr attribute_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace pawl
