// Folders that a use case makes for its caller: whole or not at all.
#pragma once

#include <functional>

#include "base/env.h"

namespace pawl::service {

// Throws Error(kInvalidInput) unless `target` is absent or an empty folder.
void require_free(Env& env, const Path& target);

// Throws Error(kInvalidInput) when `target` lies in the workspace: erasure and pruning would not
// find what is in there.
void require_outside(const Path& target, const Path& workspace);

// `write` fills a folder beside the target, which takes its place when it is complete.
void write_whole(Env& env, const Path& target, const std::function<void(const Path&)>& write);

}  // namespace pawl::service
