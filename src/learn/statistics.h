// The statistics behind the gate. Pure functions; p-values are exact where that is affordable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl::learn {

// Two models judged on the same examples: in how many only one of them was right.
struct Discordant {
  size_t gained = 0;  // the candidate right, the incumbent wrong
  size_t lost = 0;    // the incumbent right, the candidate wrong
};

// P(X >= successes) for X ~ Binomial(trials, 0.5); 1 when there are no trials.
double binomial_half_upper_tail(size_t successes, size_t trials);

// McNemar's test, exact and one-sided (McNemar 1947): the p-value of "the candidate is no better".
double mcnemar_better(const Discordant& d);
// The p-value of "the candidate is no worse".
double mcnemar_worse(const Discordant& d);

// One-sided test of non-inferiority for paired proportions: the p-value of "the candidate's
// accuracy is lower than the incumbent's by `margin` or more" over `total` pairs, by Nam's score
// statistic (Nam 1997).
double non_inferiority(const Discordant& d, size_t total, double margin);

// Holm's step-down correction (Holm 1979): adjusted p-values in the order given.
std::vector<double> holm(std::span<const double> p_values);

// Counts of one document for entity scores.
struct SpanCounts {
  uint32_t gold = 0;
  uint32_t predicted = 0;
  uint32_t correct = 0;
};
double f_score(std::span<const SpanCounts> counts);

struct BootstrapResult {
  double difference = 0;  // candidate's F minus incumbent's
  double p_better = 1;    // one-sided p of "no better"
  double p_worse = 1;     // one-sided p of "no worse"
  double p_margin = 1;    // one-sided p of "lower by `margin` or more"
};

// Paired bootstrap over documents (Koehn 2004): the same resampled documents for both. Same seed,
// same result.
BootstrapResult paired_bootstrap(std::span<const SpanCounts> candidate,
                                 std::span<const SpanCounts> incumbent, double margin,
                                 uint64_t seed, size_t samples = 2000);

// The level of the `attempt`-th look (from 1) since the last success, so that the chance of one
// false success over all of them stays near `alpha`. Looks share their examples (the held-out set
// only grows), so for the first ten Pocock's boundary serves: one nominal level of about 0.23 alpha
// (Pocock 1977); from then on it falls as attempt^-1.5.
double spend_alpha(double alpha, size_t attempt);

}  // namespace pawl::learn
