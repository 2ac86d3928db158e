#include "service/cron.h"

#include <gtest/gtest.h>

#include "base/env.h"
#include "base/error.h"

namespace pawl::service {
namespace {

// Offsets as Python's zoneinfo gives them.
struct Known {
  const char* zone;
  std::vector<std::pair<int64_t, int>> offsets;
};
const std::vector<Known>& known() {
  static const std::vector<Known> table = {
      {"Europe/Berlin",
       {{1768478400, 3600},
        {1774745999, 3600},
        {1774746000, 7200},
        {1782864000, 7200},
        {1792889999, 7200},
        {1792890000, 3600},
        {2382480000, 7200},
        {2395699200, 3600},
        {-618105600, 3600}}},
      {"America/New_York",
       {{1768478400, -18000},
        {1774745999, -14400},
        {1782864000, -14400},
        {1792890000, -14400},
        {2382480000, -14400},
        {2395699200, -18000},
        {-618105600, -14400}}},
      {"Australia/Lord_Howe",
       {{1768478400, 39600},
        {1774745999, 39600},
        {1782864000, 37800},
        {1792890000, 39600},
        {2382480000, 37800},
        {2395699200, 39600},
        {-618105600, 36000}}},
      {"Asia/Kolkata", {{1768478400, 19800}, {2382480000, 19800}}},
      {"America/Sao_Paulo", {{1768478400, -10800}, {2395699200, -10800}}},
      {"Africa/Casablanca", {{1768478400, 3600}, {2382480000, 3600}, {-618105600, 0}}},
      {"Pacific/Apia", {{1768478400, 46800}, {2395699200, 46800}, {-618105600, -39600}}},
      {"Europe/Dublin",
       {{1768478400, 0},
        {1774746000, 3600},
        {1792889999, 3600},
        {1792890000, 0},
        {2382480000, 3600},
        {2395699200, 0},
        {-618105600, 3600}}},
      {"UTC", {{0, 0}, {2395699200, 0}}},
  };
  return table;
}

TEST(TimeZoneTest, OffsetsAreThoseOfTheZoneDatabase) {
  for (const Known& zone : known()) {
    const auto loaded = TimeZone::load(zone.zone);
    for (const auto& [at, offset] : zone.offsets)
      EXPECT_EQ(loaded->offset_at(at), offset) << zone.zone << " " << at;
  }
}

TEST(TimeZoneTest, WhatIsNoZoneIsRefusedByName) {
  for (const char* wrong :
       {"", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "Europe", "zone.tab"})
    EXPECT_THROW(TimeZone::load(wrong), Error) << wrong;
}

TEST(TimeZoneTest, CivilTimesAndSecondsAreInverse) {
  for (int64_t day = -200000; day < 200000; day += 37) {
    const WallTime wall = civil_from_seconds(day * 86400 + 3661);
    EXPECT_EQ(days_from_civil(wall.year, wall.month, wall.day), day);
    EXPECT_EQ(wall.hour * 3600 + wall.minute * 60 + wall.second, 3661);
  }
}

TEST(TimeZoneTest, TheSkippedHourIsTheChangeAndTheRepeatedHourIsThereTwice) {
  const auto berlin = TimeZone::load("Europe/Berlin");
  EXPECT_EQ(berlin->instants({2026, 3, 29, 2, 30, 0}), std::vector<int64_t>{1774746000});
  EXPECT_EQ(berlin->instants({2026, 10, 25, 2, 30, 0}),
            (std::vector<int64_t>{1792888200, 1792891800}));
  EXPECT_EQ(berlin->instants({2026, 7, 1, 12, 0, 0}).size(), 1u);
}

int64_t at(const char* time) {
  return parse_time(time) / 1'000'000;
}

std::vector<std::string> times(const char* cron, const char* zone, const char* after, int count) {
  const auto loaded = TimeZone::load(zone);
  const Cron parsed = Cron::parse(cron);
  std::vector<std::string> found;
  int64_t now = at(after);
  for (int i = 0; i < count; ++i) {
    const auto next = parsed.next(now, *loaded);
    if (!next) break;
    now = *next;
    found.push_back(format_time(now * 1'000'000).substr(0, 16));
  }
  return found;
}

using Times = std::vector<std::string>;

TEST(CronTest, FieldsRangesStepsAndNames) {
  EXPECT_EQ(
      times("*/20 8-9 * * *", "UTC", "2026-01-01T08:30:00Z", 4),
      (Times{"2026-01-01T08:40", "2026-01-01T09:00", "2026-01-01T09:20", "2026-01-01T09:40"}));
  EXPECT_EQ(times("0 0 * jan,Mar mon", "UTC", "2026-01-25T00:00:00Z", 3),
            (Times{"2026-01-26T00:00", "2026-03-02T00:00", "2026-03-09T00:00"}));
  EXPECT_EQ(times("5/30 * * * *", "UTC", "2026-01-01T00:00:00Z", 3),
            (Times{"2026-01-01T00:05", "2026-01-01T00:35", "2026-01-01T01:05"}));
  EXPECT_EQ(times("@weekly", "UTC", "2026-01-01T00:00:00Z", 1), Times{"2026-01-04T00:00"});
  EXPECT_EQ(times("0 12 * * 7", "UTC", "2026-01-01T00:00:00Z", 1), Times{"2026-01-04T12:00"});
}

TEST(CronTest, EitherDayIsEnoughWhenBothAreRestricted) {
  EXPECT_EQ(times("0 0 13 * fri", "UTC", "2026-02-01T00:00:00Z", 3),
            (Times{"2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00"}));
}

TEST(CronTest, LeapDaysComeAndImpossibleOnesDoNot) {
  EXPECT_EQ(times("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2),
            (Times{"2028-02-29T00:00", "2032-02-29T00:00"}));
  EXPECT_TRUE(times("0 0 31 4 *", "UTC", "2026-01-01T00:00:00Z", 1).empty());
}

TEST(CronTest, ANightlyRunHappensOnceOnEachDayOfAChange) {
  EXPECT_EQ(times("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            (Times{"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}));
  EXPECT_EQ(times("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 3),
            (Times{"2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"}));
}

TEST(CronTest, WhatRunsEveryHourRunsThroughChanges) {
  EXPECT_EQ(times("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 3),
            (Times{"2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"}));
  EXPECT_EQ(times("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:10:00Z", 3),
            (Times{"2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"}));
}

TEST(CronTest, WhatIsNoExpressionIsRefusedWithItsField) {
  for (const char* wrong : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
                            "* * * 13 *", "* * * * 8", "a * * * *", "1-0 * * * *", "*/0 * * * *",
                            "1, * * * *", "1- * * * *", "-1 * * * *", "@never", "*/x * * * *"})
    EXPECT_THROW(Cron::parse(wrong), Error) << wrong;
}

}  // namespace
}  // namespace pawl::service
