#include "learn/deploy/generation_folder.h"

#include <algorithm>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/hash.h"
#include "learn/deploy/manifest.h"

namespace pawl::learn {
namespace {

using TryLock = std::unique_ptr<FileLock> (*)(const Path&);

// The manifest is what is locked: it is in every folder, and may be read by whoever may read the
// rest. A folder that was replaced between opening and locking has another one.
std::unique_ptr<FileLock> lock_manifest(const Path& folder, TryLock try_lock) {
  const Path manifest = folder / kManifestName;
  auto lock = try_lock(manifest);
  return lock != nullptr && lock->is_at(manifest) ? std::move(lock) : nullptr;
}

}  // namespace

Path generation_folder(const Path& root, const std::string& generation_id) {
  const bool plain = !generation_id.empty() && generation_id[0] != '.' &&
                     std::all_of(generation_id.begin(), generation_id.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
                     });
  if (!plain)
    throw Error(ErrorKind::kInvalidInput,
                "\"" + generation_id + "\" is not the id of a generation");
  return root / generation_id;
}

void write_generation(Env& env, const Path& folder, GenerationRecord& record,
                      const std::function<void(const Path& pipeline)>& write) {
  write_folder_atomically(env, folder, [&](const Path& fresh) {
    write(fresh / "pipeline");
    const std::string manifest = describe_folder(env, fresh, record);
    record.manifest_hash = blake2b_hex(manifest);
    env.write_file(fresh / kManifestName, manifest, false);
  });
}

std::unique_ptr<FileLock> hold_folder(const Path& folder) {
  return lock_manifest(folder, &FileLock::try_share);
}

std::unique_ptr<FileLock> claim_folder(const Path& folder) {
  return lock_manifest(folder, &FileLock::try_acquire_existing);
}

std::string damage_of(Env& env, const Path& folder, const GenerationRecord& record) {
  return compare_with_manifest(env, folder, record.manifest_hash);
}

}  // namespace pawl::learn
