// The dynamic oracle of the dependency parser: what each action costs in a state, reached however,
// given the reference. Behaviour: spacy.pipeline._parser_internals.arc_eager.
// (Goldberg, Nivre 2012: A dynamic oracle for arc-eager dependency parsing)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/component/example.h"
#include "pipeline/parser/projectivity.h"
#include "pipeline/parser/state.h"

namespace pawl {

inline constexpr float kNotValid = 9000.0f;  // cost of an action that is not valid

// The reference over the tokens of the predicted document.
struct ArcEagerGold {
  std::vector<int32_t> heads;      // 0 where unknown, as spaCy has it
  std::vector<StringId> labels;    // 0 where unknown
  std::vector<uint8_t> known;      // per token: its head is known
  std::vector<int8_t> sent_start;  // 1, 0, or -1 where unknown
  // The children of token i, rising, are children[first_child[i]] to children[first_child[i + 1]].
  std::vector<uint32_t> first_child;
  std::vector<int32_t> children;

  // Fills the last two from heads and known.
  void find_children();
};

// The reference's own tree, made projective; tokens without a label keep their heads. Throws
// Error(kInvalidInput) when the heads run in a circle.
LabelledTree projective_reference(const GoldDoc& reference, StringStore& strings);

// Projective, from the example's reference; labels that no action has become "dep" or "ROOT".
// Throws Error(kInvalidInput) when the reference's heads run in a circle.
ArcEagerGold arc_eager_gold(const Example& example, const ArcEagerActions& actions,
                            StringStore& strings);

// Something is known about the dependencies of reference tokens [start, end); a negative border
// counts from the end.
bool has_gold_parse(const Example& example, int32_t start, int32_t end);

// Both arrays have one entry per action. Returns whether some action loses nothing that could still
// be reached.
bool set_costs(const ArcEagerState& state, const ArcEagerGold& gold,
               std::span<const ArcEagerAction> actions, uint8_t* valid, float* costs);

// The actions (by index) that lead from `state` to its end at no cost, the first of the cheapest at
// each step; ends early where none is free (sentence starts given before contradict the reference).
std::vector<int> oracle_sequence(ArcEagerState state, const ArcEagerGold& gold,
                                 std::span<const ArcEagerAction> actions);

}  // namespace pawl
