#include "http/ops/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace pawl::http {
namespace {

TEST(WorkersTest, AShortTaskDoesNotWaitForLongOnes) {
  Workers workers(3, 100);
  std::promise<void> open;
  const std::shared_future<void> opened(open.get_future());
  std::atomic<int> long_ones{0};
  for (int i = 0; i < 8; ++i)
    ASSERT_TRUE(workers.try_run([&] { opened.wait(), ++long_ones; }, Workers::Length::kLong));
  std::promise<void> done;
  ASSERT_TRUE(workers.try_run([&] { done.set_value(); }));
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(long_ones, 0);
  open.set_value();
  workers.finish();
  EXPECT_EQ(long_ones, 8);
}

TEST(WorkersTest, OneThreadDoesBothAndTooManyAreTurnedAway) {
  Workers workers(1, 4);
  std::promise<void> open, begun;
  const std::shared_future<void> opened(open.get_future());
  std::atomic<int> done{0};
  ASSERT_TRUE(workers.try_run([&] { begun.set_value(), opened.wait(), ++done; }));
  begun.get_future().wait();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(workers.try_run([&] { ++done; }, Workers::Length::kLong));
    ASSERT_TRUE(workers.try_run([&] { ++done; }));
  }
  EXPECT_FALSE(workers.try_run([] {}));
  EXPECT_FALSE(workers.try_run([] {}, Workers::Length::kLong));
  EXPECT_EQ(workers.waiting(), 4u);
  open.set_value();
  workers.finish();
  EXPECT_EQ(done, 5);
}

}  // namespace
}  // namespace pawl::http
