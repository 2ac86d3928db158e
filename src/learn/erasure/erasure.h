// Forgetting a person on request: the rows go, the weights that saw them go, and training is done
// again without them, cycle by cycle, from the last generation that they did not touch. The result
// is, bit for bit, the model of a world in which the person had never been there.
//
// It begins with one transaction, after which nothing that answers has seen the person: the rows
// are gone, the untouched generation is live, the touched ones are unusable. What follows can be
// cut off at any instant and goes on where it was:
//
//   purge    folders and backups of touched generations, files of their cycles
//   compact  the database keeps no byte of what was removed
//   replay   each cycle since, with the data, settings and order it had, through the same gate;
//   what
//            the model said of later turns is what the new model says of them
//
// One that is asked for while a cycle is at work may wait for its end (waiting.h).
//
// Where the gate refuses, or nothing is left to train on, the untouched generation stays live.
// Nothing is kept that says whose data it was.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "learn/cycle/cycle.h"
#include "learn/deploy/generations.h"
#include "learn/erasure/plan.h"
#include "learn/erasure/receipt.h"
#include "learn/erasure/waiting.h"
#include "learn/intake/collect.h"

namespace pawl::learn {

// Kinds of documents: the one erasure that is under way, and what is left of those that are done.
inline constexpr std::string_view kErasureKind = "erasure";
inline constexpr std::string_view kReceiptKind = "erasure.receipt";

// What the erasure needs from above. Called by the thread that calls go_on().
struct ErasureHooks {
  // Runs the cycle that is unfinished, asked for as it was then; null settings: today's.
  std::function<CycleResult(const Json& settings, const CycleRequest& request)> run_cycle;
  // What the live generation says of texts, as when turns are collected; sets its id.
  std::function<std::vector<SelfAnalysis>(std::span<const std::string> texts, std::string& id)>
      analyze;
  Progress* progress = &Progress::silent();
  // Called when a step was settled, with its name; for tests.
  std::function<void(const std::string& step)> settled = {};
};

class Erasure {
 public:
  // All references must outlive this.
  Erasure(Env& env, Store& store, Generations& generations, std::string tenant);

  // What begin() would do; nothing changes.
  ErasureReceipt preview(const std::string& user, const std::string& actor);

  // `user` as it is stored. Throws Error(kBusy) while a cycle of the tenant runs, or another
  // erasure is under way: go_on() ends that one. One that waits for the same person begins.
  ErasureReceipt begin(const std::string& user, const std::string& actor);

  // Where none can begin now: keeps who is to be erased until begin() does. Asked twice for the
  // same person it is one.
  ErasureReceipt wait(const std::string& user, const std::string& actor);
  // The one that waits for longest.
  std::optional<WaitingErasure> next_waiting();

  // Whether one is under way.
  bool is_pending();

  // The steps up to `replay`, which is left out unless `replay`. Throws Error(kInterrupted) when
  // progress asks to stop; the next call goes on. Empty when nothing is under way.
  std::optional<ErasureReceipt> go_on(const ErasureHooks& hooks, bool replay = true);

 private:
  struct Job;
  std::optional<Job> read_job(Transaction& transaction);
  void write_job(Transaction& transaction, const Job& job);
  ErasureReceipt remove(Transaction& transaction, const ErasurePlan& plan, const std::string& user,
                        const std::string& actor, int64_t token);
  std::string make_last_resort(const Error& why);
  void advance(const Job& job, const std::string& phase);
  void purge(const Job& job);
  void replay(const Job& job, const ErasureHooks& hooks);
  void reopen(Transaction& transaction, const ReplayItem& item);
  void run_again(const Job& job, const ReplayItem& item, const ErasureHooks& hooks);
  void go_back(const ReplayItem& item);
  void answer_again(const ReplayItem& item, int64_t until, const ErasureHooks& hooks);
  ErasureReceipt finish(const Job& job);
  std::unique_ptr<Lease> take_lease();

  Env& env_;
  Store& store_;
  Generations& generations_;
  std::string tenant_;
};

}  // namespace pawl::learn
