// How far the deployment of a generation is, kept beside its row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace pawl::learn {

// Of a generation's rollout:
//   "shadow"       it answers what is collected, and nobody hears it
//   "baking"       it is live, and compared with the one before it
//   "settled"      it is live, or was, and is compared no more
//   "rolled_back"  it was taken back
//   "replaced"     a later candidate took its place in the shadow
struct Rollout {
  std::string generation_id;
  std::string baseline_id;  // the last generation before it that was settled: goes live again
  std::string cycle_id;
  std::string phase;
  std::string note;           // one sentence for a person
  int64_t since = 0;          // of the phase; microseconds since 1970
  int64_t from_sequence = 0;  // where it began: rows of the phase come after it
  int64_t looked_at = 0;      // rows up to this one were looked at
  // In the shadow: new turns that it waits for, or hours at most.
  size_t wanted_turns = 0;
  double wanted_hours = 0;
  // What took its place while it baked; with that gone it bakes as it did.
  std::string replaced_by = {};
  Json shadow = Json::object();  // turns, disagreements by head, and why they were so few
  Json live = Json::object();    // the comparison, as it stands
};

std::optional<Rollout> read_rollout(Transaction& transaction, const std::string& tenant,
                                    const std::string& generation_id);
void write_rollout(Transaction& transaction, const std::string& tenant, int64_t now,
                   const Rollout& rollout);

// The generation that is in the shadow; empty: none.
std::string shadowing_id(Transaction& transaction, const std::string& tenant);
void set_shadowing(Transaction& transaction, const std::string& tenant,
                   const std::string& generation_id);

// A generation has just gone live in the place of `previous_id`: it bakes from now on, beside the
// last one that was settled; from_sequence tells where its turns begin, 0: where the live pointer
// moved.
void begin_baking(Transaction& transaction, const std::string& tenant, Rollout rollout,
                  const std::string& previous_id, int64_t now);

// These generations are gone: what they replaced while it baked bakes again.
void forget_replacements(Transaction& transaction, const std::string& tenant,
                         const std::vector<std::string>& gone, int64_t now);

// Where the rollout of a generation stands: its phase, what a person did since included; empty:
// it was never live.
std::string phase_of(const std::optional<Rollout>& rollout, const GenerationRecord& generation,
                     bool was_live);

}  // namespace pawl::learn
