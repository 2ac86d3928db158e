#include "service/time_zone.h"

#include <algorithm>
#include <cstdlib>

#include "base/env.h"
#include "base/error.h"

namespace pawl::service {
namespace {

constexpr int64_t kDay = 86400;

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

// Big-endian numbers, checked against the end.
class Reader {
 public:
  Reader(std::string_view bytes, size_t at) : bytes_(bytes), at_(at) {}

  int64_t number(size_t size) {
    require(size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes_[at_ + i]);
    at_ += size;
    if (size == 4) return static_cast<int32_t>(value);
    return static_cast<int64_t>(value);
  }
  void skip(size_t size) {
    require(size);
    at_ += size;
  }
  std::string_view rest() const { return bytes_.substr(at_); }
  size_t at() const { return at_; }

 private:
  void require(size_t size) const {
    if (bytes_.size() - at_ < size)
      throw Error(ErrorKind::kFormat, "the time zone's file ends early");
  }
  std::string_view bytes_;
  size_t at_;
};

struct Counts {
  size_t utc, standard, leaps, times, types, letters;
};

Counts read_head(Reader& reader) {
  if (!reader.rest().starts_with("TZif"))
    throw Error(ErrorKind::kFormat, "the time zone's file is none");
  reader.skip(20);
  size_t counts[6];
  for (size_t& count : counts) {
    const int64_t value = reader.number(4);
    if (value < 0 || value > 100000)
      throw Error(ErrorKind::kFormat, "the time zone's file is damaged");
    count = static_cast<size_t>(value);
  }
  return {counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

// Pieces of a POSIX TZ string.
class RuleText {
 public:
  explicit RuleText(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void name() {
    if (take('<')) {
      while (!done() && text_[at_] != '>') ++at_;
      if (!take('>')) fail();
      return;
    }
    const size_t from = at_;
    while (!done() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    if (at_ - from < 3) fail();
  }
  int digits(int most) {
    int value = 0;
    const size_t from = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9' && value <= most)
      value = value * 10 + (text_[at_++] - '0');
    if (at_ == from || value > most) fail();
    return value;
  }
  int time() {  // [+-]hh[:mm[:ss]] in seconds
    const int sign = take('-') ? -1 : 1;
    if (sign == 1) take('+');
    int seconds = digits(167) * 3600;
    if (take(':')) seconds += digits(59) * 60;
    if (take(':')) seconds += digits(59);
    return sign * seconds;
  }
  [[noreturn]] static void fail() {
    throw Error(ErrorKind::kFormat, "the time zone's rule cannot be read");
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

int days_in(int year, int month) {
  return static_cast<int>(days_from_civil(month == 12 ? year + 1 : year, month % 12 + 1, 1) -
                          days_from_civil(year, month, 1));
}

}  // namespace

// Howard Hinnant's algorithms for the proleptic Gregorian calendar.
int64_t days_from_civil(int year, int month, int day) {
  const int64_t y = year - (month <= 2);
  const int64_t era = floor_divide(y, 400);
  const int64_t of_era = y - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

WallTime civil_from_seconds(int64_t seconds) {
  const int64_t days = floor_divide(seconds, kDay);
  const int64_t of_day = seconds - days * kDay;
  const int64_t z = days + 719468;
  const int64_t era = floor_divide(z, 146097);
  const int64_t of_era = z - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  WallTime wall;
  wall.day = static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1);
  wall.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  wall.year = static_cast<int>(year_of_era + era * 400 + (wall.month <= 2));
  wall.hour = static_cast<int>(of_day / 3600);
  wall.minute = static_cast<int>(of_day / 60 % 60);
  wall.second = static_cast<int>(of_day % 60);
  return wall;
}

std::shared_ptr<const TimeZone> TimeZone::load(const std::string& name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '_' || c == '-' ||
           c == '+';
  };
  const bool safe = !name.empty() && name.size() < 128 && name.front() != '/' &&
                    std::all_of(name.begin(), name.end(), plain);
  const char* place = std::getenv("TZDIR");
  const Path file = Path(place != nullptr ? place : "/usr/share/zoneinfo") / name;
  Env& env = Env::real();
  if (!safe || !env.exists(file) || env.is_directory(file)) {
    if (name == "UTC") {
      auto zone = std::make_shared<TimeZone>();
      zone->name_ = name;
      return zone;
    }
    throw Error(ErrorKind::kInvalidInput,
                "\"time_zone\" " + name + " is not among this system's time zones");
  }
  return parse(env.read_file(file, {.max_bytes = 1 << 20}), name);
}

std::shared_ptr<const TimeZone> TimeZone::parse(std::string_view bytes, const std::string& name) {
  Reader reader(bytes, 0);
  Counts counts = read_head(reader);
  if (bytes.size() > 4 && bytes[4] >= '2') {  // the same again with 64-bit times
    reader.skip(counts.times * 5 + counts.types * 6 + counts.letters + counts.leaps * 8 +
                counts.standard + counts.utc);
    reader = Reader(bytes, reader.at());
    counts = read_head(reader);
  } else {
    throw Error(ErrorKind::kFormat, "the time zone's file is of a version that is too old");
  }
  auto zone = std::make_shared<TimeZone>();
  zone->name_ = name;
  for (size_t i = 0; i < counts.times; ++i) zone->transitions_.push_back(reader.number(8));
  std::vector<size_t> types;
  for (size_t i = 0; i < counts.times; ++i) types.push_back(static_cast<size_t>(reader.number(1)));
  std::vector<int> offsets;
  for (size_t i = 0; i < counts.types; ++i) {
    offsets.push_back(static_cast<int>(reader.number(4)));
    reader.skip(2);
  }
  const bool sane =
      !offsets.empty() && std::is_sorted(zone->transitions_.begin(), zone->transitions_.end()) &&
      std::all_of(types.begin(), types.end(), [&](size_t t) { return t < offsets.size(); }) &&
      std::all_of(offsets.begin(), offsets.end(), [](int o) { return std::abs(o) < 2 * kDay; });
  if (!sane) throw Error(ErrorKind::kFormat, "the time zone's file is damaged");
  for (const size_t type : types) zone->offsets_.push_back(offsets[type]);
  zone->first_offset_ = offsets[0];
  reader.skip(counts.letters + counts.leaps * 12 + counts.standard + counts.utc);
  std::string_view rule = reader.rest();
  if (rule.starts_with('\n')) rule.remove_prefix(1);
  rule = rule.substr(0, rule.find('\n'));
  if (!rule.empty()) zone->rule_ = parse_rule(rule);
  return zone;
}

TimeZone::Rule TimeZone::parse_rule(std::string_view text) {
  RuleText in(text);
  Rule rule;
  in.name();
  rule.standard = -in.time();
  rule.summer = rule.standard + 3600;
  if (in.done()) return rule;
  rule.changes = true;
  in.name();
  if (!in.take(',')) {
    rule.summer = -in.time();
    if (!in.take(',')) RuleText::fail();
  }
  for (Change* change : {&rule.begin, &rule.end}) {
    if (change == &rule.end && !in.take(',')) RuleText::fail();
    // Days counted from the new year (Jn, n) stand in no zone of today.
    if (!in.take('M')) RuleText::fail();
    change->month = in.digits(12);
    if (!in.take('.')) RuleText::fail();
    change->week = in.digits(5);
    if (!in.take('.')) RuleText::fail();
    change->weekday = in.digits(6);
    change->seconds = in.take('/') ? in.time() : 2 * 3600;
    if (change->month == 0 || change->week == 0) RuleText::fail();
  }
  return rule;
}

int TimeZone::offset_by_rule(int64_t utc) const {
  if (!rule_->changes) return rule_->standard;
  const int year = civil_from_seconds(utc + rule_->standard).year;
  const auto at = [year](const Change& change, int before) {
    const int64_t first = days_from_civil(year, change.month, 1);
    const auto weekday = static_cast<int>((first + 4) % 7);
    int day = 1 + (change.weekday - weekday + 7) % 7 + 7 * (change.week - 1);
    while (day > days_in(year, change.month)) day -= 7;
    return (first + day - 1) * kDay + change.seconds - before;
  };
  const int64_t begin = at(rule_->begin, rule_->standard), end = at(rule_->end, rule_->summer);
  const bool summer = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
  return summer ? rule_->summer : rule_->standard;
}

int TimeZone::offset_at(int64_t utc) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc);
  if (next == transitions_.end() && rule_) return offset_by_rule(utc);
  if (next == transitions_.begin()) return first_offset_;
  return offsets_[static_cast<size_t>(next - transitions_.begin()) - 1];
}

std::vector<int64_t> TimeZone::instants(const WallTime& wall) const {
  const int64_t local = days_from_civil(wall.year, wall.month, wall.day) * kDay + wall.hour * 3600 +
                        wall.minute * 60 + wall.second;
  // Both offsets that may hold: the one a day before and the one a day after.
  const int before = offset_at(local - kDay), after = offset_at(local + kDay);
  std::vector<int64_t> found;
  for (const int offset : {std::max(before, after), std::min(before, after)}) {
    const int64_t utc = local - offset;
    if (offset_at(utc) == offset && (found.empty() || found.back() != utc)) found.push_back(utc);
  }
  if (!found.empty()) return found;
  // Within a gap: the change lies between the two readings.
  int64_t low = local - std::max(before, after), high = local - std::min(before, after);
  const int offset = offset_at(low);
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (offset_at(middle) == offset ? low : high) = middle;
  }
  return {high};
}

}  // namespace pawl::service
