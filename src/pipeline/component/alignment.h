// Which tokens of two tokenisations of one text share characters (spacy.training.Alignment).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/component/gold_doc.h"

namespace pawl {

// Consecutive tokens [first, last) of the other side; none: a token of blanks the other side has
// no token for.
struct TokenRange {
  uint32_t first = 0, last = 0;
  uint32_t size() const { return last - first; }
};

struct Alignment {
  std::vector<TokenRange> to_reference;  // per predicted token
  std::vector<TokenRange> to_predicted;  // per token of the reference
};

// The code points [start, end) of every token.
struct Extent {
  uint32_t start = 0, end = 0;
  bool operator==(const Extent&) const = default;
};
std::vector<Extent> extents(const Doc& doc);
std::vector<Extent> extents(const GoldDoc& doc);

// Spans over one side's tokens, over those of the other; `ranges` are the first side's in an
// Alignment. Spans whose borders are not token borders there are left out; without `allow_overlap`
// a token belongs to the first span that takes it. (spaCy's get_aligned_spans)
std::vector<Span> align_spans(const std::vector<Span>& spans, std::string_view text,
                              const std::vector<TokenRange>& ranges,
                              const std::vector<Extent>& from, const std::vector<Extent>& to,
                              bool allow_overlap);

Alignment align(const Doc& predicted, const GoldDoc& reference);

}  // namespace pawl
