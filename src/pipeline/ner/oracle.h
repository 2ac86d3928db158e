// The dynamic oracle of the entity recogniser: what each action costs in a state, reached however,
// given the reference. Behaviour: spacy.pipeline._parser_internals.ner, spacy.training.Example.
// (Goldberg, Nivre 2012: A dynamic oracle for arc-eager dependency parsing)
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pipeline/component/example.h"
#include "pipeline/ner/state.h"

namespace pawl {

inline constexpr float kInvalidCost = 9000.0f;

struct BiluoGold {
  std::vector<BiluoAction> actions;  // one a token; kMissing where nothing is known
  std::vector<Span> wrong;           // what is known to be no entity of that label

  size_t size() const { return actions.size(); }
  const BiluoAction& operator[](size_t i) const { return actions[i]; }
};

// `wrong_key`: the group of the reference's spans that are no entities (incorrect_spans_key);
// empty: none. Throws Error(kInvalidInput) for entities outside of the document, that overlap or
// are wrong.
BiluoGold biluo_gold(const Example& example, std::string_view wrong_key = {});

// Something is known about the entities of tokens [start, end).
bool has_gold(const Example& example, uint32_t start, uint32_t end,
              std::string_view wrong_key = {});

// Cost of a valid action: 0 when it loses nothing that was still reachable.
int biluo_cost(const BiluoState& state, const BiluoGold& gold, BiluoAction action);

// Both arrays have one entry per action; invalid ones cost kInvalidCost.
void set_costs(const BiluoState& state, const BiluoGold& gold, const BiluoActions& actions,
               uint8_t* valid, float* costs);

// The actions (by index) that lead from `state` to its end at no cost, the first such at each step;
// the cheapest one where none is free (an annotation that breaks a constraint).
std::vector<int> oracle_sequence(BiluoState state, const BiluoGold& gold,
                                 const BiluoActions& actions);

}  // namespace pawl
