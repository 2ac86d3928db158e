// A person's data, removed from the store, from the weights and from the disk.
#pragma once

#include <map>
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
  // Where it cannot begin now: keep it, give back a receipt of the state "waiting", and let
  // finish_erasure() or the next learning cycle begin.
  bool may_wait = false;
};

// Removes what the person said, what was made of it, and the weights that saw it; see
// learn/erasure/erasure.h. One that was cut off earlier is finished first. The audit trail says
// that it was done and by whom, not of whom. What this process keeps in memory of texts is
// forgotten, too. Throws Error(kBusy) while a cycle of the tenant runs, unless it may wait,
// Error(kInterrupted) when progress asks to stop: what was begun goes on with the next call of any
// of these.
ErasureReceipt erase_person(Engine& engine, const std::string& tenant, const std::string& user,
                            const std::string& actor, Progress& progress,
                            const EraseOptions& options = {});

// Finishes what was begun, and all that wait; empty when there is nothing.
std::optional<ErasureReceipt> finish_erasure(Engine& engine, const std::string& tenant,
                                             Progress& progress);

// Whether there is something for finish_erasure().
bool erasure_is_due(Engine& engine, const std::string& tenant);

// Notices erasures that other processes began (`pawl erase` beside a service), whose memory is not
// theirs to clear. For one thread at a time; the engine must outlive it.
class ErasureWatch {
 public:
  // What was erased before concerns an engine that has read no text yet.
  explicit ErasureWatch(Engine& engine);
  // What this process keeps in memory of the texts of tenants in which an erasure began since the
  // last look is forgotten; gives these tenants. Where there is none it costs a few small reads.
  // What throws is tried again by the next look.
  std::vector<std::string> look();

 private:
  Engine& engine_;
  std::map<std::string, size_t> begun_;  // erasures, by tenant
};

// Of all that were done, of one that is under way, and of those that wait; the oldest first.
std::vector<ErasureReceipt> erasures(Engine& engine, const std::string& tenant);

}  // namespace pawl::service
