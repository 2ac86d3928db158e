// Where a pipeline lies: a folder, an installed Python package, or the name of one.
#pragma once

#include <span>
#include <string>

#include "base/env.h"

namespace pawl {

// The folder with config.cfg: `path` itself, the one folder below it that has one (an installed
// package "name/name-1.0.0"), or the same for the package called `path` in one of `site_folders`
// (site-packages). Throws Error(kNotFound) saying where it looked.
Path find_pipeline(Env& env, const Path& path, std::span<const Path> site_folders = {});

}  // namespace pawl
