#include "service/cycle_runner.h"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/thread_class.h"
#include "service/erasure.h"

namespace pawl::service {
namespace {

constexpr size_t kMaxJobs = 100;
constexpr size_t kMaxNotes = 100;
// A tenth of a core beside one busy thread that answers, all that nobody else wants otherwise. The
// lowest priority would be a hundredth: on a machine that is busy all day no cycle would end.
constexpr int kNice = 10;

}  // namespace

int64_t free_memory_mb() {
  std::ifstream facts("/proc/meminfo");
  std::string name, unit;
  int64_t kilobytes = 0;
  while (facts >> name >> kilobytes) {
    if (name == "MemAvailable:") return kilobytes / 1024;
    std::getline(facts, unit);
  }
  return int64_t{1} << 40;
}

double load_per_core() {
  double load[1] = {0};
  if (::getloadavg(load, 1) != 1) return 0;
  const unsigned cores = std::thread::hardware_concurrency();
  return load[0] / (cores > 0 ? cores : 1);
}

// Takes down how far the cycle is, and stops it when it is over its limits.
class CycleRunner::Watcher final : public Progress {
 public:
  Watcher(CycleRunner& owner, Job& job)
      : owner_(owner),
        job_(job),
        deadline_(std::chrono::steady_clock::now() +
                  std::chrono::milliseconds(static_cast<int64_t>(job.limits.max_minutes * 60e3))) {}

  void begin(std::string_view stage, uint64_t total) override {
    owner_.change(job_, [&](Run& run) {
      run.stage = stage;
      run.total = total;
      run.done = 0;
    });
  }
  void advance(uint64_t steps) override {
    owner_.change(job_, [&](Run& run) { run.done += steps; });
  }
  void note(std::string_view text) override {
    owner_.change(job_, [&](Run& run) {
      if (run.notes.size() >= kMaxNotes) run.notes.erase(run.notes.begin());
      run.notes.emplace_back(text);
    });
  }
  bool stop_requested() const override {
    if (owner_.stopping_) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline_) {
      reason_ = "it took longer than scheduler.max_minutes";
      return true;
    }
    if (job_.limits.min_free_mb > 0 && now >= look_again_) {
      look_again_ = now + std::chrono::seconds(2);
      if (free_memory_mb() < job_.limits.min_free_mb)
        reason_ = "less memory is free than scheduler.min_free_mb";
    }
    return !reason_.empty();
  }
  const std::string& reason() const { return reason_; }

 private:
  CycleRunner& owner_;
  Job& job_;
  std::chrono::steady_clock::time_point deadline_;
  mutable std::chrono::steady_clock::time_point look_again_;
  mutable std::string reason_;
};

CycleRunner::CycleRunner(Engine& engine, std::function<void(const Run& run)> on_over)
    : engine_(engine), on_over_(std::move(on_over)), thread_([this] { work(); }) {}

CycleRunner::~CycleRunner() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Run CycleRunner::start(const std::string& tenant, bool force, const std::string& actor,
                       RunLimits limits) {
  auto job = std::make_shared<Job>();
  job->force = force;
  return add(std::move(job), tenant, actor, limits);
}

Run CycleRunner::finish_erasure(const std::string& tenant, const std::string& actor,
                                RunLimits limits) {
  auto job = std::make_shared<Job>();
  job->erasure = true;
  return add(std::move(job), tenant, actor, limits);
}

Run CycleRunner::add(std::shared_ptr<Job> job, const std::string& tenant, const std::string& actor,
                     RunLimits limits) {
  engine_.tenant(tenant).require();
  job->run.id = new_uuid(engine_.env());
  job->run.tenant = tenant;
  job->run.actor = actor;
  job->run.asked_at = engine_.env().now_micros();
  job->limits = limits;
  Run asked = job->run;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto other = other_of(*job)) {
      if (job->erasure) return other->run;
      throw Error(ErrorKind::kBusy,
                  "a learning cycle of this tenant is under way; run " + other->run.id);
    }
    while (jobs_.size() >= kMaxJobs && jobs_.begin()->second->run.finished_at)
      jobs_.erase(jobs_.begin());
    jobs_[asked.id] = job;
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
  return asked;
}

std::shared_ptr<CycleRunner::Job> CycleRunner::other_of(const Job& job) const {
  for (const auto& [id, other] : jobs_) {
    if (other->run.tenant != job.run.tenant || other->run.finished_at) continue;
    // A cycle that is under way does not end what was asked for after its begin.
    if (!job.erasure || (other->erasure && !other->run.started_at)) return other;
  }
  return nullptr;
}

std::optional<Run> CycleRunner::find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return found->second->run;
}

std::optional<Run> CycleRunner::of_tenant(const std::string& tenant) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, job] : jobs_) {
    if (job->run.tenant == tenant && !job->run.finished_at) return job->run;
  }
  return std::nullopt;
}

void CycleRunner::change(Job& job, const std::function<void(Run&)>& apply) {
  const std::scoped_lock lock(mutex_);
  apply(job.run);
  ++job.run.version;
}

void CycleRunner::work() {
  calm_this_thread("pawl-cycle", kNice);
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    execute(*job);
    Run over;
    {
      const std::scoped_lock lock(mutex_);
      over = job->run;
    }
    if (on_over_) on_over_(over);
  }
}

void CycleRunner::execute(Job& job) {
  Env& env = engine_.env();
  change(job, [&](Run& run) {
    run.state = "running";
    run.started_at = env.now_micros();
  });
  Watcher watcher(*this, job);
  Run over;
  over.state = "done";
  try {
    carry_out(job, watcher, over);
  } catch (const std::exception& error) {
    over.state = over.status = "failed";
    over.reason = watcher.reason().empty() ? error.what() : watcher.reason();
  }
  change(job, [&](Run& run) {
    run.state = over.state;
    run.status = over.status;
    run.reason = over.reason;
    run.cycle_id = over.cycle_id;
    run.finished_at = env.now_micros();
  });
}

void CycleRunner::carry_out(Job& job, Watcher& watcher, Run& over) {
  const Tenant tenant = engine_.tenant(job.run.tenant);
  if (job.erasure) {
    over.status = "completed";
    try {
      service::finish_erasure(engine_, job.run.tenant, watcher);
    } catch (const Error& error) {
      // Another process learns; who asks again later finds it still due.
      if (error.kind() != ErrorKind::kBusy) throw;
      over.status = "skipped";
      over.reason = error.what();
    }
    return;
  }
  const auto answer = tenant.learn(job.force, watcher);
  over.status = answer.value.status;
  over.reason =
      answer.value.error_message.empty() ? answer.value.reason : answer.value.error_message;
  over.cycle_id = answer.value.cycle_id;
  if (over.status == "failed") over.state = "failed";
  if (tenant.tunes_after(answer.value)) tenant.tune(watcher);
}

}  // namespace pawl::service
