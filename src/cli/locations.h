// Where set-up put things: searched for from the program's own folder upwards.
#pragma once

#include <string>
#include <vector>

#include "base/env.h"

namespace pawl::cli {

// Folders in which installed pipeline packages are looked for: $PAWL_SITE_PACKAGES (separated by
// ':'), the active virtual environment, and the one that set-up made beside the program.
std::vector<Path> site_packages(Env& env);
// The pack of a language for blank pipelines: $PAWL_LANGUAGE_PACKS, else language_packs/ beside the
// program. Throws Error(kNotFound) saying where it looked.
Path language_pack(Env& env, const std::string& lang);

}  // namespace pawl::cli
