// Leaves an upstream alone for a while after failures in a row, then lets one attempt probe it.
#pragma once

#include <atomic>
#include <cstdint>

#include "http/net/loop.h"

namespace pawl::http {

struct BreakerOptions {
  int failures = 5;                          // in a row that open it
  Duration rest = std::chrono::seconds(10);  // doubles up to sixteen times while probes fail
};

// Loop thread only. Times are given, so that tests need not wait.
class Breaker {
 public:
  explicit Breaker(BreakerOptions options) : options_(options) {}

  // Whether an attempt may be made now; the one that is let through after a rest is the probe.
  bool admits(Instant now);
  void succeeded();
  void failed(Instant now);
  // The attempt ended without saying anything of the upstream (the client went).
  void abandoned() { probing_ = false; }
  // The upstream itself asked for a rest (Retry-After).
  void rest_until(Instant until);
  bool open(Instant now) const { return now < open_until_ || probing_; }
  Instant open_until() const { return open_until_; }
  // Opened by failures, and no success since. From any thread.
  bool failing() const { return failing_; }

 private:
  BreakerOptions options_;
  int failures_ = 0, rests_ = 0;
  bool probing_ = false;
  std::atomic<bool> failing_{false};
  Instant open_until_ = Instant::min();
};

// Retries of an upstream that was tried already, as a share of all requests.
class RetryBudget {
 public:
  explicit RetryBudget(double share) : share_(share) {}
  void request() { tokens_ = tokens_ + share_ > kMost ? kMost : tokens_ + share_; }
  bool take() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  static constexpr double kMost = 10;
  double share_;
  double tokens_ = kMost;
};

}  // namespace pawl::http
