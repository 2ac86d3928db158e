#include "learn/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"

namespace pawl::learn {
namespace {

TEST(McNemar, IsTheExactBinomialTail) {
  EXPECT_DOUBLE_EQ(mcnemar_better({0, 0}), 1.0);
  EXPECT_NEAR(mcnemar_better({5, 0}), 1.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_better({8, 2}), 56.0 / 1024, 1e-12);
  EXPECT_NEAR(mcnemar_worse({2, 8}), 56.0 / 1024, 1e-12);
  EXPECT_GT(mcnemar_better({2, 8}), 0.98);
}

TEST(McNemar, StaysFiniteForManyPairs) {
  const double p = mcnemar_better({5200, 4800});
  EXPECT_GT(p, 1e-6);
  EXPECT_LT(p, 1e-4);
}

TEST(NonInferiority, PassesOnlyWithEnoughPairs) {
  EXPECT_GT(non_inferiority({0, 0}, 20, 0.02), 0.2);
  EXPECT_LT(non_inferiority({0, 0}, 500, 0.02), 0.01);
  EXPECT_GT(non_inferiority({3, 12}, 500, 0.02), 0.05);
  EXPECT_DOUBLE_EQ(non_inferiority({0, 0}, 0, 0.02), 1.0);
}

// The constrained estimate solved by bisection on the derivative of the likelihood instead of in
// closed form.
TEST(NonInferiority, AgreesWithTheLikelihoodItIsDerivedFrom) {
  const double n = 200, gained = 3, lost = 9, m = 0.02;
  double low = 1e-9, high = (1 - m) / 2 - 1e-9;
  for (int i = 0; i < 200; ++i) {
    const double x = (low + high) / 2;
    const double slope = gained / x + lost / (x + m) - 2 * (n - gained - lost) / (1 - 2 * x - m);
    (slope > 0 ? low : high) = x;
  }
  const double z = (gained - lost + n * m) / std::sqrt(n * (2 * low + m * (1 - m)));
  EXPECT_NEAR(non_inferiority({3, 9}, 200, m), 0.5 * std::erfc(z / std::sqrt(2.0)), 1e-6);
}

TEST(Holm, AdjustsStepDownAndStaysMonotone) {
  const auto adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  EXPECT_NEAR(adjusted[0], 0.03, 1e-12);
  EXPECT_NEAR(adjusted[1], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.02, 1e-12);
}

TEST(Bootstrap, SeesAClearImprovementAndRepeatsItself) {
  std::vector<SpanCounts> better(200, {2, 2, 2}), worse(200, {2, 2, 1});
  const auto first = paired_bootstrap(better, worse, 0.02, 7);
  EXPECT_NEAR(first.difference, 0.5, 1e-9);
  EXPECT_LT(first.p_better, 0.001);
  EXPECT_GT(first.p_worse, 0.99);
  const auto again = paired_bootstrap(better, worse, 0.02, 7);
  EXPECT_EQ(first.p_better, again.p_better);
}

TEST(Bootstrap, EqualModelsAreNotBetter) {
  std::vector<SpanCounts> same(50, {1, 1, 1});
  const auto result = paired_bootstrap(same, same, 0.02, 1);
  EXPECT_DOUBLE_EQ(result.p_better, 1.0);
  EXPECT_LT(result.p_margin, 0.01);
}

// Two equal models, looked at again and again while the held-out set grows: luck must pass no more
// often than budgeted.
TEST(SpendAlpha, KeepsFalseSuccessesWithinTheBudget) {
  constexpr double kAlpha = 0.2;
  constexpr int kRuns = 2000;
  Rng rng(11);
  int passed = 0;
  for (int run = 0; run < kRuns; ++run) {
    Discordant d;
    for (size_t look = 1; look <= 15; ++look) {
      for (int i = 0; i < 8; ++i) ++(rng.below(2) == 0 ? d.gained : d.lost);
      if (mcnemar_better(d) <= spend_alpha(kAlpha, look)) {
        ++passed;
        break;
      }
    }
  }
  EXPECT_LT(passed, kAlpha * kRuns);
  EXPECT_GT(passed, 0.2 * kAlpha * kRuns);
}

TEST(SpendAlpha, LaterLooksSpendLess) {
  EXPECT_DOUBLE_EQ(spend_alpha(0.2, 1), spend_alpha(0.2, 10));
  EXPECT_LT(spend_alpha(0.2, 40), 0.2 * spend_alpha(0.2, 10));
}

}  // namespace
}  // namespace pawl::learn
