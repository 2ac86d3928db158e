// The use cases of one tenant as functions over values. Each stands in a file of its own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/env.h"
#include "base/progress.h"
#include "learn/cycle/cycle.h"
#include "learn/deploy/generations.h"
#include "service/analysis.h"
#include "service/answer.h"
#include "service/collect.h"
#include "service/distill.h"
#include "service/generation_view.h"
#include "service/status.h"

namespace pawl::service {

class Engine;

// A handle that costs nothing to make or copy; the engine must outlive it. Safe for any number of
// threads. Every function throws Error(kNotFound) for a tenant without a generation.
class Tenant {
 public:
  Tenant(Engine& engine, std::string id) : engine_(&engine), id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  // Returns when there is such a tenant.
  void require() const;

  // In order. Texts must be valid UTF-8. Answers by an older generation, or by rules, say so.
  // `user_id`: who is to be answered, whose preferences count for the persona; empty: nobody known.
  Answer<std::vector<Analysis>> analyze(std::span<const std::string> texts,
                                        const std::string& user_id = {}) const;

  // A stream of turns and feedback, stored in groups.
  std::unique_ptr<CollectStream> collect_stream() const;
  // One turn, one piece of feedback: durable when they return. Calls of several threads share one
  // transaction. Throw Error(kInvalidInput) for what cannot be stored.
  Answer<CollectedTurn> collect(learn::TurnInput turn) const;
  Answer<CollectedTurn> feedback(learn::FeedbackInput feedback) const;

  // Runs a learning cycle, or resumes one that was cut off; the live model is replaced when it
  // returns. Others may analyze and collect meanwhile. Throws Error(kBusy) while another cycle of
  // the tenant runs, Error(kInterrupted) when progress asks to stop.
  // What takes minutes, tuning layers of the encoder, it leaves out and says to be due.
  Answer<learn::CycleResult> learn(bool force, Progress& progress) const;
  // Looks at how the newest generation does on live traffic, where at least `least` turns were
  // judged since the last look: it may go live, be settled, or be taken back, which `warnings`
  // tell. Of an error they tell, too: whoever collects or learns goes on.
  Answer<learn::RolloutLook> watch(size_t least = 1) const;
  // Runs a cycle that tunes, judged and deployed as any other.
  Answer<learn::CycleResult> tune(Progress& progress) const;
  // Whether after this cycle tune() should follow: it is due, and training.tune_after_cycle is set.
  bool tunes_after(const learn::CycleResult& cycle) const;

  std::vector<GenerationView> generations() const;                 // newest first
  GenerationView generation(const std::string& generation) const;  // Error(kNotFound): no such one
  // One step back, or to the generation named.
  Answer<learn::RollbackResult> rollback(const std::string& to, const std::string& reason) const;
  // Hands every file of the live pipeline to `visit`, in order of their names, all of one
  // generation, whose id it gives back.
  using FileVisitor = std::function<void(const std::string& generation, const std::string& file,
                                         const std::string& bytes)>;
  Answer<std::string> read_pipeline(const FileVisitor& visit) const;
  // Copies the live pipeline to `target`, which must lie outside of the workspace, must not exist
  // or be empty, and appears whole; gives back the generation's id.
  Answer<std::string> export_pipeline(const Path& target) const;
  // Writes the live pipeline to `target`, as export does, with stock textcat components in place of
  // its hybrid heads and without sentence encoder. Nothing in the workspace changes. Throws Error
  // when nothing in the live pipeline is pawl's own, when there are too few texts, and
  // Error(kInterrupted), `target` untouched, when progress asks to stop.
  Answer<DistillSummary> distill(const Path& target, Progress& progress) const;

  Status status() const;
  std::vector<CycleView> cycles(size_t limit) const;   // newest first
  CycleView cycle(const std::string& cycle_id) const;  // Error(kNotFound): no such one

 private:
  Answer<CollectedTurn> add(std::variant<learn::TurnInput, learn::FeedbackInput> said) const;

  Engine* engine_;
  std::string id_;
};

RolloutView rollout_view(const std::optional<learn::Rollout>& rollout,
                         const GenerationRecord& generation, bool was_live);

[[noreturn]] void fail_without_generation(const std::string& tenant);

}  // namespace pawl::service
