#include "learn/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/rng.h"

namespace pawl::learn {
namespace {

double log_choose(size_t n, size_t k) {
  return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
         std::lgamma(static_cast<double>(n - k) + 1);
}

double normal_upper_tail(double z) {
  return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

double f_of(double gold, double predicted, double correct) {
  return gold + predicted > 0 ? 2 * correct / (gold + predicted) : 1.0;
}

struct Sums {
  double gold = 0, predicted = 0, correct = 0;
  void add(const SpanCounts& c) {
    gold += c.gold;
    predicted += c.predicted;
    correct += c.correct;
  }
  double f() const { return f_of(gold, predicted, correct); }
};

}  // namespace

double binomial_half_upper_tail(size_t successes, size_t trials) {
  if (successes == 0) return 1.0;
  double sum = 0;
  for (size_t k = successes; k <= trials; ++k) {
    sum += std::exp(log_choose(trials, k) - static_cast<double>(trials) * std::numbers::ln2);
  }
  return std::min(1.0, sum);
}

double mcnemar_better(const Discordant& d) {
  return binomial_half_upper_tail(d.gained, d.gained + d.lost);
}

double mcnemar_worse(const Discordant& d) {
  return binomial_half_upper_tail(d.lost, d.gained + d.lost);
}

double non_inferiority(const Discordant& d, size_t total, double margin) {
  if (total == 0) return 1.0;
  const double n = static_cast<double>(total);
  const double gained = static_cast<double>(d.gained);
  const double lost = static_cast<double>(d.lost);
  // The share of "candidate only right" that maximises the likelihood under a difference of exactly
  // -margin.
  const double b = -gained - lost + (2 * n - lost + gained) * margin;
  const double c = -gained * margin * (1 - margin);
  const double q_gained =
      std::max(0.0, (-b + std::sqrt(std::max(0.0, b * b - 8 * n * c))) / (4 * n));
  const double variance = n * (2 * q_gained + margin * (1 - margin));
  if (variance <= 0) return 1.0;
  return normal_upper_tail((gained - lost + n * margin) / std::sqrt(variance));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest,
                       std::min(1.0, p_values[order[i]] * static_cast<double>(order.size() - i)));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

double f_score(std::span<const SpanCounts> counts) {
  Sums sums;
  for (const SpanCounts& c : counts) sums.add(c);
  return sums.f();
}

BootstrapResult paired_bootstrap(std::span<const SpanCounts> candidate,
                                 std::span<const SpanCounts> incumbent, double margin,
                                 uint64_t seed, size_t samples) {
  assert(candidate.size() == incumbent.size());
  BootstrapResult result;
  if (candidate.empty()) return result;
  result.difference = f_score(candidate) - f_score(incumbent);
  Rng rng(seed);
  size_t not_better = 0, not_worse = 0, below_margin = 0;
  for (size_t s = 0; s < samples; ++s) {
    Sums ours, theirs;
    for (size_t i = 0; i < candidate.size(); ++i) {
      const size_t pick = rng.below(candidate.size());
      ours.add(candidate[pick]);
      theirs.add(incumbent[pick]);
    }
    const double difference = ours.f() - theirs.f();
    not_better += difference <= 0;
    not_worse += difference >= 0;
    below_margin += difference <= -margin;
  }
  auto p = [&](size_t count) {
    return static_cast<double>(count + 1) / static_cast<double>(samples + 1);
  };
  result.p_better = p(not_better);
  result.p_worse = p(not_worse);
  result.p_margin = p(below_margin);
  return result;
}

double spend_alpha(double alpha, size_t attempt) {
  constexpr double kNominal = 0.23, kLooks = 10;
  return alpha * kNominal * std::pow(kLooks / std::max(kLooks, static_cast<double>(attempt)), 1.5);
}

}  // namespace pawl::learn
