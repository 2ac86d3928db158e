#include "math/acceptance.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace pawl {

namespace {

constexpr double kMostLost = 1.0 / 300.0;  // right answers, of all examples
constexpr double kMostAdded = 1.0 / 8.0;   // of the second tier's errors
constexpr double kRidge = 0.01;            // keeps a curve finite where all are right
constexpr double kNever = std::numeric_limits<double>::infinity();

double log_odds(float confidence) {
  const double p = std::clamp(static_cast<double>(confidence), 1e-6, 1.0 - 1e-6);
  return std::log(p / (1.0 - p));
}

// P(right) = 1 / (1 + exp(-(offset + slope * x))) by Newton's method; the problem is convex, and
// the steps are halved until the loss falls.
struct Curve {
  double offset = 0.0, slope = 1.0;

  double at(double x) const { return 1.0 / (1.0 + std::exp(-(offset + slope * x))); }

  double loss(std::span<const double> x, std::span<const Judged> judged) const {
    double sum = kRidge * (offset * offset + slope * slope) / 2.0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double z = offset + slope * x[i];
      sum += std::max(z, 0.0) - (judged[i].correct ? z : 0.0) + std::log1p(std::exp(-std::abs(z)));
    }
    return sum;
  }

  // Whether it moved.
  bool step(std::span<const double> x, std::span<const Judged> judged) {
    double g0 = kRidge * offset, g1 = kRidge * slope, h00 = kRidge, h01 = 0.0, h11 = kRidge;
    for (size_t i = 0; i < x.size(); ++i) {
      const double p = at(x[i]), d = p - judged[i].correct, h = p * (1.0 - p);
      g0 += d;
      g1 += d * x[i];
      h00 += h;
      h01 += h * x[i];
      h11 += h * x[i] * x[i];
    }
    const double det = h00 * h11 - h01 * h01;
    const Curve before = *this;
    const double now = loss(x, judged);
    double share = 1.0;
    for (int halved = 0; halved < 10; ++halved, share /= 2.0) {
      offset = before.offset - share * (h11 * g0 - h01 * g1) / det;
      slope = before.slope - share * (h00 * g1 - h01 * g0) / det;
      if (loss(x, judged) < now - 1e-9 * now) return true;
    }
    *this = before;
    return false;
  }
};

Curve fit_curve(std::span<const double> x, std::span<const Judged> judged) {
  Curve curve;
  for (int i = 0; i < 50 && curve.step(x, judged); ++i) {
  }
  return curve;
}

// The confidence of the last example, by falling confidence, up to which `good` holds, or never.
// good(i) is asked once for each example of `first`, in that order.
template <typename Good>
double last_good(std::span<const Judged> first, size_t min_support, Good&& good) {
  std::vector<size_t> order(first.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return first[a].confidence > first[b].confidence; });
  double bound = kNever;
  for (size_t i = 0; i < order.size(); ++i) {
    const bool is_good = good(order[i]);
    const float confidence = first[order[i]].confidence;
    const bool last_of_equals =
        i + 1 == order.size() || first[order[i + 1]].confidence < confidence;
    if (is_good && last_of_equals && i + 1 >= min_support) bound = static_cast<double>(confidence);
  }
  return bound;
}

double bound_by_curves(std::span<const Judged> first, std::span<const Judged> second,
                       size_t min_support) {
  std::vector<double> x;
  for (const Judged& one : first) x.push_back(log_odds(one.confidence));
  const Curve mine = fit_curve(x, first), other = fit_curve(x, second);
  double errors = 1.0;  // one more than were seen: few say little
  for (const Judged& one : second) errors += !one.correct;
  const double allowed =
      std::min(kMostLost * static_cast<double>(first.size()), kMostAdded * errors);
  double lost = 0.0;
  return last_good(first, min_support, [&](size_t i) {
    lost += other.at(x[i]) - mine.at(x[i]);
    return lost <= allowed;
  });
}

double bound_by_counts(std::span<const Judged> first, std::span<const Judged> second,
                       size_t min_support) {
  const auto allowed = static_cast<double>(first.size() / 1000);
  double ahead = 0.0;  // examples that only the first tier has right, minus the opposite
  double differing = 0.0;
  return last_good(first, min_support, [&](size_t i) {
    ahead += static_cast<double>(first[i].correct) - static_cast<double>(second[i].correct);
    differing += first[i].correct != second[i].correct;
    return ahead + allowed >= std::sqrt(differing);
  });
}

}  // namespace

double choose_acceptance(std::span<const Judged> first, std::span<const Judged> second,
                         size_t min_support) {
  assert(first.size() == second.size());
  const double bound = bound_by_curves(first, second, min_support);
  if (first.size() >= kFewJudged) return bound;
  return std::max(bound, bound_by_counts(first, second, min_support));
}

}  // namespace pawl
