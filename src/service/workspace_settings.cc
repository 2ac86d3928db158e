#include "service/workspace_settings.h"

#include <unistd.h>

namespace pawl::service {
namespace {

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    variables.emplace_back(*entry);
  return variables;
}

}  // namespace

Settings read_settings(Env& env, const SettingSources& sources) {
  Settings settings;
  const Path file = sources.config.empty() ? sources.folder / "pawl.toml" : sources.config;
  if (!sources.config.empty() || env.exists(file))
    settings.read_toml(env.read_file(file), file.string());
  if (sources.environment) settings.read_environment(environment());
  for (const auto& [name, value] : sources.given)
    settings.set(name, std::string_view(value), sources.where);
  return settings;
}

}  // namespace pawl::service
