#include "pipeline/transition/loss.h"

#include <algorithm>
#include <cmath>

namespace pawl {

namespace {

constexpr double kTiny = 1e-10;

// The best scored of the valid actions of least cost, costs above 1 left out; n when there is none.
size_t best_right(const float* scores, const float* costs, const uint8_t* valid, size_t n) {
  float least = 1.0f;
  for (size_t i = 0; i < n; ++i) {
    if (valid[i] && costs[i] < least) least = costs[i];
  }
  size_t best = n;
  for (size_t i = 0; i < n; ++i) {
    if (!valid[i] || costs[i] > least) continue;
    if (best == n || scores[i] > scores[best]) best = i;
  }
  return best;
}

}  // namespace

void transition_loss(const float* scores, const float* costs, const uint8_t* valid, size_t n,
                     std::vector<double>& exponents, float* gradient) {
  std::fill_n(gradient, n, 0.0f);
  const size_t best = best_right(scores, costs, valid, n);
  if (best == n) return;
  const double top = *std::max_element(scores, scores + n);
  const double right_top = scores[best];
  exponents.resize(n);
  double sum = kTiny;
  double right_sum = kTiny;
  for (size_t i = 0; i < n; ++i) {
    exponents[i] = std::exp(scores[i] - top);
    sum += exponents[i];
    if (costs[i] <= costs[best]) right_sum += std::exp(scores[i] - right_top);
  }
  for (size_t i = 0; i < n; ++i) {
    double d = exponents[i] / sum;
    if (costs[i] <= costs[best]) d -= std::exp(scores[i] - right_top) / right_sum;
    gradient[i] = static_cast<float>(d);
  }
}

}  // namespace pawl
