// Cron expressions: minute, hour, day of month, month, day of week, in a time zone.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/time_zone.h"

namespace pawl::service {

// Lists, ranges, steps, names of months and days (0 and 7 are Sunday), and @hourly, @daily,
// @weekly,
// @monthly, @yearly. When both days are restricted either one is enough, as in cron(8). A time that
// the clock skips is due at the change; one that it shows twice is due once, unless every hour is.
class Cron {
 public:
  // Throws Error(kInvalidInput) naming the field.
  static Cron parse(std::string_view expression);

  // The first time after `utc` (seconds since 1970); nothing when there is none in eight years.
  std::optional<int64_t> next(int64_t utc, const TimeZone& zone) const;

 private:
  bool day_fits(int year, int month, int day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool any_day_ = false, any_weekday_ = false;
};

}  // namespace pawl::service
