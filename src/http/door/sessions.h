// Sign-ins of the dashboard: a cookie stands for a key that was shown once. Kept in memory, so that
// signing out, revoking the key or a restart ends them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"

namespace pawl::http {

inline constexpr std::string_view kSessionCookie = "pawl_session";
// Sent back with every request that changes something: another site cannot know it.
inline constexpr std::string_view kCsrfHeader = "X-Pawl-Csrf";

struct Session {
  std::string key;  // id of the key that was shown
  std::string csrf;
  int64_t opened_at = 0, used_at = 0;  // microseconds since 1970
};

// Safe for threads.
class Sessions {
 public:
  explicit Sessions(Env& env) : env_(env) {}

  struct Opened {
    std::string token;  // the cookie's value; only its digest is kept
    Session session;
  };
  Opened open(const std::string& key);
  // Nothing when it is unknown, twelve hours old, or was not used for two.
  std::optional<Session> find(std::string_view token);
  void close(std::string_view token);

 private:
  void drop_old(int64_t now);

  Env& env_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;  // by the token's digest
};

// The value of a cookie among those of a Cookie header; empty when absent.
std::string_view cookie_value(std::string_view header, std::string_view name);

}  // namespace pawl::http
