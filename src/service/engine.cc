#include "service/engine.h"

#include <utility>

#include "base/error.h"
#include "service/intake.h"

namespace pawl::service {
namespace {

void require_workspace(Env& env, const Path& folder) {
  if (env.exists(folder / "pawl.db")) return;
  throw Error(ErrorKind::kNotFound,
              folder.string() + ": is no workspace; make one with 'pawl init'");
}

}  // namespace

Engine::Engine(Env& env, EngineOptions options)
    : Engine((require_workspace(env, options.folder), env), options, NewFolder{}) {}

Engine::Engine(Env& env, EngineOptions options, NewFolder)
    : env_(env),
      options_(std::move(options)),
      store_(options_.open_store(env_, options_.folder)),
      live_models_(
          std::make_unique<LiveModels>(env_, *store_, options_.folder, options_.live_models)),
      name_finders_(std::make_unique<NameFinders>(env_, *store_, options_.folder)) {}

Engine::~Engine() = default;

Tenant Engine::tenant(std::string id) {
  return Tenant(*this, std::move(id));
}

std::vector<std::string> Engine::tenants() {
  return read_from(*store_, [](Transaction& t) { return t.tenants(); });
}

Settings Engine::settings() const {
  const std::lock_guard lock(mutex_);
  return options_.settings;
}

void Engine::change_settings(const std::map<std::string, std::string>& values) {
  const std::lock_guard lock(mutex_);
  Settings changed = options_.settings;
  for (const auto& [name, value] : values) changed.set(name, std::string_view(value), "settings");
  options_.settings = std::move(changed);
}

void Engine::change_setting(std::string_view name, SettingValue value) {
  const std::lock_guard lock(mutex_);
  options_.settings.set(name, std::move(value), "settings");
}

Intake& Engine::intake(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& intake = intakes_[tenant];
  if (intake == nullptr) intake = std::make_unique<Intake>(*this, tenant);
  return *intake;
}

}  // namespace pawl::service
