// Learning cycles in the background of a long-running process: one thread of low priority, so that
// analysing never waits for training. One cycle at a time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/progress.h"
#include "service/engine.h"

namespace pawl::service {

struct RunLimits {
  double max_minutes = 240;
  int64_t min_free_mb = 0;  // of memory; a run that has less is stopped
};

// A cycle that was asked for, as it is now.
struct Run {
  std::string id, tenant, actor;
  std::string state = "queued";  // queued, running, done, failed
  std::string cycle_id;          // once there is one
  std::string stage;
  uint64_t done = 0, total = 0;    // steps of the stage
  std::vector<std::string> notes;  // the newest last, at most a hundred
  int64_t asked_at = 0;
  std::optional<int64_t> started_at, finished_at;
  std::string status;    // of the cycle when it is over: completed, failed, skipped ...
  std::string reason;    // why it failed or was skipped
  uint64_t version = 0;  // grows with every change
};

// Safe for any number of threads.
class CycleRunner {
 public:
  CycleRunner(Engine& engine, std::function<void(const Run& run)> on_over);
  ~CycleRunner();  // asks the running one to stop, which leaves it to be resumed
  CycleRunner(const CycleRunner&) = delete;
  CycleRunner& operator=(const CycleRunner&) = delete;

  // Throws Error(kBusy) while one of the tenant waits or runs, Error(kNotFound) for no such tenant.
  Run start(const std::string& tenant, bool force, const std::string& actor, RunLimits limits);
  // Ends what erasures are due (erasure.h); behind the tenant's cycle while one runs. One that is
  // queued already is given back.
  Run finish_erasure(const std::string& tenant, const std::string& actor, RunLimits limits);
  std::optional<Run> find(const std::string& id) const;
  // That waits or runs, the oldest.
  std::optional<Run> of_tenant(const std::string& tenant) const;

 private:
  class Watcher;
  struct Job {
    Run run;
    bool force = false;
    bool erasure = false;  // not a cycle of its own
    RunLimits limits;
  };
  Run add(std::shared_ptr<Job> job, const std::string& tenant, const std::string& actor,
          RunLimits limits);
  void work();
  // With the mutex held: what stands in a new job's way, or in its place.
  std::shared_ptr<Job> other_of(const Job& job) const;
  void execute(Job& job);
  void carry_out(Job& job, Watcher& watcher, Run& over);
  void change(Job& job, const std::function<void(Run&)>& apply);

  Engine& engine_;
  std::function<void(const Run& run)> on_over_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::map<std::string, std::shared_ptr<Job>> jobs_;  // by id; the newest hundred
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Free memory of the machine in MiB, as /proc tells; a large number where it does not.
int64_t free_memory_mb();
// Load of the last minute for each core.
double load_per_core();

}  // namespace pawl::service
