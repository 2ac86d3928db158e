// From scored states to gradients of their scores: towards the actions of least cost, or towards
// the scores of a teacher. Behaviour: spacy.pipeline.transition_parser, spacy.ml.parser_model.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"
#include "pipeline/transition/actions.h"

namespace pawl {

// A state that was scored: its row among the scores, how many actions of the update came before it,
// and what its loss counts.
struct ScoredState {
  size_t row = 0;
  uint32_t step = 0;
  float weight = 1.0f;
};

// What each action costs in states of consecutive rows from first_row on, and whether it is valid.
struct StateCosts {
  const float* costs;
  const uint8_t* valid;
  size_t first_row = 0;
};

// Whether any action is still unseen (see TransitionComponent::unseen).
bool any_unseen(const std::vector<uint8_t>& unseen);

// Unseen actions get the least score of all states at the same step, as in spaCy.
void lower_unseen(std::span<const ScoredState> states, const std::vector<uint8_t>& unseen,
                  Matrix& scores);
// They have no gradient.
void mask_unseen(const std::vector<uint8_t>& unseen, MatrixView d_scores);

// The gradients of the states' scores, and the weighted sum of their squares: the loss spaCy
// reports. Other rows of d_scores are left.
double cost_gradient(std::span<const ScoredState> states, const Matrix& scores,
                     const StateCosts& given, Matrix& d_scores);
// Actions of no cost become seen.
void mark_seen(std::span<const ScoredState> states, const StateCosts& given,
               std::vector<uint8_t>& unseen);

// Gradients towards the teacher's scores of the same states, and their mean square. known[k] is the
// teacher's column of action k, or TransitionTable::kNone: such actions are not supervised.
double teacher_gradient(std::span<const ScoredState> states, std::span<const int> known,
                        const Matrix& scores, const Matrix& teacher, Matrix& d_scores);

}  // namespace pawl
