#include "math/acceptance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"

namespace pawl {
namespace {

TEST(Acceptance, TheFirstTierAnswersOnlyWhereItIsAsGoodAsTheSecond) {
  std::vector<Judged> first, second;
  for (int i = 0; i < 100; ++i) {
    const float confidence = 1.0f - 0.01f * static_cast<float>(i);
    first.push_back({confidence, i < 60});
    second.push_back({0.9f, i != 10});
  }
  // One more right answer than the second tier, spent again at example 60, just before which the
  // curves see the first tier fail.
  const double bound = choose_acceptance(first, second, 20);
  EXPECT_GE(bound, 0.41 - 1e-6);
  EXPECT_LE(bound, 0.5);
  EXPECT_TRUE(std::isinf(choose_acceptance(first, second, 90)));
  EXPECT_TRUE(std::isinf(choose_acceptance({}, {}, 1)));
}

TEST(Acceptance, ALeadThatChanceExplainsIsNotEnough) {
  // Of those that differ the first tier leads by 2 of 4 up to example 39, then by 1 of 5 and 2
  // of 6.
  std::vector<Judged> first, second;
  for (int i = 0; i < 60; ++i) {
    first.push_back({1.0f - 0.01f * static_cast<float>(i), i != 13 && i != 40});
    second.push_back({0.9f, i != 10 && i != 11 && i != 12 && i != 41});
  }
  EXPECT_NEAR(choose_acceptance(std::span(first).first(30), std::span(second).first(30), 5), 0.71,
              1e-6);
  EXPECT_NEAR(choose_acceptance(std::span(first).first(41), std::span(second).first(41), 5), 0.61,
              1e-6);
  EXPECT_NEAR(choose_acceptance(first, second, 5), 0.61, 1e-6);
}

// Confidences as heads have them: most near 1. At log odds x the first tier is right with the
// probability of x, the second with that of `offset` + `slope` * x; mostly both by the same luck.
struct Sample {
  std::vector<Judged> first, second;
  Sample(size_t size, uint64_t seed, double offset, double slope) {
    Rng rng(seed);
    const auto probability = [](double z) { return 1.0 / (1.0 + std::exp(-z)); };
    for (size_t i = 0; i < size; ++i) {
      const double x = 3.5 + 2.5 * rng.normal();
      const double luck = rng.uniform();
      const double other = rng.uniform() < 0.9 ? luck : rng.uniform();
      first.push_back({static_cast<float>(probability(x)), luck < probability(x)});
      second.push_back({0.9f, other < probability(offset + slope * x)});
    }
  }
  double share(double bound) const {
    double taken = 0.0;
    for (const Judged& one : first) taken += static_cast<double>(one.confidence) >= bound;
    return taken / static_cast<double>(first.size());
  }
  double lost(double bound) const {
    double sum = 0.0;
    for (size_t i = 0; i < first.size(); ++i) {
      if (static_cast<double>(first[i].confidence) >= bound) {
        sum += static_cast<double>(second[i].correct) - static_cast<double>(first[i].correct);
      }
    }
    return sum / static_cast<double>(first.size());
  }
};

TEST(Acceptance, WithManyExamplesTheBoundHardlyDependsOnChance) {
  const Sample fresh(200000, 99, 1.2, 0.75);
  double least = 1.0, most = 0.0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Sample held(1600, seed, 1.2, 0.75);
    const double bound = choose_acceptance(held.first, held.second, 30);
    least = std::min(least, fresh.share(bound));
    most = std::max(most, fresh.share(bound));
    EXPECT_LT(fresh.lost(bound), 0.008) << seed;
  }
  EXPECT_GT(least, 0.5);
  EXPECT_LT(most - least, 0.25);
  const Sample many(100000, 7, 1.2, 0.75);
  EXPECT_NEAR(fresh.lost(choose_acceptance(many.first, many.second, 30)), 1.0 / 300.0, 0.001);
}

TEST(Acceptance, ASecondTierThatIsSeldomWrongIsNotSpoilt) {
  const Sample held(100000, 7, 3.6, 0.9), fresh(200000, 99, 3.6, 0.9);
  double errors = 0.0;
  for (const Judged& one : fresh.second) errors += !one.correct;
  errors /= 200000.0;
  ASSERT_LT(errors, 0.015);
  const double lost = fresh.lost(choose_acceptance(held.first, held.second, 30));
  EXPECT_NEAR(lost, errors / 8.0, 0.3 * errors / 8.0);
}

TEST(Acceptance, AFirstTierThatIsAsGoodEverywhereAnswersAll) {
  const Sample same(3000, 3, -0.2, 1.0);
  EXPECT_EQ(same.share(choose_acceptance(same.first, same.second, 30)), 1.0);
}

TEST(Acceptance, AFirstTierThatIsWorseEverywhereAnswersNothing) {
  Sample worse(3000, 4, 0.0, 1.0);
  for (size_t i = 0; i < worse.first.size(); ++i) {
    worse.first[i].correct = i % 2 == 0;
    worse.second[i].correct = true;
  }
  EXPECT_LT(worse.share(choose_acceptance(worse.first, worse.second, 30)), 0.01);
  for (Judged& one : worse.first) one.correct = false;
  EXPECT_TRUE(std::isinf(choose_acceptance(worse.first, worse.second, 30)));
}

TEST(Acceptance, OfFewExamplesCountsMustAgreeWithTheCurves) {
  // The last example that only the second tier has right lies where the curves still accept.
  Sample few(999, 5, -0.2, 1.0);
  for (size_t i = 0; i < few.first.size(); ++i) few.second[i].correct = few.first[i].correct;
  EXPECT_EQ(few.share(choose_acceptance(few.first, few.second, 30)), 1.0);
  const auto least = std::min_element(
      few.first.begin(), few.first.end(),
      [](const Judged& a, const Judged& b) { return a.confidence < b.confidence; });
  least->correct = false;
  few.second[static_cast<size_t>(least - few.first.begin())].correct = true;
  EXPECT_LT(few.share(choose_acceptance(few.first, few.second, 30)), 1.0);
  few.first.push_back({1.0f, true});
  few.second.push_back({1.0f, true});
  EXPECT_EQ(few.share(choose_acceptance(few.first, few.second, 30)), 1.0);
}

}  // namespace
}  // namespace pawl
