// A person's data, removed from the store, from the weights and from the disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "learn/erasure/receipt.h"
#include "service/engine.h"

namespace pawl::service {

using learn::ErasureReceipt;

struct EraseOptions {
  bool dry_run = false;  // only say what would go
  // Train again, too, before it returns. Otherwise the receipt's state is "under way" when there is
  // something to train, and finish_erasure() or the next learning cycle goes on.
  bool replay = true;
};

// Removes what the person said, what was made of it, and the weights that saw it; see
// learn/erasure/erasure.h. One that was cut off earlier is finished first. The audit trail says that
// it was done and by whom, not of whom. Throws Error(kBusy) while a cycle of the tenant runs,
// Error(kInterrupted) when progress asks to stop: what was begun goes on with the next call of any
// of these.
ErasureReceipt erase_person(Engine& engine, const std::string& tenant, const std::string& user,
                            const std::string& actor, Progress& progress,
                            const EraseOptions& options = {});

// Finishes what was begun; empty when there is nothing.
std::optional<ErasureReceipt> finish_erasure(Engine& engine, const std::string& tenant,
                                             Progress& progress);

// Of all that were done, and of one that is under way; the oldest first.
std::vector<ErasureReceipt> erasures(Engine& engine, const std::string& tenant);

}  // namespace pawl::service
