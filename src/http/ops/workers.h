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

  // False when too many wait already. Tasks must not throw.
  bool try_run(std::function<void()> task);
  size_t waiting() const;
  void finish();  // does what waits, and takes nothing more

 private:
  void work();

  const size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pawl::http
