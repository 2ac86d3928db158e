// What earlier cycles of a tenant left on record for the next one: how often a head was looked at,
// how its forerunners did, how often people name the right label.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "learn/heads/heads.h"
#include "learn/judge/gate.h"
#include "store/store.h"

namespace pawl::learn {

class CycleHistory {
 public:
  // The tenant's finished cycles, but for `current`, as they are now.
  CycleHistory(Store& store, const std::string& tenant, const std::string& current);

  // Looks at this head since it last changed, the present one included.
  size_t attempts(Head head) const;

  // Whether the last completed cycle replaced this head: a forerunner would be what is live.
  bool changed_last(Head head) const;

  // Outcomes kept by keep_outcomes() in the last completed cycle, if the head did not change in it
  // and the incumbent's weights had this digest then; at most `limit`. Older ones are of candidates
  // that knew little of what the present one knows, on what people asked then.
  std::vector<LabelOutcome> forerunners(Head head, const std::string& incumbent,
                                        size_t limit) const;

  // Of the users who were misunderstood, the share who named the right label; `curation` is the
  // present cycle's. Praise labels every turn the live model got right, corrections only these of
  // the others: without a balance held-out examples flatter the live model.
  double named_share(const Json* curation) const;

 private:
  struct Finished {
    Json payload, result;
    bool completed = false;
  };
  // From the newest to the one in which the head last changed, that one left out.
  std::vector<const Finished*> since_change(Head head) const;

  std::vector<Finished> cycles_;  // newest first
};

// Puts a forerunner's outcomes into a cycle's payload.
void keep_outcomes(Json& payload, Head head, const std::string& incumbent,
                   const std::vector<LabelOutcome>& outcomes);

}  // namespace pawl::learn
