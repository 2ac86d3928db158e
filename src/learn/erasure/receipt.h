// What is left of an erasure: how much went, when and by whom; nothing of what it was or whose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace pawl::learn {

struct ErasureReceipt {
  std::string erasure_id;  // empty: of what would be done
  std::string tenant_id;
  std::string state;  // "planned", "waiting", "under way", "done"
  std::string actor;
  int64_t started_at = 0, finished_at = 0;
  ErasedCounts counts;
  std::vector<std::string> generations;  // whose weights had seen something: they are gone
  std::string base;                      // the generation from which training was done again
  // "none": no weights had seen anything. "exact": trained again as if the person had never been
  // there, bit for bit. "replayed": the same, but for `reasons` the bits may differ. Empty: it
  // waits, and shows when it begins.
  std::string way;
  std::vector<std::string> reasons;
  size_t cycles = 0;    // that are, or were, run again
  size_t deployed = 0;  // of these, how many passed the gate
  std::string live;     // at the end
};

Json to_json_value(const ErasureReceipt& receipt);
ErasureReceipt receipt_from_json(const Json& json);

// Of erasures that are done, of one that is under way, and of those that wait; the oldest first.
std::vector<ErasureReceipt> erasure_receipts(Transaction& transaction, const std::string& tenant);

}  // namespace pawl::learn
