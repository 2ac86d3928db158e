// What every verb of the learning engine shares: which workspace, which tenant, which settings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "service/workspace.h"

namespace pawl::cli {

struct WorkspaceArguments {
  std::string workspace;  // --workspace, else $PAWL_WORKSPACE, else ./pawl-workspace
  std::string tenant = "default";
  std::vector<std::string> settings;  // --set NAME=VALUE

  void declare(Options& options);
  Path folder() const;
  // Settings: defaults, then the workspace's pawl.toml (or `config`), then the environment, then
  // --set.
  service::WorkspaceOptions resolve(Env& env, const Path& config = {}) const;
  service::Workspace open(Env& env) const;
};

}  // namespace pawl::cli
