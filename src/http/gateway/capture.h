// Turns on their way from the gateway into the store: off the loop, in groups, bounded.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "http/net/loop.h"
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

// Turns that somebody is about to speak of: those that one of the ids names.
struct TurnsOf {
  std::string tenant;
  std::string turn_id = {}, conversation_id = {}, user_id = {};
};

struct CaptureOptions {
  size_t max_waiting = 10000;  // turns
  size_t max_text = 256 * 1024;
  Duration stop_within = std::chrono::seconds(30);
};

class Capture {
 public:
  Capture(service::Engine& engine, Metrics& metrics, EventLog& log, CaptureOptions options);
  // Stores what waits, as long as options.stop_within allows; the rest is dropped and counted.
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // From any thread. Dropped, and counted, when too many wait.
  void add(SeenTurn turn);
  // Returns when these turns are stored, and the others of their conversations: what waits of them
  // is stored by the caller's thread, however many others wait.
  void settle(std::span<const TurnsOf> about);

 private:
  using Group = std::deque<SeenTurn>;
  using Places = std::vector<TurnsOf>;

  void work();
  void work_off_piles();
  bool piled_up() const;
  bool store_next(std::unique_lock<std::mutex>& lock);
  Group take_next();
  Group take_those_of(std::span<const TurnsOf> about);
  void store_marked(Group group, std::unique_lock<std::mutex>& lock);
  void store(Group group);
  void store_of(const std::string& tenant, Group& group);

  service::Engine& engine_;
  EventLog& log_;
  const CaptureOptions options_;
  Counter &stored_, &dropped_, &refused_, &incomplete_;
  std::mutex mutex_;
  std::condition_variable wake_, piled_up_, settled_;
  Group waiting_;
  std::list<Places> under_way_;  // of every group that is being stored
  std::optional<Instant> stop_at_;
  bool storing_ = false;         // one of the two threads
  std::thread thread_, second_;  // when nobody else wants to run; when much waits
};

}  // namespace pawl::http
