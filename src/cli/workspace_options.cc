#include "cli/workspace_options.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/utf8.h"
#include "service/locations.h"
#include "service/workspace_settings.h"
#include "store/sqlite/sqlite_store.h"

namespace pawl::cli {
namespace {

constexpr size_t kMaxTenant = 128;

void check_tenant(const std::string& tenant) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  const bool plain = utf8::find_invalid(tenant) == utf8::kValid &&
                     std::none_of(tenant.begin(), tenant.end(), is_control);
  if (tenant.empty() || tenant.size() > kMaxTenant || !plain) {
    throw UsageError("--tenant must have 1 to " + std::to_string(kMaxTenant) +
                     " characters, in UTF-8 and without line breaks");
  }
}

}  // namespace

void WorkspaceArguments::declare(Options& options) {
  options.text("-w,--workspace", workspace,
               "Folder of the workspace (default: $PAWL_WORKSPACE, else ./pawl-workspace)");
  options.optional_text("--tenant", tenant,
                        "Whose conversations and generations (default: default)");
  options.texts("--set", settings, "A setting for this run, as learning.min_data_threshold=20");
}

Path WorkspaceArguments::folder() const {
  if (!workspace.empty()) return workspace;
  const char* from_environment = std::getenv("PAWL_WORKSPACE");
  return from_environment != nullptr && *from_environment != '\0' ? from_environment
                                                                  : "pawl-workspace";
}

std::string WorkspaceArguments::tenant_id() const {
  const std::string id = tenant.value_or("default");
  check_tenant(id);
  return id;
}

service::EngineOptions WorkspaceArguments::resolve(Env& env, const Path& config) const {
  tenant_id();
  service::EngineOptions options;
  options.folder = folder();
  options.open_store = [](Env& e, const Path& path) {
    return open_sqlite_store(e, path / "pawl.db");
  };
  service::SettingSources sources{options.folder, config, true, {}, "--set"};
  for (const auto& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos)
      throw Error(ErrorKind::kInvalidInput, "--set " + setting + ": must be NAME=VALUE");
    sources.given.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  options.settings = service::read_settings(env, sources);
  Warnings warnings;
  options.encoder =
      service::sentence_encoder(env, options.settings.text("training.encoder"), &warnings);
  for (const auto& warning : warnings) std::fprintf(stderr, "pawl: warning: %s\n", warning.c_str());
  return options;
}

std::unique_ptr<service::Engine> WorkspaceArguments::open(Env& env) const {
  return std::make_unique<service::Engine>(env, resolve(env));
}

std::string cli_actor() {
  const uid_t user = ::geteuid();
  const passwd* known = ::getpwuid(user);
  return "cli:" + (known != nullptr ? std::string(known->pw_name) : std::to_string(user));
}

}  // namespace pawl::cli
