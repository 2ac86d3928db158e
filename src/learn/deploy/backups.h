// Compressed, content-addressed backups of folders: backups/blobs/<hash>.zst and backups/<id>.json.
// A file that did not change between two generations is stored once.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/env.h"

namespace pawl::learn {

struct BackupInfo {
  std::string backup_id;
  std::string generation_id;
  int64_t created_at = 0;
  uint64_t bytes = 0;  // of the files as they were
  size_t files = 0;
};

// Files have mode 0600, folders 0700. Every read verifies the BLAKE2b of what was unpacked. Throws
// Error(kFormat) for damage, naming the blob or the file.
class Backups {
 public:
  Backups(Env& env, Path workspace);

  // Every file below `folder`. The id is given back.
  std::string create(const Path& folder, const std::string& generation_id);
  // Into `target`, which must not exist, or is replaced; it appears whole (by rename) or not at
  // all.
  void restore(const std::string& backup_id, const Path& target, bool replace = false);
  void verify(const std::string& backup_id);
  std::vector<BackupInfo> list();  // oldest first; damaged manifests are left out
  // Removes backups older than `retention_days`, except those of the generations in `keep`, and
  // then the blobs that no backup needs. Returns how many backups went.
  size_t expire(int retention_days, const std::set<std::string>& keep_generations);
  // Removes what killed writers left half written. Not while a backup is being made.
  void sweep();
  // Removes all backups of these generations, those that cannot be read any more, and the blobs that
  // no other backup needs (erasure).
  void remove_of(const std::set<std::string>& generation_ids);

 private:
  Path blob_path(const std::string& hash) const;
  Path manifest_path(const std::string& backup_id) const;
  void store_blob(const std::string& hash, const std::string& bytes);
  std::string load_blob(const std::string& hash, uint64_t size);
  void remove_unused_blobs();

  Env& env_;
  Path folder_;
};

}  // namespace pawl::learn
