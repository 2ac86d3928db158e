// Which spans of a document a span categorizer looks at (spaCy's suggesters: ngram_suggester,
// ngram_range_suggester and preset_spans_suggester, v1 each).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/doc.h"

namespace pawl {

// Tokens [start, end).
struct Candidate {
  uint32_t start = 0, end = 0;
  uint32_t size() const { return end - start; }
};

class Suggester {
 public:
  static constexpr int64_t kMaxSize = 1000;  // tokens of a span, and of a range of sizes

  // `block` is [components.NAME.suggester], `where` its path. Throws Error(kUnsupported or kFormat)
  // naming function or key.
  Suggester(const Json& block, const std::string& where);

  // Appends the document's candidates in spaCy's order: all spans of one size from left to right,
  // the sizes as they were given; or the spans of a group. Throws Error(kInvalidInput) when the
  // document has no such group.
  void suggest(const Doc& doc, std::vector<Candidate>& out) const;

 private:
  std::vector<uint32_t> sizes_;
  std::string spans_key_;  // empty: n-grams
};

}  // namespace pawl
