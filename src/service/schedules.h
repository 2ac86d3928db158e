// When cycles run by themselves: cron expressions with time zones, or as soon as enough labelled
// turns have gathered. Kept in the store; of several processes one runs what is due.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/cycle_runner.h"

namespace pawl::service {

struct Schedule {
  std::string id, tenant, name;
  std::string cron;  // empty: only when turns have gathered
  std::string time_zone = "UTC";
  int64_t when_labelled = 0;  // new turns with feedback that start a cycle; 0: only by cron
  bool paused = false;
  bool catch_up = true;  // a run that was missed happens once, late, instead of never
  bool force = false;
  int64_t created_at = 0;
  std::optional<int64_t> next_at;  // microseconds since 1970
  std::optional<int64_t> last_at;
  std::string last_status, last_reason;
  int64_t failures = 0;  // in a row
  std::optional<int64_t> cooling_until;
};

// Throws Error(kInvalidInput) naming the key.
void check_schedule(const Schedule& schedule);

// Of one tenant. Safe for threads.
std::vector<Schedule> schedules(Engine& engine, const std::string& tenant);
Schedule schedule(Engine& engine, const std::string& tenant, const std::string& id);
Schedule put_schedule(Engine& engine, Schedule schedule);  // gives it an id if it has none
void remove_schedule(Engine& engine, const std::string& tenant, const std::string& id);

// Starts what is due.
class Scheduler {
 public:
  // `say` hears why something that was due was not run.
  Scheduler(Engine& engine, CycleRunner& runner, std::function<void(const std::string&)> say);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // One look at all schedules; what the thread does every second.
  void look();
  // The runner's report of a run that is over.
  void over(const Run& run);

 private:
  void work();
  void look_at(Schedule schedule, int64_t now);
  bool enough_labelled(const Schedule& schedule);
  std::string hindrance() const;  // why no cycle may begin now; empty when one may
  void start(const Schedule& schedule);

  Engine& engine_;
  CycleRunner& runner_;
  std::function<void(const std::string&)> say_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::service
