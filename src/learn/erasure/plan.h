// What forgetting a person takes: which generations saw anything of theirs, which one never did, and
// what happened since that must be done again without them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace pawl::learn {

// A cycle, or a person's way back to an earlier generation, as it happened.
struct ReplayItem {
  std::string cycle_id;        // empty: a way back
  bool force = false, tune = false;
  bool unfinished = false;     // it was cut off, and stays so: the next cycle resumes it
  int64_t to_sequence = 0;     // where its data ended
  int64_t started_at = 0;
  int64_t place = 0;           // the sequence at which it was opened: they happen in this order
  int64_t at = 0;              // the sequence from which its outcome answered
  Json settings = nullptr;     // as it was asked; null: not on record
  std::string to_generation;   // of a way back: the generation, or
  std::string to_cycle;        // the cycle that made it, when that is done again
  std::string reason;
};

struct ErasurePlan {
  // Everything that learning made at this sequence or later goes; 0: nothing was learnt.
  int64_t since = 0;
  std::string base;                      // goes live; empty: what is live stays
  std::vector<std::string> generations;  // that saw something, or descend from one that did
  std::vector<std::string> cycles;       // that looked at something
  std::vector<ReplayItem> items;         // in the order in which they happened
  std::vector<std::string> inexact;      // why the outcome may differ in bits from a world without
};

// Where to begin anew from.
struct ErasureBases {
  std::set<std::string> lost;  // generations that cannot be opened any more: an earlier one serves
  std::string last_resort;     // when there is none at all: made of nothing that was learnt
};

// A cycle counts as touched when a row of the person's lies within its data or before: from the first
// such cycle on everything is done again, from the generation that was live then. Throws
// Error(kNotFound) when there is none at all.
ErasurePlan plan_erasure(Transaction& transaction, const std::string& tenant,
                         const std::string& user, const ErasureBases& bases = {});

Json to_json_value(const ErasurePlan& plan);
ErasurePlan plan_from_json(const Json& json);

}  // namespace pawl::learn
