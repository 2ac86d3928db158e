// The actions of the entity recogniser: B, I, L and U with a label, and O.
// Behaviour: spacy.pipeline._parser_internals.ner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/transition/actions.h"

namespace pawl {

enum class BiluoMove : uint8_t { kMissing, kBegin, kIn, kLast, kUnit, kOut };
inline constexpr int kBiluoMoves = 6;

struct BiluoAction {
  BiluoMove move = BiluoMove::kMissing;
  StringId label = 0;
  bool operator==(const BiluoAction&) const = default;
};

class BiluoActions : public TypedTransitionTable<BiluoAction> {
 public:
  BiluoActions();
  std::vector<std::string> labels() const;  // entity labels, sorted
};

}  // namespace pawl
