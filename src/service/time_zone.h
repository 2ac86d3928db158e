// IANA time zones, read from the system's compiled files (RFC 8536). The process's own TZ is left
// alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::service {

// A civil time; what a clock on the wall shows.
struct WallTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  bool operator==(const WallTime&) const = default;
};

int64_t days_from_civil(int year, int month, int day);  // since 1970-01-01
WallTime civil_from_seconds(int64_t seconds);           // without any zone

// Immutable; safe for threads.
class TimeZone {
 public:
  // "Europe/Berlin", "UTC". Throws Error(kInvalidInput) naming the zone when there is none.
  static std::shared_ptr<const TimeZone> load(const std::string& name);
  // From a file's bytes, for tests and fuzzing. Throws Error(kFormat).
  static std::shared_ptr<const TimeZone> parse(std::string_view bytes, const std::string& name);

  const std::string& name() const { return name_; }
  int offset_at(int64_t utc) const;  // seconds east of Greenwich
  WallTime wall(int64_t utc) const { return civil_from_seconds(utc + offset_at(utc)); }
  // The instants at which the clock shows this time: two when it was set back in between, and the
  // instant of the change when it was set forward over it.
  std::vector<int64_t> instants(const WallTime& wall) const;

 private:
  // The rule for times behind the last transition: a POSIX TZ string.
  struct Change {
    int month = 0, week = 0, weekday = 0, seconds = 0;
  };
  struct Rule {
    int standard = 0, summer = 0;
    bool changes = false;
    Change begin, end;
  };
  static Rule parse_rule(std::string_view text);
  int offset_by_rule(int64_t utc) const;

  std::string name_;
  std::vector<int64_t> transitions_;  // UTC, ascending
  std::vector<int> offsets_;          // from each transition on
  int first_offset_ = 0;
  std::optional<Rule> rule_;
};

}  // namespace pawl::service
