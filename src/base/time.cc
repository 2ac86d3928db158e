#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

#include "base/env.h"
#include "base/error.h"

namespace pawl {

namespace {

constexpr int64_t kMicros = 1000000;

class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  int64_t read() {
    const int64_t days = date();
    if (at_ == text_.size()) return days * 86400 * kMicros;
    if (!skip('T') && !skip('t') && !skip(' ')) fail();
    const int64_t hour = number(2, 0, 23);
    expect(':');
    const int64_t minute = number(2, 0, 59);
    const int64_t second = skip(':') ? number(2, 0, 60) : 0;
    const int64_t micros = skip('.') || skip(',') ? fraction() : 0;
    const int64_t local = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return (local - offset()) * kMicros + micros;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::kInvalidInput, "\"" + std::string(text_.substr(0, 64)) +
                                              "\" is not a time such as 2026-11-22T12:00:00Z");
  }

  bool skip(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!skip(c)) fail();
  }

  int64_t number(size_t digits, int64_t low, int64_t high) {
    int64_t value = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') fail();
      value = value * 10 + (text_[at_] - '0');
    }
    if (value < low || value > high) fail();
    return value;
  }

  int64_t date() {
    using namespace std::chrono;
    const auto year = static_cast<int>(number(4, 1, 9999));
    expect('-');
    const auto month = static_cast<unsigned>(number(2, 1, 12));
    expect('-');
    const auto day = static_cast<unsigned>(number(2, 1, 31));
    const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                              std::chrono::day(day)};
    if (!date.ok()) fail();
    return sys_days(date).time_since_epoch().count();
  }

  // Digits beyond the sixth are cut off.
  int64_t fraction() {
    int64_t micros = 0, unit = kMicros / 10;
    const size_t start = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, unit /= 10) {
      micros += (text_[at_] - '0') * unit;
    }
    if (at_ == start) fail();
    return micros;
  }

  // Seconds east of UTC; a time without one is taken as UTC.
  int64_t offset() {
    int64_t seconds = 0;
    if (at_ < text_.size() && !skip('Z') && !skip('z')) {
      const int64_t sign = skip('-') ? -1 : 1;
      if (sign > 0) expect('+');
      const int64_t hours = number(2, 0, 23);
      skip(':');
      seconds = sign * (hours * 3600 + number(2, 0, 59) * 60);
    }
    if (at_ != text_.size()) fail();
    return seconds;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string format_time(int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(micros)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> clock{time - day};
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return buffer.data();
}

int64_t parse_time(std::string_view text) {
  return TimeReader(text).read();
}

std::string new_uuid(Env& env) {
  std::array<unsigned char, 16> bytes;
  env.random_bytes(bytes.data(), bytes.size());
  const int64_t micros = env.now_micros();
  const auto millis = static_cast<uint64_t>(micros / 1000);
  // RFC 9562, method 3: the twelve bits after the version hold the fraction of the millisecond.
  const auto fraction = static_cast<unsigned>((micros % 1000) * 4096 / 1000);
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(millis >> (40 - 8 * i));
  bytes[6] = static_cast<unsigned char>(0x70 | fraction >> 8);
  bytes[7] = static_cast<unsigned char>(fraction);
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3F));

  constexpr const char* kHex = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 0xF]);
  }
  return out;
}

}  // namespace pawl
