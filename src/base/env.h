// Files, clock and randomness behind one interface, so that tests can inject faults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_pages.h"

namespace pawl {

using Path = std::filesystem::path;

struct ReadLimits {
  uint64_t max_bytes = uint64_t{4} << 30;
};

// All functions throw Error(kIo or kNotFound) naming the path and what the system said. Safe for
// concurrent use.
class Env {
 public:
  virtual ~Env() = default;

  virtual std::string read_file(const Path& path, const ReadLimits& limits = {}) = 0;
  // The same for what is read once and let go: large files cost less so.
  virtual ScratchBytes read_bytes(const Path& path, const ReadLimits& limits = {});
  // Writes and, with `sync`, flushes the file to the disk. Not atomic: see write_file_atomically.
  virtual void write_file(const Path& path, std::string_view bytes, bool sync, int mode = 0600) = 0;
  virtual void sync_directory(const Path& path) = 0;
  // Flushes a file that was written before.
  virtual void sync_file(const Path& path);
  virtual void create_directories(const Path& path, int mode = 0700) = 0;
  virtual void rename(const Path& from, const Path& to) = 0;
  // Swaps two entries at one stroke; false, and nothing changed, where the file system cannot.
  virtual bool exchange(const Path& a, const Path& b);
  virtual void remove_all(const Path& path) = 0;
  virtual bool exists(const Path& path) = 0;
  virtual bool is_directory(const Path& path) = 0;
  // Names of the entries, sorted. Symbolic links are listed; what follows them decides.
  virtual std::vector<std::string> list_directory(const Path& path) = 0;
  // Every regular file below `path`, relative, sorted, with '/' between. Throws Error(kFormat) at a
  // symbolic link.
  virtual std::vector<std::string> list_files(const Path& path) = 0;
  virtual int64_t now_micros() = 0;  // UTC, since 1970
  virtual void random_bytes(void* out, size_t size) = 0;

  static Env& real();
};

// Temporary name in the same folder, sync, rename, sync of the folder: readers see the old bytes or
// the new ones.
void write_file_atomically(Env& env, const Path& path, std::string_view bytes, int mode = 0600);

// An advisory lock on a file or folder (flock), released by the destructor and by the death of the
// process. Each function gives null when another holder is in the way, and throws
// Error(kNotFound or kIo) when the path cannot be opened.
class FileLock {
 public:
  // Exclusive; the file is made when it is absent.
  static std::unique_ptr<FileLock> try_acquire(const Path& path);
  // Exclusive, on a file or folder that exists and may be read.
  static std::unique_ptr<FileLock> try_acquire_existing(const Path& path);
  // Shared with other readers, on a file that exists and may be read.
  static std::unique_ptr<FileLock> try_share(const Path& path);
  // Whether the path still leads to what is locked.
  bool is_at(const Path& path) const;
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// RFC 3339 in UTC with microseconds, "2026-11-22T12:00:00.000000Z", and back (offsets accepted;
// throws Error).
std::string format_time(int64_t micros);
int64_t parse_time(std::string_view text);

// UUID version 7 (RFC 9562): sortable by time, 36 characters.
std::string new_uuid(Env& env);

}  // namespace pawl
