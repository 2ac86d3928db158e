// The actions of the dependency parser: SHIFT and REDUCE, LEFT and RIGHT with a label, BREAK.
// Behaviour: spacy.pipeline._parser_internals.arc_eager.
// (Nivre 2003; BREAK and the rest of the system as in Honnibal, Johnson 2015)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/transition/actions.h"

namespace pawl {

enum class ArcEagerMove : uint8_t { kShift, kReduce, kLeft, kRight, kBreak };
inline constexpr int kArcEagerMoves = 5;

// The label of an arc within one word, which pieces of it may only have where they touch.
inline const StringId kSubtoken = string_id("subtok");

struct ArcEagerAction {
  ArcEagerMove move = ArcEagerMove::kShift;
  StringId label = 0;
  bool operator==(const ArcEagerAction&) const = default;
};

class ArcEagerActions : public TypedTransitionTable<ArcEagerAction> {
 public:
  ArcEagerActions();
  // Dependency labels as spaCy names them, sorted; of a decorated one ("acl||dobj") its head's.
  std::vector<std::string> labels() const;
  bool has(ArcEagerMove move, const std::string& label) const {
    return has_label(static_cast<int>(move), label);
  }
};

}  // namespace pawl
