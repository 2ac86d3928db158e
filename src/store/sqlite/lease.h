// Leases whose holders' deaths are noticed at once: each holds a lock on a file of its own, which
// the system takes away from a process that dies. The time of the lease ends it only for a holder
// that hangs.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace pawl::sqlite {

inline constexpr int64_t kLeaseMicros = int64_t{15} * 60 * 1000 * 1000;

// Null while another living process, or another lease of this one, holds it and its time is not
// over. `file` is the database: the locks lie in locks/ beside it.
std::unique_ptr<Lease> acquire_lease(Env& env, Store& store, const Path& file,
                                     const std::string& tenant);

}  // namespace pawl::sqlite
