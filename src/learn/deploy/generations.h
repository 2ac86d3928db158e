// Immutable generations of a pipeline: a folder with hashes, a row with lineage, and the pointer to
// the live one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "learn/deploy/backups.h"
#include "store/store.h"

namespace pawl::learn {

struct NewGeneration {
  std::string parent_id;  // empty for the first
  std::string cycle_id;
  std::string reason;
  std::string metrics = "{}";  // JSON
  std::string details = "{}";  // JSON: data snapshot, seed, settings
  std::vector<std::string>
      example_ids;  // that its weights have seen and its ancestors' may not have
};

struct LiveGeneration {
  GenerationRecord record;
  Path pipeline;          // folder that Language::from_disk and spacy.load() open
  Warnings warnings;      // what was broken on the way to it; empty when all is well
  bool degraded = false;  // an older generation stands in for a broken one
};

struct RollbackResult {
  std::string from_id;
  std::string to_id;
};

// Folder: generations/<id>/{manifest.json, pipeline/...}. Safe for concurrent use by several
// processes: folders appear by rename, the pointer switches in a transaction.
class Generations {
 public:
  Generations(Env& env, Store& store, Path workspace, std::string tenant);

  // Writes the pipeline through `write` into a folder of a temporary name, syncs it, records hashes
  // and lineage, renames it and adds its row (state "ready"). Not live yet. Calling it again for
  // the same cycle returns the generation that this cycle published before.
  GenerationRecord publish(const NewGeneration& generation,
                           const std::function<void(const Path& folder)>& write);

  // Switches the live pointer, after verifying the folder. kind: "init", "deploy".
  void activate(const std::string& generation_id, const std::string& kind,
                const std::string& reason, const std::string& cycle_id = "");

  // The live generation, its files verified against the manifest. A broken one is marked, reported
  // in `warnings` and replaced by the nearest ancestor that is whole (restored from its backup if
  // need be). Empty when there is none at all; throws Error(kFormat) when there were some and all
  // are broken, Error(kIo) when it cannot be told because files cannot be read.
  std::optional<LiveGeneration> open_live();

  // One step back (the parent of the live one, or the one live before it), or to `to_id`.
  RollbackResult rollback(const std::string& reason, const std::string& to_id = "");

  // The folder of a generation, verified; restored from its backup when it was archived.
  Path open(const std::string& generation_id);

  // Removes folders of temporary names that no process is writing, and those that a cycle of this
  // store left without a row when it was killed. Others that it does not know stay: the database
  // may be an older copy, or new. Returns how many.
  size_t sweep();

  // Backs up the generation unless it is already; returns the backup's id.
  std::string back_up(const std::string& generation_id);

  // Removes folders beyond the newest `keep`, after backing them up; never the live one or its
  // parent. Then drops backups older than the retention, with the same exception.
  void prune(size_t keep, int retention_days);

  Backups& backups() { return backups_; }

 private:
  bool is_orphan(const std::string& name);
  Path root() const { return workspace_ / "generations"; }
  Path folder_of(const std::string& generation_id) const;
  GenerationRecord record_of(const std::string& generation_id);
  std::optional<GenerationRecord> published_by(const std::string& cycle_id);
  GenerationRecord make_record(const NewGeneration& generation);
  // Empty when every file is there and as it was published; else what is wrong.
  std::string problem_of(const GenerationRecord& record);
  // Restores the folder from its backup if it is absent or damaged. Empty when the generation can
  // be used then.
  std::string make_available(GenerationRecord& record, Warnings& warnings);
  std::vector<GenerationRecord> fallbacks(const LiveRecord& live);
  void fall_back(const LiveRecord& live, const GenerationRecord& to, Warnings& warnings);
  void set_state(GenerationRecord& record, const std::string& state);
  void switch_to(const std::string& generation_id, const std::string& kind,
                 const std::string& reason, const std::string& cycle_id);
  void remove_folder(const std::string& generation_id);
  std::string back_up_locked(GenerationRecord& record);
  std::unique_ptr<FileLock> lock();

  Env& env_;
  Store& store_;
  Path workspace_;
  std::string tenant_;
  Backups backups_;
};

}  // namespace pawl::learn
