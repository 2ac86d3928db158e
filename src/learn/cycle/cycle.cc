#include "learn/cycle/cycle.h"

#include "base/error.h"
#include "learn/cycle/run.h"

namespace pawl::learn {
namespace {

// Tells the lease that the work goes on.
class RenewingProgress : public Progress {
 public:
  RenewingProgress(Progress& progress, Lease& lease) : progress_(progress), lease_(lease) {}
  void begin(std::string_view stage, uint64_t total) override {
    lease_.renew();
    progress_.begin(stage, total);
  }
  void advance(uint64_t steps) override {
    lease_.renew();
    progress_.advance(steps);
  }
  void note(std::string_view text) override { progress_.note(text); }
  void end() override { progress_.end(); }
  bool stop_requested() const override { return progress_.stop_requested(); }

 private:
  Progress& progress_;
  Lease& lease_;
};

}  // namespace

std::unique_ptr<Language> load_pipeline(Env& env, const Path& folder, Warnings& warnings) {
  return Language::from_disk(env, folder, &warnings);
}

LearningCycle::LearningCycle(Env& env, Store& store, Generations& generations,
                             CycleSettings settings)
    : env_(env), store_(store), generations_(generations), settings_(std::move(settings)) {}

CycleResult LearningCycle::run(const CycleRequest& request, Progress& progress,
                               Warnings& warnings) {
  const auto lease = store_.acquire_lease(request.tenant);
  if (lease == nullptr) {
    throw Error(ErrorKind::kBusy, "another 'pawl learn' is at work for tenant \"" + request.tenant +
                                      "\"; try again when it has finished");
  }
  RenewingProgress renewing(progress, *lease);
  Run run{.cycle = *this,
          .generations = generations_.fenced(lease->token()),
          .lease = *lease,
          .progress = renewing,
          .warnings = warnings,
          .request = request};
  return run.execute();
}

}  // namespace pawl::learn
