// What was decided about items of the review queue that are no turns, kept so that they are not
// asked for again and can be taken back.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace pawl::service {

// Sources of evidence that nobody learns from.
inline constexpr const char* kDismissed = "dismissed";  // a person had nothing to say of the turn
inline constexpr const char* kShadowSaid = "shadow";    // a candidate's answer, where it differs

struct ReviewDecision {
  std::string id, kind;  // of the item
  bool accepted = false;
  std::string name;                              // of a new intent
  std::vector<std::string> text_keys, turn_ids;  // the turns: of what was accepted
  std::string actor;
  int64_t at = 0;
};

class ReviewDecisions {
 public:
  void add(ReviewDecision decision);
  bool contains(const std::string& id) const { return by_id_.contains(id); }
  // Whether a new intent of this name or of many of these texts was refused.
  bool refused(const std::string& name, std::span<const std::string> text_keys) const;

 private:
  std::map<std::string, ReviewDecision> by_id_;
};

std::string burst_id(const QuarantineRecord& burst);

ReviewDecisions read_decisions(Transaction& transaction, const std::string& tenant);
void keep_decision(Transaction& transaction, const std::string& tenant,
                   const ReviewDecision& decision);
std::optional<ReviewDecision> find_decision(Transaction& transaction, const std::string& tenant,
                                            const std::string& id);
void forget_decision(Transaction& transaction, const std::string& tenant, const std::string& id);

}  // namespace pawl::service
