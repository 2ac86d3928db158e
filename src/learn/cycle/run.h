// One run of a learning cycle: its record and result, what its steps share, and the steps. Internal
// to this room; functions are defined by concept in run.cc, run_steps.cc, loading.cc and steps/.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learn/cycle/cycle.h"
#include "learn/cycle/cycle_history.h"
#include "learn/cycle/rollouts.h"
#include "learn/data/material.h"
#include "learn/train/vector_cache.h"

namespace pawl::learn {

// Praised turns are thinned out to the share of misunderstood ones that have a label, each by its
// own hash.
bool stands_for_traffic(const LabeledExample& example, double named_share);

inline constexpr const char* kWaiting = "waiting";  // in the payload, by head: see wait_for_more()
inline constexpr const char* kTuningIsDue = "tuning_is_due";  // in the payload

double seconds_since(std::chrono::steady_clock::time_point start);

struct LearningCycle::Run {
  LearningCycle& cycle;
  Generations generations;  // whose changes the lease guards
  Lease& lease;
  Progress& progress;
  Warnings& warnings;
  CycleRequest request;
  CycleRecord record = {};
  CycleResult result = {};
  Json payload = Json::object();
  std::unique_ptr<Language> live = {};
  std::string live_id = {};
  Path live_folder = {};
  std::vector<LabeledExample> memory = {}, fresh = {};  // old to new
  bool loaded = false;                                  // memory and fresh are there
  std::unique_ptr<FileLock> hold = {};                  // of the live folder
  std::vector<CandidateHead> candidates = {};
  std::map<Head, CandidateHead> waiting_layers = {};  // of earlier cycles, see keep_layers()
  std::shared_ptr<CachedVectors> vectors = {};        // null: the pipeline has no encoder
  ShadowReport shadowed = {};

  const CycleSettings& settings() const { return cycle.settings_; }
  const std::string& tenant() const { return request.tenant; }
  // Nothing is written by a cycle whose lease another has taken.
  template <typename Work>
  void write(Work&& work) {
    write_to(cycle.store_, [&](Transaction& t) {
      t.require_lease(tenant(), lease.token());
      work(t);
    });
  }

  struct Step {
    std::string name, status;  // the cycle's status while it runs
    std::string timing;        // what the result calls the time of it and its kind
    std::function<void()> run;
    std::function<void(Transaction&)> rows = {};  // written as it is settled
  };
  std::vector<Step> steps();
  bool is_settled(const std::string& step) const;
  void settle(const Step& step, double seconds);
  void run_steps();
  void recall();
  bool incumbent_changed();
  bool was_live();

  void open();
  void begin_step(const std::string& status);
  bool collect();
  void expect();
  void teach();
  TeacherReport ask(Teacher& teacher);
  void preprocess();
  void load_live(const Path& folder);
  void load_examples(size_t newest);
  void load();
  void need_live();
  void need_examples();
  void need_candidates();
  void train(Head head);
  bool wait_for_more(Head head);
  bool examples_wait() const;
  bool has_waited(Head head) const;
  void keep_what_waits(Transaction& transaction);
  void try_forerunners(Head head);
  const CandidateHead* layers_for(Head head);
  std::optional<CandidateHead> train_one(Head head, CandidateData data, CandidateOptions options);
  Path folder() const { return generations.workspace() / "cycles" / record.cycle_id; }
  void validate();
  void publish();
  void shadow();
  void keep_shadow(Transaction& transaction);
  std::string shadow_note() const;
  Rollout rollout() const;
  void keep_rollout(Transaction& transaction);
  void finish(const std::string& status);
  void tidy_up();
  void sweep();
  void switch_live();
  CycleResult execute();
  HeldOutRight live_right(Head head, double named_share);
  void note_tuning(const CandidateHead& candidate);
  std::string incumbent_digest(Head head) const;
  std::vector<LabelOutcome> forerunner_outcomes(Head head, const CycleHistory& history) const;
  std::vector<LabeledExample> judges(const std::vector<LabeledExample>& examples,
                                     double share) const;
  std::vector<std::string> unlabelled_texts();
  CurationContext curation_context() const;
  void judge_layers();
  void set_aside_harmful(Transaction& transaction);
};

}  // namespace pawl::learn
