// Immutable generations of a pipeline: a folder with hashes, a row with lineage, and the pointer to
// the live one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "learn/deploy/backups.h"
#include "learn/deploy/live_pointer.h"
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

// Move-only. While it lives, the folder stays where it is: load or copy the pipeline, then let go.
struct LiveGeneration {
  GenerationRecord record;
  Path pipeline;          // folder that Language::from_disk and spacy.load() open
  Warnings warnings;      // what was broken on the way to it; empty when all is well
  bool degraded = false;  // an older generation stands in for a broken one
  std::unique_ptr<FileLock> hold;
};

enum class Activation {
  kLive,      // it is live now, or was already
  kMoved,     // something else is live than was expected; nothing was changed
  kRejected,  // it or an ancestor was rolled back; nothing was changed
};

struct RollbackResult {
  std::string from_id;
  std::string to_id;
};

// Safe for concurrent use by several threads and processes: folders appear by rename, the pointer
// switches in a transaction, and what somebody reads is not taken away. Only damage that was seen
// (a file that is missing or has another hash) counts as such; what cannot be read just now throws
// Error(kIo) and changes nothing.
class Generations {
 public:
  Generations(Env& env, Store& store, Path workspace, std::string tenant);

  // The same, but every change of rows is made only while the tenant's lease has this token; else
  // it throws Error(kBusy).
  Generations fenced(int64_t token) const;

  // Writes the pipeline through `write` into a folder of a temporary name, syncs it, records hashes
  // and lineage, renames it and adds its row (state "ready"). Not live yet. Calling it again for
  // the same cycle returns the generation that this cycle published before.
  GenerationRecord publish(const NewGeneration& generation,
                           const std::function<void(const Path& folder)>& write_pipeline);

  // Makes `change.generation_id` live if `expected` (empty: nothing) is what is live now. Its
  // folder is verified first, and restored from its backup if need be.
  Activation activate(const LiveChange& change, const std::string& expected);

  // For whoever reads: the live generation, its files verified against the manifest. In the place
  // of a broken one answers the nearest ancestor that is whole (see answering_order()), and
  // `warnings` say so. A backup heals, where it can be written; neither rows nor the pointer
  // change. Empty when there is none at all; throws Error(kFormat) when there were some and all are
  // broken.
  std::optional<LiveGeneration> open_live();

  // For whoever goes on from it (a cycle): the same, and a broken generation is marked as such and
  // the pointer moved to the one that answers.
  std::optional<LiveGeneration> open_or_replace_live();

  // One step back (the parent of the live one, or the one live before it), or to `to_id`. What is
  // left behind is rejected: neither it nor a child of it goes live again by itself.
  RollbackResult rollback(const std::string& reason, const std::string& to_id = "");

  // Goes back from `from`, which did worse on live traffic, to `to`, if `from` is live still, and
  // rejects what is left behind. `also` writes within the same transaction. False: something else
  // is live, nothing was changed.
  bool take_back(const std::string& from, const std::string& to, const std::string& reason,
                 const std::function<void(Transaction&)>& also);

  // Any generation, verified and held; throws Error(kNotFound) or Error(kFormat) when it cannot be
  // used.
  LiveGeneration open(const std::string& generation_id);

  // Removes folders of temporary names that no process is writing, and those that a cycle of this
  // store left without a row when it was killed. Others that it does not know stay: the database
  // may be an older copy, or new. Returns how many.
  size_t sweep();

  // Backs up the generation unless it is already; returns the backup's id.
  std::string back_up(const std::string& generation_id);

  // Removes folders beyond the newest `keep`, after backing them up; never the live one or its
  // parent, nor one that somebody reads just now. Then drops backups older than the retention, with
  // the same exception.
  void prune(size_t keep, int retention_days);

  Backups& backups() { return backups_; }
  const Path& workspace() const { return workspace_; }

 private:
  struct Found {
    std::unique_ptr<FileLock> hold;  // null when `damage` is not empty
    std::string damage;
  };

  template <typename Work>
  auto write(Work&& work);
  bool is_orphan(const std::string& name);
  Path root() const { return workspace_ / "generations"; }
  Path folder_of(const std::string& generation_id) const;
  GenerationRecord record_of(const std::string& generation_id);
  std::optional<GenerationRecord> published_by(const std::string& cycle_id);
  GenerationRecord make_record(const NewGeneration& generation);
  Found find(const GenerationRecord& record);
  Found find_or_restore(const GenerationRecord& record, Warnings& warnings);
  std::string restore(const GenerationRecord& record, const std::string& damage,
                      Warnings& warnings);
  Found make_ready(const std::string& generation_id);
  std::optional<LiveGeneration> look_for_live(const LiveRecord& live);
  bool changed_since(const LiveRecord& live, const GenerationRecord& record);
  void set_state(Transaction& tx, const std::string& generation_id, const std::string& state);
  std::string step_back_from(const LiveRecord& live);
  std::set<std::string> needed(Transaction& tx);  // never pruned
  void archive(GenerationRecord& record);
  void remove_leftover(const GenerationRecord& record);
  void drop_old_backups(const std::vector<GenerationRecord>& all, std::set<std::string> wanted,
                        int retention_days);
  std::string back_up_locked(GenerationRecord& record);
  std::unique_ptr<FileLock> lock();

  Env& env_;
  Store& store_;
  Path workspace_;
  std::string tenant_;
  Backups backups_;
  int64_t fence_ = 0;  // 0: none
};

}  // namespace pawl::learn
