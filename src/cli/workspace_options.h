// What every verb of the learning engine shares: which workspace, which tenant, which settings.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "service/engine.h"

namespace pawl::cli {

struct WorkspaceArguments {
  std::string workspace;              // --workspace, else $PAWL_WORKSPACE, else ./pawl-workspace
  std::optional<std::string> tenant;  // --tenant
  std::vector<std::string> settings;  // --set NAME=VALUE

  void declare(Options& options);
  Path folder() const;
  // Settings: defaults, then the workspace's pawl.toml (or `config`), then the environment, then
  // --set.
  service::EngineOptions resolve(Env& env, const Path& config = {}) const;
  // Whose command it is. Throws UsageError for a name that cannot be one.
  std::string tenant_id() const;
  std::unique_ptr<service::Engine> open(Env& env) const;
};

// Who is at the command line, for the audit trail: "cli:" and the user's name on this machine.
std::string cli_actor();

}  // namespace pawl::cli
