// One process's use of one workspace: what every edge (command line, HTTP, Python) begins with. A
// workspace is a folder: pawl.db, generations/, backups/, pawl.toml.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/progress.h"
#include "config/settings.h"
#include "service/init.h"
#include "service/live_models.h"
#include "service/name_finders.h"
#include "service/personas.h"
#include "service/tenant.h"
#include "store/store.h"

namespace pawl::service {

using StoreOpener = std::function<std::unique_ptr<Store>(Env& env, const Path& workspace)>;

struct EngineOptions {
  Path folder;
  StoreOpener open_store;  // which backend: the edge decides
  Settings settings;  // defaults, or what the edge read; it reads the folder's pawl.toml before
  Path encoder;  // folder of the sentence encoder for pipelines that bring none; empty: no encoder
  LiveModelOptions live_models;
  // Whether who collects turn by turn now and then looks at how the live generation does; false:
  // the edge does so by itself (Tenant::watch).
  bool watch_while_collecting = true;
};

class Intake;
class ReviewDesk;

// The store, the live models and the settings of all tenants. Safe for any number of threads;
// several processes may use the same folder at the same time. Outlives every Tenant and stream that
// it gave out.
class Engine {
 public:
  // Throws Error(kNotFound) when the folder is no workspace: init_workspace() makes one.
  Engine(Env& env, EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // A handle; whether there is such a tenant shows when it is used.
  Tenant tenant(std::string id);
  // Those that have a generation, by name.
  std::vector<std::string> tenants();
  // Trains and publishes the tenant's first generation. Throws Error when it has one already; what
  // fails leaves nothing behind.
  Answer<InitSummary> add_tenant(const std::string& id, const InitOptions& init,
                                 Progress& progress);

  // As they are now. Changing them concerns this engine from the next call on, not the folder's
  // pawl.toml. Another training.encoder is looked at here and is the next cycle's, for pipelines
  // that bring none. Throws Error(kInvalidInput) naming the key; nothing changes then.
  Settings settings() const;
  // One of them, for what is asked often: settings() copies all.
  int64_t integer_setting(std::string_view name) const;
  void change_settings(const std::map<std::string, std::string>& values);
  void change_settings(const std::map<std::string, SettingValue>& values);
  void change_setting(std::string_view name, SettingValue value);

  // For the use cases.
  Env& env() { return env_; }
  Store& store() { return *store_; }
  LiveModels& live_models() { return *live_models_; }
  NameFinders& name_finders() { return *name_finders_; }
  ReviewDesk& review_desk() { return *review_desk_; }
  PersonaTable& personas() { return personas_; }
  const Path& folder() const { return options_.folder; }
  Path encoder() const;
  Intake& intake(const std::string& tenant);
  bool watches() const { return options_.watch_while_collecting; }

 private:
  friend Answer<InitSummary> init_workspace(Env&, EngineOptions, const std::string&,
                                            const InitOptions&, Progress&);
  struct NewFolder {};
  Engine(Env& env, EngineOptions options, NewFolder);
  template <typename Value>
  void change(const std::map<std::string, Value>& values);

  Env& env_;
  EngineOptions options_;
  PersonaTable personas_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LiveModels> live_models_;
  std::unique_ptr<NameFinders> name_finders_;
  std::unique_ptr<ReviewDesk> review_desk_;
  mutable std::mutex mutex_;  // of the settings and of intakes_
  std::map<std::string, std::unique_ptr<Intake>> intakes_;
};

// Makes the folder, or adds a tenant to the one that is there, with its first generation.
Answer<InitSummary> init_workspace(Env& env, EngineOptions options, const std::string& tenant,
                                   const InitOptions& init, Progress& progress);

}  // namespace pawl::service
