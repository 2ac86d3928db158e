// What becomes of a generation after the gate let it pass: it shadows, bakes, and is settled or
// taken back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learn/deploy/generations.h"
#include "learn/deploy/rollout_record.h"
#include "learn/judge/live_watch.h"
#include "learn/judge/shadow.h"

namespace pawl::learn {

struct RolloutSettings {
  size_t shadow_turns = 200;    // collected turns that a candidate answers before it goes live
  size_t shadow_new_turns = 0;  // that have to arrive, too, before it does
  double shadow_hours = 24;     // but it waits no longer than that
  size_t bake_turns = 1000;     // answered turns after which a generation is settled ...
  double bake_days = 14;        // ... or days
  LiveWatchOptions watch;
};

// What a look at the rollout came to.
struct RolloutLook {
  std::optional<Rollout> rollout;  // of the generation that was looked at
  bool went_live = false, settled = false, taken_back = false;
};

// Of one tenant. Several processes may look at the same time: pointers move by compare and set.
class Rollouts {
 public:
  // References must outlive it. `encoder`: as CycleSettings has it.
  Rollouts(Env& env, Store& store, Generations& generations, std::string tenant,
           RolloutSettings settings, Path encoder);

  // Looks at what was said since the last look, if at least `least` turns were judged or time is
  // over; cheap otherwise. A generation in the shadow that has answered enough goes live; one that
  // bakes is settled, or taken back when people complain significantly more of it than of the one
  // before. What is taken back is rejected, its cycle ends as "rolled_back", and what the cycle
  // taught is set aside as what a refused candidate was taught.
  RolloutLook look(size_t least = 1);

 private:
  struct Compared;
  RolloutLook look_at_shadow(Rollout rollout);
  RolloutLook look_at_live(Rollout rollout, size_t least);
  bool is_due(const Rollout& rollout, size_t least) const;
  Compared compare(const Rollout& rollout);
  std::vector<AnsweredTurn> answered(const std::vector<TurnBundle>& bundles,
                                     const std::string& other, const Reputations& reputations,
                                     std::vector<EvidenceRecord>& asked);
  std::vector<Answers> ask(const std::string& generation, const std::vector<std::string>& texts);
  std::unique_ptr<Language> load(const LiveGeneration& opened);
  bool take_back(Rollout& rollout);
  void close_cycle(Transaction& transaction, const Rollout& rollout);

  Env& env_;
  Store& store_;
  Generations& generations_;
  std::string tenant_;
  RolloutSettings settings_;
  Path encoder_;
};

// A candidate in the shadow of the live pipeline, on turns that were collected: what it says
// otherwise, as evidence, and the figures for its rollout.
struct ShadowReport {
  std::vector<EvidenceRecord> evidence;
  Json figures = Json::object();
};
ShadowReport run_in_shadow(const Language& live, const Language& candidate,
                           const std::string& generation, const std::vector<TurnBundle>& turns,
                           int64_t now);

// The cycle's candidate goes live, or is left in the shadow for turns that are to come.
bool waits_in_shadow(const RolloutSettings& settings);

}  // namespace pawl::learn
