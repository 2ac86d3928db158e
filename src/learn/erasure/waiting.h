// Erasures that were asked for while none could begin. They are on the disk, so that no end of a
// process loses one; with the erasure's first transaction nothing of them is left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learn/erasure/receipt.h"
#include "store/store.h"

namespace pawl::learn {

struct WaitingErasure {
  std::string erasure_id;  // that of its receipt, later
  std::string user;        // as stored
  std::string actor;
  int64_t asked_at = 0;
};

// The oldest first.
std::vector<WaitingErasure> waiting_erasures(Transaction& transaction, const std::string& tenant);
void put_waiting(Transaction& transaction, const std::string& tenant,
                 const WaitingErasure& waiting);
// Takes those for this person away; gives the id of the oldest, or nothing.
std::string take_waiting(Transaction& transaction, const std::string& tenant,
                         const std::string& user);
ErasureReceipt receipt_of(const WaitingErasure& waiting, const std::string& tenant);

}  // namespace pawl::learn
