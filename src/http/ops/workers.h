// A few threads for what would keep the loop from its sockets.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::http {

class Workers {
 public:
  Workers(size_t threads, size_t max_waiting);
  ~Workers() { finish(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  enum class Length { kShort, kLong };
  // False when too many wait already. Tasks must not throw. Of several threads one is never busy
  // with a long task: short ones do not wait for many long ones to end.
  bool try_run(std::function<void()> task, Length length = Length::kShort);
  size_t waiting() const;
  void finish();  // does what waits, and takes nothing more

 private:
  void work();
  // With the mutex held: what this thread may do now; empty: nothing.
  bool may_begin_long() const;
  std::function<void()> next(Length& length);

  const size_t max_waiting_, most_long_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_, long_tasks_;
  size_t long_running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pawl::http
