// The service's log: one JSON object a line, to standard error or to a file that is rotated by size
// and age. Fields are what the code names, never a text that a user wrote.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/env.h"
#include "base/json.h"

namespace pawl::http {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct EventLogOptions {
  std::string file;  // empty: standard error
  LogLevel least = LogLevel::kInfo;
  uint64_t max_bytes = 64 << 20;    // then the file becomes FILE.1, FILE.1 FILE.2, and so on
  int64_t max_age_seconds = 86400;  // the same
  int keep = 7;                     // rotated files
};

// Safe for threads. What cannot be written is counted, never thrown. Lines are written by a thread
// of its own, a moment later: nobody who answers waits for the disk.
class EventLog {
 public:
  EventLog(Env& env, EventLogOptions options);  // throws Error(kIo) when the file cannot be opened
  ~EventLog();                                  // writes what waits
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void write(LogLevel level, std::string_view event,
             std::initializer_list<std::pair<std::string_view, Json>> fields = {});
  bool wants(LogLevel level) const { return level >= options_.least; }
  uint64_t lost() const;

 private:
  void open_file();
  void rotate();
  void work();
  void put(std::string_view lines);

  Env& env_;
  EventLogOptions options_;
  mutable std::mutex mutex_;  // of what the writing threads share
  std::condition_variable wake_;
  std::string waiting_;
  bool urgent_ = false, stopping_ = false;
  std::atomic<uint64_t> lost_{0};
  int descriptor_ = 2;  // this and what follows: the log's own thread
  uint64_t size_ = 0;
  int64_t opened_at_ = 0;
  std::thread thread_;
};

LogLevel log_level(std::string_view name);  // "debug", "info", "warning", "error"

}  // namespace pawl::http
