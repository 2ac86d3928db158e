// The one thread on which all sockets live. What waits is a callback, never a blocked thread.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace pawl::http {

using Duration = std::chrono::steady_clock::duration;
using Instant = std::chrono::steady_clock::time_point;

inline Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

class Loop {
 public:
  // A callback that is still to come; destroying or resetting it calls it off. Loop thread only.
  class Timer {
   public:
    Timer() = default;
    ~Timer() { cancel(); }
    Timer(Timer&&) noexcept = default;
    Timer& operator=(Timer&& other) noexcept;
    void cancel();

   private:
    friend class Loop;
    struct Pending;
    std::shared_ptr<Pending> pending_;
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop(); on the thread that calls it
  void stop();  // from any thread
  // From any thread. Runs on the loop's; what it throws ends run().
  void post(std::function<void()> call);
  // Loop thread only.
  Timer after(Duration delay, std::function<void()> call);
  // Called on the loop's thread for each of these signals, in place of what they do otherwise.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> call);

  struct Impl;  // net/asio.h
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl::http
