// The use cases of a workspace, as plain functions over C++ types: what every edge (command line,
// HTTP, Python) calls. A workspace is a folder: pawl.db, generations/, backups/, pawl.toml.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "base/progress.h"
#include "config/settings.h"
#include "learn/cycle/cycle.h"
#include "learn/deploy/generations.h"
#include "learn/distill/distill.h"
#include "learn/intake/collect.h"
#include "service/analysis.h"
#include "store/store.h"

namespace pawl::service {

using StoreOpener = std::function<std::unique_ptr<Store>(Env& env, const Path& workspace)>;

struct WorkspaceOptions {
  Path folder;
  std::string tenant = "default";
  StoreOpener open_store;  // which backend: the edge decides
  Settings
      settings;  // defaults, or what the edge read; the folder's pawl.toml is read by it before
  Path encoder;  // folder of the sentence encoder for pipelines that bring none; empty: no encoder
};

struct InitOptions {
  std::optional<Path> pipeline;  // folder of a spaCy pipeline; none: a blank one
  Path language_pack;            // of the blank pipeline
  std::vector<learn::LabeledExample> examples;
  std::optional<std::string> settings_file;  // kept in the workspace as pawl.toml
};

struct InitSummary {
  std::string generation;
  size_t examples = 0;
  std::vector<std::string> heads;  // "intent: bow, 0.85 on select" ...
};

struct GenerationView {
  std::string generation, parent, cycle, state, kind, reason, backup;
  int64_t created_at = 0;
  std::optional<int64_t> live_since;  // of its latest time as the live one
  bool live = false;
  Json metrics;
};

struct DistillSummary {
  std::string generation;
  size_t turns = 0, examples = 0;  // texts looked at
  std::vector<learn::DistilledHead> heads;
  std::vector<std::string> components;  // of the new pipeline
  std::vector<std::string> left_out;    // components that only pawl runs
};
Json to_json_value(const DistillSummary& summary);

// Owned by one thread; several processes may use the same folder at the same time.
class Workspace {
 public:
  // Throws Error(kNotFound) when the folder is no workspace: 'pawl init' makes one.
  explicit Workspace(Env& env, WorkspaceOptions options);
  ~Workspace();

  // Makes the folder (or adds a tenant to it) and its first generation. Throws Error when the
  // tenant has one already.
  static InitSummary init(Env& env, WorkspaceOptions options, const InitOptions& init,
                          Progress& progress, Warnings& warnings);

  // In order. Texts must be valid UTF-8. Answers by an older generation, or by rules, say so.
  std::vector<Analysis> analyze(std::span<const std::string> texts);

  // Where streams of turns and feedback go; `learn::CollectModel` is the live pipeline.
  std::unique_ptr<learn::Collector> collector();

  // These three throw Error(kNotFound) for a tenant without a generation.
  learn::CycleResult learn(bool force, Progress& progress);
  std::vector<GenerationView> generations();  // newest first
  learn::RollbackResult rollback(const std::string& to, const std::string& reason);
  // Copies the live pipeline to `target`, which must not exist or be empty and appears whole; gives
  // back the generation's id.
  std::string export_pipeline(const Path& target);
  // Writes the live pipeline to `target`, as export does, with stock textcat components in place of
  // its hybrid heads and without sentence encoder. Nothing in the workspace changes. Throws Error
  // when nothing in the live pipeline is pawl's own, when there are too few texts, and
  // Error(kInterrupted), `target` untouched, when progress asks to stop.
  DistillSummary distill(const Path& target, Progress& progress);
  Json status();  // the metrics of the contract, and more

  const Warnings& warnings() const { return warnings_; }

 private:
  struct Live;
  Live& live();
  // Throws Error(kNotFound) for a tenant that was never made here: a slip of the pen.
  void require_tenant();
  learn::LiveGeneration open_live();
  void require_free(const Path& target);
  learn::DistillData distill_data();

  Env& env_;
  WorkspaceOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<learn::Generations> generations_;
  std::unique_ptr<Live> live_;
  std::unique_ptr<learn::CollectModel> collect_model_;
  Warnings warnings_;
};

// The cycle's settings from the table.
learn::CycleSettings cycle_settings(const Settings& settings);

}  // namespace pawl::service
