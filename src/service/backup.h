// Copies of whole workspaces, taken while others use them.
#pragma once

#include <cstdint>
#include <functional>

#include "base/env.h"
#include "service/answer.h"
#include "service/engine.h"

namespace pawl::service {

// Copies the store of the first folder into the second, as it is at one moment; the edge knows the
// backend.
using StoreCopier = std::function<void(Env& env, const Path& from, const Path& to)>;

struct WorkspaceCopy {
  uint64_t tenants = 0, generations = 0;  // generations whose folder is in the copy
  uint64_t files = 0, bytes = 0;
};

// Copies the workspace at `options.folder` to `target`, which must not exist or be empty and
// appears whole. The copy is a workspace: everything that was acknowledged before the call is in
// it, and it answers as this one does. Left out are candidates of a cycle under way (whoever goes
// on with it trains them again), locks, and files that pawl did not put there. Others analyse,
// collect and learn meanwhile. Throws Error(kFormat) when the live generation is damaged so that
// nothing of the copy could answer.
Answer<WorkspaceCopy> copy_workspace(Env& env, const EngineOptions& options,
                                     const StoreCopier& copy_store, const Path& target);

}  // namespace pawl::service
