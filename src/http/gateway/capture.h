// Turns on their way from the gateway into the store: off the loop, in groups, bounded.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "http/ops/event_log.h"
#include "http/ops/metrics.h"
#include "service/engine.h"

namespace pawl::http {

// A turn as the gateway saw it; the answer's bytes are read by whoever stores it.
struct SeenTurn {
  std::string tenant;
  learn::TurnInput turn;
  std::string answer;     // bytes of the whole answer
  bool streamed = false;  // they are events
};

class Capture {
 public:
  Capture(service::Engine& engine, Metrics& metrics, EventLog& log, size_t max_waiting,
          size_t max_text);
  ~Capture();  // stores what waits
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // From any thread. Dropped, and counted, when too many wait.
  void add(SeenTurn turn);
  // Waits until everything that was added before is stored: feedback may be about it.
  void settle();

 private:
  void work();
  void store(std::deque<SeenTurn> group);
  void store_of(const std::string& tenant, std::deque<SeenTurn>& group);

  service::Engine& engine_;
  EventLog& log_;
  const size_t max_waiting_, max_text_;
  Counter &stored_, &dropped_, &refused_, &incomplete_;
  std::mutex mutex_;
  std::condition_variable wake_, settled_;
  std::deque<SeenTurn> waiting_;
  uint64_t added_ = 0, done_ = 0;
  size_t settling_ = 0;  // who waits in settle()
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::http
