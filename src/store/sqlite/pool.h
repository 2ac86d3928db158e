// Connections that wait for their next transaction, and the turn of this process's writers.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "store/sqlite/connection.h"

namespace pawl::sqlite {

class ConnectionPool {
 public:
  ConnectionPool(Path file, Access access, int busy_timeout_ms)
      : file_(std::move(file)), access_(access), busy_timeout_ms_(busy_timeout_ms) {}

  std::unique_ptr<Connection> take();
  // Only connections without an open transaction come back.
  void give_back(std::unique_ptr<Connection> connection);
  // Throws Error(kBusy) when this process's other writers do not finish in time.
  std::unique_lock<std::timed_mutex> writers_turn();
  Access access() const { return access_; }

 private:
  Path file_;
  Access access_;
  int busy_timeout_ms_;
  std::mutex mutex_;
  std::timed_mutex writer_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace pawl::sqlite
