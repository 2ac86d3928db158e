// Turns and feedback on their way into the store.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "learn/intake/collect.h"

namespace pawl::service {

class Engine;

// What became of one turn or piece of feedback.
struct CollectedTurn {
  std::string turn_id;  // as stored; empty when nothing was
  bool stored = false;  // false: no consent, nothing of it was kept
  bool known = false;   // it was there already
  uint64_t redactions = 0;
};

struct LiveModel;
class PersonaRules;

// What the model says of texts, as it is kept beside turns. Without a pipeline it says nothing.
std::vector<learn::SelfAnalysis> self_analyses(const LiveModel& live,
                                               std::span<const std::string> texts,
                                               const PersonaRules& rules);

// A stream of turns and feedback of one tenant. One thread at a time; the engine must outlive it.
// Each group is annotated by the model that is live then and held until the group is stored.
class CollectStream {
 public:
  CollectStream(Engine& engine, const std::string& tenant);
  ~CollectStream();

  // As learn::Collector: what was added is durable when flush() returns.
  void add_turn(uint64_t line, learn::TurnInput turn);
  void add_feedback(uint64_t line, learn::FeedbackInput feedback);
  void reject(uint64_t line, const std::string& reason);
  void flush();
  void on_stored(std::function<void(const learn::StoredLine& line)> call);
  void on_rejected(std::function<void(const learn::RejectedLine& line)> call);
  const learn::CollectSummary& summary() const;
  const Warnings& warnings() const;  // of the models that annotated

 private:
  class Model;
  std::unique_ptr<Model> model_;
  std::unique_ptr<learn::Collector> collector_;
};

}  // namespace pawl::service
