// The real Env, but the Nth change to the disk fails as a full disk does, and all that follow.
#pragma once

#include <string>

#include "base/env.h"
#include "base/error.h"

namespace pawl::test {

class FaultyEnv : public Env {
 public:
  // Changes that still succeed; negative: all.
  int64_t changes_left = -1;
  int64_t changes = 0;
  int64_t clock_offset = 0;
  bool can_exchange = true;  // false: as on a file system that cannot swap two entries

  // Reading any file below this fails as for somebody without permission; empty: none.
  Path unreadable;

  std::string read_file(const Path& path, const ReadLimits& limits = {}) override {
    if (!unreadable.empty() && path.string().starts_with(unreadable.string()))
      throw Error(ErrorKind::kIo, path.string() + ": Permission denied");
    return real_.read_file(path, limits);
  }
  void write_file(const Path& path, std::string_view bytes, bool sync, int mode = 0600) override {
    try {
      change(path);
    } catch (const Error&) {
      real_.write_file(path, bytes.substr(0, bytes.size() / 2), false, mode);
      throw;
    }
    real_.write_file(path, bytes, sync, mode);
  }
  void sync_directory(const Path& path) override {
    change(path);
    real_.sync_directory(path);
  }
  void sync_file(const Path& path) override {
    change(path);
    real_.sync_file(path);
  }
  void create_directories(const Path& path, int mode = 0700) override {
    if (!real_.is_directory(path)) change(path);
    real_.create_directories(path, mode);
  }
  void rename(const Path& from, const Path& to) override {
    change(from);
    real_.rename(from, to);
  }
  bool exchange(const Path& a, const Path& b) override {
    if (!can_exchange) return false;
    change(a);
    return real_.exchange(a, b);
  }
  void remove_all(const Path& path) override { real_.remove_all(path); }
  bool exists(const Path& path) override { return real_.exists(path); }
  bool is_directory(const Path& path) override { return real_.is_directory(path); }
  std::vector<std::string> list_directory(const Path& path) override {
    return real_.list_directory(path);
  }
  std::vector<std::string> list_files(const Path& path) override { return real_.list_files(path); }
  int64_t now_micros() override { return real_.now_micros() + clock_offset; }
  void random_bytes(void* out, size_t size) override { real_.random_bytes(out, size); }

 private:
  void change(const Path& path) {
    ++changes;
    if (changes_left == 0) throw Error(ErrorKind::kIo, path.string() + ": No space left on device");
    if (changes_left > 0) --changes_left;
  }

  Env& real_ = Env::real();
};

}  // namespace pawl::test
