#include "http/door/sessions.h"

#include <algorithm>

#include "base/hash.h"

namespace pawl::http {
namespace {

constexpr int64_t kHour = int64_t{3600} * 1'000'000;
constexpr int64_t kLongest = 12 * kHour;
constexpr int64_t kIdle = 2 * kHour;
constexpr size_t kMost = 4096;

std::string random_token(Env& env) {
  unsigned char random[32];
  env.random_bytes(random, sizeof random);
  return blake2b_hex(std::string_view(reinterpret_cast<const char*>(random), sizeof random));
}

bool is_over(const Session& session, int64_t now) {
  return now - session.opened_at > kLongest || now - session.used_at > kIdle;
}

}  // namespace

Sessions::Opened Sessions::open(const std::string& key) {
  const int64_t now = env_.now_micros();
  Opened opened{random_token(env_), {key, random_token(env_), now, now}};
  const std::scoped_lock lock(mutex_);
  drop_old(now);
  sessions_[blake2b_hex(opened.token)] = opened.session;
  return opened;
}

// The ones that are over; of too many the one that was not used for longest.
void Sessions::drop_old(int64_t now) {
  std::erase_if(sessions_, [now](const auto& one) { return is_over(one.second, now); });
  if (sessions_.size() < kMost) return;
  sessions_.erase(std::min_element(
      sessions_.begin(), sessions_.end(),
      [](const auto& a, const auto& b) { return a.second.used_at < b.second.used_at; }));
}

std::optional<Session> Sessions::find(std::string_view token) {
  const int64_t now = env_.now_micros();
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(blake2b_hex(token));
  if (found == sessions_.end()) return std::nullopt;
  if (is_over(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used_at = now;
  return found->second;
}

void Sessions::close(std::string_view token) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(blake2b_hex(token));
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace pawl::http
