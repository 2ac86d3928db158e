// One learning cycle: collect → curate → train → validate → deploy or keep. A state machine kept in
// the store:
//
//   pending → collecting_data → preprocessing → training → validating → completed | failed |
//   skipped | rolled_back
//
// It is a row of steps. What a step settled is durable (rows, and cycles/<id>/ in the workspace)
// before the next begins: after a kill at any instant the next run goes on with the first step that
// is not settled, and comes to the same weights. The live model is the old or the new one, whole.
// One cycle at a time per tenant; every write checks that the lease is still its own. A cycle whose
// incumbent a person took back meanwhile ends as rolled_back, and its turns are looked at again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "learn/cycle/rollouts.h"
#include "learn/data/curate.h"
#include "learn/deploy/generations.h"
#include "learn/judge/gate.h"
#include "learn/judge/overall_bars.h"
#include "learn/teacher/teacher.h"
#include "learn/train/train_candidate.h"
#include "store/store.h"

namespace pawl::learn {

struct CycleSettings {
  size_t min_data_threshold = 50;
  int backup_retention_days = 30;
  size_t keep_generations = 5;  // folders kept beside their backups
  size_t max_memory = 20000;    // examples of earlier cycles looked at
  size_t max_certify = 3000;    // newest held-out examples both models are run on
  CurateOptions curate;
  CandidateOptions candidate;
  std::map<Head, double> thresholds;  // the bars of the heads
  GateOptions gate;                   // threshold, attempt and seed are set per head
  OverallBars bars;                   // of all heads together
  RolloutSettings rollout;            // what becomes of what the gate let pass
  TeacherOptions teacher;
  // Folder of a sentence encoder for pipelines that bring none; empty: they stay without.
  Path encoder;
};

struct CycleRequest {
  std::string tenant = "default";
  bool force = false;  // run with less data than the threshold
  // Tune what other cycles postpone, layers of the encoder: takes minutes, needs no new data, and
  // makes candidates for the label heads alone.
  bool tune = false;
  // What the caller wants to remember of how it was asked, to ask for the same again (erasure).
  Json settings = nullptr;
  // Called when a step was settled, with its name; for whoever watches, and for tests.
  std::function<void(const std::string& step)> settled = {};
};

// What a finished cycle says of itself; to_json_value gives the shape of the contract.
struct CycleResult {
  std::string cycle_id, tenant_id, status, generation, backup_id, reason, error_message;
  int64_t started_at = 0, finished_at = 0;
  size_t data_collected = 0, examples_created = 0;
  std::optional<double> expected_seconds;  // judging by earlier cycles, when it began
  bool training_success = false, model_improved = false, rollback_performed = false,
       resumed = false;
  bool tuning_is_due = false;  // a cycle that tunes would be worth its time
  std::vector<HeadVerdict> verdicts;
  std::vector<GateTest> overall;          // of all heads together
  Json curation = Json::object();         // what was left out, and why
  Json candidates = Json::object();       // per head: recipes tried with their select scores
  Json teacher;                           // what a teacher was asked; null: nothing
  std::map<std::string, double> timings;  // seconds per step
};
Json to_json_value(const CycleResult& result);

// Opens a generation's pipeline for use; separated so that callers can share a cache.
std::unique_ptr<Language> load_pipeline(Env& env, const Path& folder, Warnings& warnings);

// Whether the next run resumes it. One that was cut off eight times, or whose record nobody can
// read, is closed, and a new one begins over the same data: whatever kills it may hang on it.
bool goes_on(const CycleRecord& unfinished);

class LearningCycle {
 public:
  // All references must outlive the cycle.
  LearningCycle(Env& env, Store& store, Generations& generations, CycleSettings settings);

  // Resumes an unfinished cycle of the tenant or runs a new one. Throws Error(kBusy) when another
  // process is running one; any other Error is recorded in the cycle (status "failed") and returned
  // in the result, except kInterrupted, which leaves the cycle to be resumed and is thrown.
  CycleResult run(const CycleRequest& request, Progress& progress, Warnings& warnings);

 private:
  struct Run;
  Env& env_;
  Store& store_;
  Generations& generations_;
  CycleSettings settings_;
};

}  // namespace pawl::learn
