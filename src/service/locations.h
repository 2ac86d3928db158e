// Where set-up put things: searched for from the program's own folder upwards,
// and from the library's.
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "base/log.h"

namespace pawl::service {

// Folders in which installed pipeline packages are looked for: $PAWL_SITE_PACKAGES (separated by
// ':'), the active virtual environment, and the one that set-up made beside the program.
std::vector<Path> site_packages(Env& env);
// The pack of a language for blank pipelines: $PAWL_LANGUAGE_PACKS, else language_packs/ beside the
// program. Throws Error(kNotFound) saying where it looked.
Path language_pack(Env& env, const std::string& lang);

// Where an imported sentence encoder is looked for, in this order: $PAWL_ENCODER alone when set,
// else encoder/ beside the program, else $XDG_DATA_HOME (or ~/.local/share)/pawl/encoder.
std::vector<Path> encoder_places();
// The encoder a setting ("auto", "none" or a folder) stands for; empty for none.
Path sentence_encoder(Env& env, const std::string& setting, Warnings* warnings = nullptr);

}  // namespace pawl::service
