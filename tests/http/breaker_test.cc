#include "http/gateway/breaker.h"

#include <gtest/gtest.h>

namespace pawl::http {
namespace {

using std::chrono::seconds;

TEST(BreakerTest, OpensAfterFailuresInARowAndLetsOneProbeThrough) {
  Breaker breaker({.failures = 3, .rest = seconds(10)});
  Instant now = Instant() + seconds(100);
  for (int i = 0; i < 2; ++i) breaker.failed(now);
  EXPECT_TRUE(breaker.admits(now));
  breaker.failed(now);
  EXPECT_FALSE(breaker.admits(now));
  now += seconds(11);
  EXPECT_TRUE(breaker.admits(now));
  EXPECT_FALSE(breaker.admits(now)) << "a second probe beside the first";
  breaker.failed(now);
  EXPECT_FALSE(breaker.admits(now + seconds(11))) << "the rest doubles";
  EXPECT_TRUE(breaker.admits(now + seconds(21)));
  breaker.succeeded();
  EXPECT_TRUE(breaker.admits(now));
  EXPECT_FALSE(breaker.failing());
}

TEST(BreakerTest, ASuccessForgetsFailures) {
  Breaker breaker({.failures = 2, .rest = seconds(10)});
  const Instant now = Instant() + seconds(100);
  breaker.failed(now);
  breaker.succeeded();
  breaker.failed(now);
  EXPECT_TRUE(breaker.admits(now));
}

TEST(BreakerTest, AProbeThatWasAbandonedLetsAnotherThrough) {
  Breaker breaker({.failures = 1, .rest = seconds(1)});
  const Instant now = Instant() + seconds(100);
  breaker.failed(now);
  ASSERT_TRUE(breaker.admits(now + seconds(2)));
  breaker.abandoned();
  EXPECT_TRUE(breaker.admits(now + seconds(2)));
}

TEST(BreakerTest, RestsAsLongAsTheUpstreamAsks) {
  Breaker breaker({});
  const Instant now = Instant() + seconds(100);
  breaker.rest_until(now + seconds(5));
  EXPECT_FALSE(breaker.admits(now + seconds(4)));
  EXPECT_TRUE(breaker.admits(now + seconds(6)));
}

TEST(RetryBudgetTest, RetriesAreAShareOfRequests) {
  RetryBudget budget(0.1);
  int taken = 0;
  while (budget.take()) ++taken;
  EXPECT_EQ(taken, 10);
  for (int i = 0; i < 31; ++i) budget.request();
  while (budget.take()) ++taken;
  EXPECT_EQ(taken, 13);
}

}  // namespace
}  // namespace pawl::http
