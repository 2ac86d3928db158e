// A folder as one tar archive (POSIX ustar).
#pragma once

#include <string>

#include "base/env.h"

namespace pawl::http {

// Regular files only, in order of their names, below `prefix`. Throws Error(kUnsupported) for a
// name or a size that ustar cannot hold.
std::string tar_of(Env& env, const Path& folder, const std::string& prefix);

}  // namespace pawl::http
