#include "base/folder_writer.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace pawl {
namespace {

constexpr std::string_view kFresh = ".tmp-";  // being written, or being removed
constexpr std::string_view kAside = ".old-";  // moved aside to make room
constexpr size_t kUuidLength = 36;

Path beside(Env& env, const Path& target, std::string_view mark) {
  return target.string() + std::string(mark) + new_uuid(env);
}

Path parent_of(const Path& path) {
  return path.has_parent_path() ? path.parent_path() : Path(".");
}

// The deepest first, so that a folder is complete before its entry is.
void sync_tree(Env& env, const Path& folder) {
  std::set<Path> folders = {folder};
  for (const std::string& name : env.list_files(folder)) {
    env.sync_file(folder / name);
    for (Path up = (folder / name).parent_path(); up != folder; up = up.parent_path())
      folders.insert(up);
  }
  for (auto at = folders.rbegin(); at != folders.rend(); ++at) env.sync_directory(*at);
}

void remove_quietly(Env& env, const Path& path) {
  try {
    env.remove_all(path);
  } catch (const Error&) {
    // Left for the next sweep; the error that led here is the one to tell.
  }
}

// Its lock says that somebody is writing here.
std::unique_ptr<FileLock> make_locked(Env& env, const Path& folder, int mode) {
  for (;;) {
    env.create_directories(folder, mode);
    auto lock = FileLock::try_acquire_existing(folder);
    // A sweep may have seen it before it was locked.
    if (lock != nullptr && lock->is_at(folder)) return lock;
  }
}

void put_in_place(Env& env, const Path& fresh, const Path& target, bool replace) {
  if (!replace || !env.exists(target)) {
    env.rename(fresh, target);
  } else if (!env.exchange(fresh, target)) {
    const Path aside = beside(env, target, kAside);
    env.rename(target, aside);
    try {
      env.rename(fresh, target);
    } catch (...) {
      env.rename(aside, target);
      throw;
    }
    env.rename(aside, fresh);
  }
  env.sync_directory(parent_of(target));
}

bool is_uuid(std::string_view text) {
  return text.size() == kUuidLength &&
         text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

// The target's name when `entry` is one that `mark` was put behind.
std::string target_of(std::string_view entry, std::string_view mark) {
  const size_t at = entry.rfind(mark);
  if (at == std::string_view::npos || !is_uuid(entry.substr(at + mark.size()))) return "";
  return std::string(entry.substr(0, at));
}

bool sweep_entry(Env& env, const Path& parent, const std::string& entry, std::string_view name) {
  const std::string fresh = target_of(entry, kFresh), aside = target_of(entry, kAside);
  const std::string& target = fresh.empty() ? aside : fresh;
  if (target.empty() || !target.starts_with(name) || !env.is_directory(parent / entry))
    return false;
  const auto lock = FileLock::try_acquire_existing(parent / entry);
  if (lock == nullptr) return false;
  if (!aside.empty() && !env.exists(parent / aside)) {
    env.rename(parent / entry, parent / aside);
    return false;
  }
  env.remove_all(parent / entry);
  return true;
}

}  // namespace

void write_folder_atomically(Env& env, const Path& given,
                             const std::function<void(const Path& folder)>& write,
                             const FolderOptions& options) {
  const Path target = given.has_filename() ? given : given.parent_path();
  const Path parent = parent_of(target);
  env.create_directories(parent, options.mode);
  sweep_folder_leftovers(env, parent, target.filename().string());
  const Path fresh = beside(env, target, kFresh);
  const auto lock = make_locked(env, fresh, options.mode);
  try {
    write(fresh);
    sync_tree(env, fresh);
    put_in_place(env, fresh, target, options.replace);
  } catch (...) {
    remove_quietly(env, fresh);
    throw;
  }
  // What stood there before, if anything did.
  remove_quietly(env, fresh);
}

void remove_folder_atomically(Env& env, const Path& folder) {
  const Path doomed = beside(env, folder, kFresh);
  env.rename(folder, doomed);
  env.sync_directory(parent_of(folder));
  env.remove_all(doomed);
}

size_t sweep_folder_leftovers(Env& env, const Path& parent, std::string_view name) {
  if (!env.is_directory(parent)) return 0;
  size_t removed = 0;
  for (const std::string& entry : env.list_directory(parent)) {
    try {
      removed += sweep_entry(env, parent, entry, name);
    } catch (const Error& error) {
      // Another sweep was quicker, or it belongs to somebody else.
      if (error.kind() != ErrorKind::kNotFound && error.kind() != ErrorKind::kIo) throw;
    }
  }
  return removed;
}

}  // namespace pawl
