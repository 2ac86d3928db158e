#include "http/door/gathering.h"

#include <gtest/gtest.h>

namespace pawl::http {
namespace {

GatheredCall call(int route) {
  GatheredCall one;
  one.call = std::make_shared<Call>();
  one.call->route = route;
  return one;
}

TEST(GatheringTest, WhatWaitsIsSpreadOverTheThreadsOldestFirst) {
  Gathering gathering(2);
  EXPECT_TRUE(gathering.take().empty());
  for (int i = 0; i < 5; ++i) gathering.add(call(i));
  const auto first = gathering.take();
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].call->route, 0);
  EXPECT_EQ(first[2].call->route, 2);
  EXPECT_EQ(gathering.take().size(), 1u);
  EXPECT_EQ(gathering.take().front().call->route, 4);
  EXPECT_TRUE(gathering.take().empty());
}

TEST(GatheringTest, NobodyTakesMoreThanTheMost) {
  Gathering gathering(1);
  for (size_t i = 0; i < 3 * Gathering::kMost; ++i) gathering.add(call(0));
  EXPECT_EQ(gathering.take().size(), Gathering::kMost);
}

TEST(GatheringTest, WhatHasNotBeenTakenCanBeTakenBack) {
  Gathering gathering(1);
  const GatheredCall one = call(1), two = call(2);
  gathering.add(one);
  gathering.add(two);
  EXPECT_TRUE(gathering.take_back(*one.call));
  EXPECT_FALSE(gathering.take_back(*one.call));
  EXPECT_EQ(gathering.take().front().call->route, 2);
  EXPECT_FALSE(gathering.take_back(*two.call));
}

}  // namespace
}  // namespace pawl::http
