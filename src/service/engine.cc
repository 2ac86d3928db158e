#include "service/engine.h"

#include <utility>

#include "base/error.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "service/intake.h"
#include "service/locations.h"
#include "service/review_desk.h"

namespace pawl::service {
namespace {

void require_workspace(Env& env, const Path& folder) {
  if (env.exists(folder / "pawl.db")) return;
  throw Error(ErrorKind::kNotFound,
              folder.string() + ": is no workspace; make one with 'pawl init'");
}

// The folder that a changed training.encoder stands for; empty for none.
Path usable_encoder(Env& env, const std::string& wanted) {
  const Path folder = sentence_encoder(env, wanted);
  try {
    if (!folder.empty()) SentenceEncoder::load(env, folder);
  } catch (const Error& error) {
    throw Error(ErrorKind::kInvalidInput,
                "settings: training.encoder = \"" + wanted + "\" cannot be used: " + error.what());
  }
  return folder;
}

}  // namespace

Engine::Engine(Env& env, EngineOptions options)
    : Engine((require_workspace(env, options.folder), env), options, NewFolder{}) {}

Engine::Engine(Env& env, EngineOptions options, NewFolder)
    : env_(env),
      options_(std::move(options)),
      personas_(env_, options_.folder),
      store_(options_.open_store(env_, options_.folder)),
      live_models_(
          std::make_unique<LiveModels>(env_, *store_, options_.folder, options_.live_models)),
      name_finders_(std::make_unique<NameFinders>(env_, *store_, options_.folder)),
      review_desk_(std::make_unique<ReviewDesk>(*store_)) {}

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

int64_t Engine::integer_setting(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return options_.settings.integer(name);
}

Path Engine::encoder() const {
  const std::lock_guard lock(mutex_);
  return options_.encoder;
}

template <typename Value>
void Engine::change(const std::map<std::string, Value>& values) {
  const std::lock_guard lock(mutex_);
  Settings changed = options_.settings;
  for (const auto& [name, value] : values) changed.set(name, value, "settings");
  if (const std::string& wanted = changed.text("training.encoder");
      wanted != options_.settings.text("training.encoder"))
    options_.encoder = usable_encoder(env_, wanted);
  options_.settings = std::move(changed);
}

void Engine::change_settings(const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string_view> typed(values.begin(), values.end());
  change(typed);
}

void Engine::change_settings(const std::map<std::string, SettingValue>& values) {
  change(values);
}

void Engine::change_setting(std::string_view name, SettingValue value) {
  change(std::map<std::string, SettingValue>{{std::string(name), std::move(value)}});
}

Intake& Engine::intake(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& intake = intakes_[tenant];
  if (intake == nullptr) intake = std::make_unique<Intake>(*this, tenant);
  return *intake;
}

}  // namespace pawl::service
