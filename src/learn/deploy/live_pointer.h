// The live pointer of a tenant: which generation answers, and which ones must not any more. All
// changes are compare-and-set within one transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace pawl::learn {

struct LiveChange {
  std::string generation_id;
  std::string kind;  // "init", "deploy", "rollback", "fallback"
  std::string reason;
  std::string cycle_id = {};
};

// The live generation's id; empty when there is none.
std::string live_id(Transaction& tx, std::string_view tenant);

// Whether a person rolled back this generation or one that it descends from: neither goes live by
// itself again.
bool is_rejected(Transaction& tx, std::string_view tenant, const std::string& generation_id);

// Moves the pointer and leaves a trace in the audit trail.
void set_live(Transaction& tx, const std::string& tenant, const LiveChange& change, int64_t now);

// A person's word: from `from` back to where its line meets that of `to`, everything is rejected;
// `to` and its ancestors are so no longer.
void reject_line(Transaction& tx, std::string_view tenant, const std::string& from,
                 const std::string& to, const std::string& why);

// Who may answer, in order: the live one, its ancestors, then whatever else was live once, the
// newest first; rejected ones and those made of erased data are left out.
std::vector<GenerationRecord> answering_order(Transaction& tx, std::string_view tenant,
                                              const LiveRecord& live);

}  // namespace pawl::learn
