// Where the settings of a workspace come from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "config/settings.h"

namespace pawl::service {

struct SettingSources {
  Path folder;              // of the workspace, whose pawl.toml is read if there is one
  Path config = {};         // read in its place; must exist
  bool environment = true;  // PAWL_LEARNING_... and so on
  std::vector<std::pair<std::string, std::string>> given = {};  // names and values, the last word
  std::string where = "settings";  // what an error calls the place of `given`
};

// Defaults, then file, environment, and what was given. Throws Error(kInvalidInput) naming the key.
Settings read_settings(Env& env, const SettingSources& sources);

}  // namespace pawl::service
