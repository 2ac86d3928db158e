// A workspace: a folder with an SQLite file inside, in which tenants' models learn.
//
//   auto engine = pawl::Engine::open({.workspace = "pawl-workspace"});
//   for (const auto& analysis : engine.analyze(texts)) use(analysis.intent);
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/pipeline.h"
#include "pawl/types.h"

PAWL_BEGIN_API

class MemoryService;

struct EngineOptions {
  std::filesystem::path workspace = "pawl-workspace";
  // "group.key" to value, as a person types it. They come after the workspace's pawl.toml and the
  // environment.
  std::map<std::string, std::string> settings = {};
  bool read_environment = true;  // PAWL_LEARNING_... and so on
};

struct InitOptions {
  std::string pipeline = {};  // folder or installed package; empty: a blank one of `lang`
  std::string lang = "en";
  std::vector<TrainingExample> examples = {};
  std::vector<std::filesystem::path> site_packages = {};  // as LoadOptions::site_packages
};

inline constexpr std::string_view kDefaultTenant = "default";

// Copies are cheap and are the same engine: safe for any number of threads, and several processes
// may use one workspace at the same time. The model that answers is replaced whole when another
// generation goes live; calls under way finish with the one they began with.
class Engine {
 public:
  // Throws Error(kNotFound) when there is no workspace: init() makes one.
  static Engine open(const EngineOptions& options = {});
  // Makes the workspace, or adds a tenant to one that is there, and trains its first generation.
  // Throws Error(kInvalidInput) when the tenant has one already.
  static Engine init(const EngineOptions& options, const InitOptions& init,
                     std::string_view tenant = kDefaultTenant, const RunOptions& run = {});

  // The settings of a group that an engine opened with these options begins with; the workspace
  // need not be there yet. Throws Error(kInvalidInput) naming the key.
  static std::map<std::string, SettingValue> settings_at_start(const EngineOptions& options,
                                                               std::string_view group);

  std::vector<std::string> tenants() const;
  const std::filesystem::path& workspace() const;
  const std::vector<std::string>& warnings() const;  // of opening

  // In the order of the texts. All functions below throw Error(kNotFound) for a tenant that there
  // is not. `user_id`: who is to be answered, whose stated and revealed preferences count for the
  // persona; empty: nobody known.
  std::vector<Analysis> analyze(std::span<const std::string> texts,
                                std::string_view tenant = kDefaultTenant,
                                std::string_view user_id = {}) const;
  // The tenant's live pipeline, whichever that is at the time of a call.
  Pipeline pipeline(std::string_view tenant = kDefaultTenant) const;

  std::vector<Generation> generations(std::string_view tenant = kDefaultTenant) const;
  // One step back, or to the generation named. Gives back the id of what is live then.
  std::string rollback(std::string_view to = {}, std::string_view tenant = kDefaultTenant,
                       std::string_view reason = "asked for by the program") const;
  // Copies the live pipeline to a folder that spacy.load() opens; it must not exist or be empty,
  // and appears whole. Gives back the generation's id.
  std::string export_pipeline(const std::filesystem::path& folder,
                              std::string_view tenant = kDefaultTenant) const;

  // By documented names, "learning.min_data_threshold" (docs/settings.md). A change holds for this
  // engine from the next call on. Throw Error(kInvalidInput) naming the key.
  SettingValue setting(std::string_view name) const;
  void change_setting(std::string_view name, SettingValue value) const;
  void change_settings(const std::map<std::string, SettingValue>& values) const;  // all or none
  std::map<std::string, SettingValue> settings(std::string_view group) const;     // by key

 private:
  friend class AutonomousLearner;
  friend class IncrementalTrainingPipeline;
  friend std::shared_ptr<MemoryService> workspace_memory(const Engine& engine);
  struct Impl;
  explicit Engine(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

PAWL_END_API
