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

// In a cycle's payload: it was asked to tune.
inline constexpr const char* kTunes = "tunes";

// Beside it: it was asked for with fewer data than the threshold, how it was asked, what program
// ran it, and the sequence at which it was over. Enough to run it again.
inline constexpr const char* kForced = "force";
inline constexpr const char* kAskedWith = "settings";
inline constexpr const char* kMadeWith = "made_with";
inline constexpr const char* kEndedAt = "ended_at";
inline constexpr const char* kShortOfMemory = "short_of_memory";  // batches were smaller than set

// Asks the store for what it needs: the cost does not depend on how many cycles there were.
class CycleHistory {
 public:
  // `current`: the cycle that asks; what it left itself does not count. `store` must outlive this.
  CycleHistory(Store& store, std::string tenant, std::string current);

  // Looks at this head since it last changed, the present one included.
  size_t attempts(Head head) const;

  // Whether the last completed cycle replaced this head.
  bool changed_last(Head head) const;

  // Outcomes kept by keep_outcomes() in the last completed cycle, if the head did not change in it
  // and the incumbent's weights had this digest then; at most `limit`. Older ones are of candidates
  // that knew little of what the present one knows, on what people asked then.
  std::vector<LabelOutcome> forerunners(Head head, const std::string& incumbent,
                                        size_t limit) const;

  // The cycle that tuned layers for this head which wait to be shown better: see keep_layers().
  // Empty: there are none.
  std::string waiting_layers(Head head) const;

  // How many examples layers of the encoder were tuned with when a cycle last did so for this head.
  size_t tuned_with(Head head) const;

  // Examples that came since the head was last trained, see keep_waiting().
  size_t waiting_examples(Head head) const;
  // For how many cycles the first of them has waited.
  size_t waited_cycles(Head head) const;

  // Of the texts that were misunderstood, as beliefs have it, the share that got a label;
  // `curation` is the present cycle's. Praise labels every turn the live model got right,
  // corrections only these of the others: without a balance held-out examples flatter the live
  // model.
  double named_share(const Json* curation) const;

 private:
  Store& store_;
  std::string tenant_, current_, last_;  // last_: the last completed cycle; empty: none
};

// Puts the forerunners' outcomes into a cycle's payload ("unseen", by head), from where
// keep_judgement() takes them.
void keep_outcomes(Json& payload, Head head, const std::string& incumbent,
                   const std::vector<LabelOutcome>& outcomes);
// What keep_outcomes() put there for one head.
std::vector<LabelOutcome> kept_outcomes(const Json& kept);

// Notes in the payload of a cycle that tuned that its layers wait: held-out examples were too few
// to show that they are better, and the candidates of the cycles that follow begin with them, until
// one of these is deployed, other layers are tuned, or drop_layers() says that they did harm.
void keep_layers(Json& payload, Head head);
void drop_layers(Json& payload, Head head);

// What a cycle judged, as rows for the cycles that follow. Outcomes leave the payload.
void keep_judgement(Transaction& transaction, const CycleRecord& cycle,
                    const std::vector<HeadVerdict>& verdicts, Json& payload);
// The verdicts of a cycle that was cut off, in the order of the heads.
std::vector<HeadVerdict> judgement_of(Store& store, const CycleRecord& cycle);
// Which heads went live, and what the next named_share() builds on.
void keep_deployed(Transaction& transaction, const CycleRecord& cycle);
void keep_tuned(Transaction& transaction, const std::string& tenant, Head head, size_t examples);
// A cycle more that so many examples wait; none: the head was trained.
void keep_waiting(Transaction& transaction, const std::string& tenant, Head head, size_t examples);
void count_named(Transaction& transaction, const std::string& tenant, const Json& curation);

}  // namespace pawl::learn
