// Which tokens of two tokenisations of one text share characters (spacy.training.Alignment).
#pragma once

#include <cstdint>
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

Alignment align(const Doc& predicted, const GoldDoc& reference);

}  // namespace pawl
