#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace pawl {
namespace {

TEST(Rng, SameSeedSameNumbersAndStateResumes) {
  Rng a(42), b(42);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
  Rng c(1);
  c.set_state(a.state());
  EXPECT_EQ(c.next(), a.next());
}

TEST(Rng, BelowIsUniform) {
  Rng rng(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[rng.below(7)];
  for (const int n : counts) EXPECT_NEAR(n, 10000, 500);
}

TEST(Rng, UniformAndNormalHaveTheirMoments) {
  Rng rng(2);
  double sum = 0, normal = 0, square = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    const double n = rng.normal();
    normal += n;
    square += n * n;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.01);
  EXPECT_NEAR(normal / kDraws, 0, 0.02);
  EXPECT_NEAR(square / kDraws, 1, 0.02);
}

TEST(Rng, ShuffleKeepsEveryItem) {
  Rng rng(3);
  std::vector<int> items(100), sorted(100);
  std::iota(items.begin(), items.end(), 0);
  sorted = items;
  rng.shuffle(items);
  EXPECT_NE(items, sorted);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, sorted);
}

}  // namespace
}  // namespace pawl
