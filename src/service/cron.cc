#include "service/cron.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"

namespace pawl::service {
namespace {

constexpr int64_t kDay = 86400;
constexpr int kSearchDays = 8 * 366;

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int least, most;
  std::span<const std::string_view> names;
};

[[noreturn]] void fail(const Field& field, std::string_view found) {
  throw Error(ErrorKind::kInvalidInput,
              "\"cron\": " + std::string(field.name) + " \"" + std::string(found.substr(0, 40)) +
                  "\" must be " + std::to_string(field.least) + " to " +
                  std::to_string(field.most) + ", *, lists, ranges or steps");
}

int number_of(const Field& field, std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (field.names[i] == lower) return static_cast<int>(i) + field.least;
  }
  int value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || text.front() == '-' ||
      value < field.least || value > field.most)
    fail(field, text);
  return value;
}

// Calls `set` with every number the field names; true when that is all of them.
template <typename Set>
bool read_field(const Field& field, std::string_view text, Set set) {
  bool all = false;
  std::string_view rest = text;
  for (bool more = true; more;) {
    const size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    rest = more ? rest.substr(comma + 1) : std::string_view();
    int step = 1;
    const size_t slash = item.find('/');
    if (slash != std::string_view::npos) {
      const std::string_view digits = item.substr(slash + 1);
      const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), step);
      if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || step < 1 ||
          step > 60)
        fail(field, text);
      item = item.substr(0, slash);
    }
    if (item.empty()) fail(field, text);
    int from = field.least, to = field.most;
    if (item == "*") {
      all = all || step == 1;
    } else {
      const size_t dash = item.find('-', 1);
      from = number_of(field, item.substr(0, dash));
      if (dash != std::string_view::npos)
        to = number_of(field, item.substr(std::min(item.size(), dash + 1)).empty()
                                  ? item
                                  : item.substr(dash + 1));
      else if (slash == std::string_view::npos)
        to = from;
      if (to < from) fail(field, text);
    }
    for (int value = from; value <= to; value += step) set(value);
  }
  return all;
}

std::string_view expanded(std::string_view expression) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {{
      {"@hourly", "0 * * * *"},
      {"@daily", "0 0 * * *"},
      {"@midnight", "0 0 * * *"},
      {"@weekly", "0 0 * * 0"},
      {"@monthly", "0 0 1 * *"},
      {"@yearly", "0 0 1 1 *"},
      {"@annually", "0 0 1 1 *"},
  }};
  for (const auto& [name, meaning] : kNames) {
    if (name == expression) return meaning;
  }
  return expression;
}

std::array<std::string_view, 5> split(std::string_view text) {
  std::array<std::string_view, 5> fields;
  size_t count = 0;
  while (true) {
    const size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) break;
    text.remove_prefix(from);
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    if (count < 5) fields[count] = text.substr(0, end);
    ++count;
    text.remove_prefix(end);
  }
  if (count != 5) {
    throw Error(ErrorKind::kInvalidInput,
                "\"cron\" must have five fields: minute hour day month weekday");
  }
  return fields;
}

}  // namespace

Cron Cron::parse(std::string_view expression) {
  if (expression.size() > 1000)
    throw Error(ErrorKind::kInvalidInput, "\"cron\" may have 1000 characters");
  const auto fields = split(expanded(expression));
  Cron cron;
  const auto at = [](int value) { return static_cast<size_t>(value); };
  read_field({"minute", 0, 59, {}}, fields[0], [&](int v) { cron.minutes_.set(at(v)); });
  read_field({"hour", 0, 23, {}}, fields[1], [&](int v) { cron.hours_.set(at(v)); });
  cron.any_day_ = read_field({"day", 1, 31, {}}, fields[2], [&](int v) { cron.days_.set(at(v)); });
  read_field({"month", 1, 12, kMonths}, fields[3], [&](int v) { cron.months_.set(at(v)); });
  cron.any_weekday_ = read_field({"weekday", 0, 7, kWeekdays}, fields[4],
                                 [&](int v) { cron.weekdays_.set(at(v % 7)); });
  return cron;
}

bool Cron::day_fits(int year, int month, int day) const {
  if (!months_.test(static_cast<size_t>(month))) return false;
  const auto weekday = static_cast<size_t>(((days_from_civil(year, month, day) + 4) % 7 + 7) % 7);
  const bool by_day = days_.test(static_cast<size_t>(day)), by_weekday = weekdays_.test(weekday);
  if (any_day_) return by_weekday;
  if (any_weekday_) return by_day;
  return by_day || by_weekday;
}

std::optional<int64_t> Cron::next(int64_t utc, const TimeZone& zone) const {
  const WallTime start = zone.wall(utc);
  const int64_t first = days_from_civil(start.year, start.month, start.day) - 1;
  for (int64_t day = first; day < first + kSearchDays; ++day) {
    WallTime wall = civil_from_seconds(day * kDay);
    if (!day_fits(wall.year, wall.month, wall.day)) continue;
    std::optional<int64_t> best;
    for (wall.hour = 0; wall.hour < 24; ++wall.hour) {
      if (!hours_.test(static_cast<size_t>(wall.hour))) continue;
      for (wall.minute = 0; wall.minute < 60; ++wall.minute) {
        if (!minutes_.test(static_cast<size_t>(wall.minute))) continue;
        for (const int64_t at : zone.instants(wall)) {
          if (at > utc && (!best || at < *best)) best = at;
          if (!hours_.all()) break;
        }
      }
    }
    if (best) return best;
  }
  return std::nullopt;
}

}  // namespace pawl::service
