#include "pipeline/transition/supervision.h"

#include <algorithm>
#include <limits>

#include "math/ops.h"
#include "pipeline/transition/loss.h"

namespace pawl {

bool any_unseen(const std::vector<uint8_t>& unseen) {
  return std::find(unseen.begin(), unseen.end(), 1) != unseen.end();
}

void lower_unseen(std::span<const ScoredState> states, const std::vector<uint8_t>& unseen,
                  Matrix& scores) {
  if (!any_unseen(unseen)) return;
  const size_t n = unseen.size();
  std::vector<float> least;
  for (const ScoredState& state : states) {
    least.resize(std::max<size_t>(least.size(), state.step + 1), std::numeric_limits<float>::max());
    const float* row = scores.row(state.row);
    least[state.step] = std::min(least[state.step], *std::min_element(row, row + n));
  }
  for (const ScoredState& state : states) {
    for (size_t k = 0; k < n; ++k) {
      if (unseen[k]) scores(state.row, k) = least[state.step];
    }
  }
}

void mask_unseen(const std::vector<uint8_t>& unseen, MatrixView d_scores) {
  for (size_t k = 0; k < unseen.size(); ++k) {
    if (!unseen[k]) continue;
    for (size_t i = 0; i < d_scores.rows; ++i) d_scores.row(i)[k] = 0;
  }
}

double cost_gradient(std::span<const ScoredState> states, const Matrix& scores,
                     const StateCosts& given, Matrix& d_scores) {
  const size_t n = scores.cols();
  std::vector<double> exponents;
  double loss = 0;
  for (const ScoredState& state : states) {
    float* d = d_scores.row(state.row);
    const size_t at = (state.row - given.first_row) * n;
    transition_loss(scores.row(state.row), given.costs + at, given.valid + at, n, exponents, d);
    loss += state.weight * squared_norm(d, n);
    if (state.weight != 1.0f) scale(state.weight, d, n);
  }
  return loss;
}

void mark_seen(std::span<const ScoredState> states, const StateCosts& given,
               std::vector<uint8_t>& unseen) {
  if (!any_unseen(unseen)) return;
  const size_t n = unseen.size();
  for (const ScoredState& state : states) {
    for (size_t k = 0; k < n; ++k) {
      if (given.costs[(state.row - given.first_row) * n + k] <= 0) unseen[k] = 0;
    }
  }
}

double teacher_gradient(std::span<const ScoredState> states, std::span<const int> known,
                        const Matrix& scores, const Matrix& teacher, Matrix& d_scores) {
  std::vector<size_t> at_step;
  for (const ScoredState& state : states) {
    at_step.resize(std::max<size_t>(at_step.size(), state.step + 1), 0);
    ++at_step[state.step];
  }
  double loss = 0;
  for (const ScoredState& state : states) {
    for (size_t k = 0; k < known.size(); ++k) {
      if (known[k] == TransitionTable::kNone) continue;
      const float target = teacher(state.row, static_cast<size_t>(known[k]));
      const float d = (scores(state.row, k) - target) / static_cast<float>(at_step[state.step]);
      d_scores(state.row, k) = d;
      loss += static_cast<double>(d) * d;
    }
  }
  return states.empty() ? 0.0 : loss / static_cast<double>(states.size() * known.size());
}

}  // namespace pawl
