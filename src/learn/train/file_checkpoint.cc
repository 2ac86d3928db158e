#include "learn/train/file_checkpoint.h"

#include "base/hash.h"

namespace pawl::learn {
namespace {

constexpr size_t kDigestLength = 64;  // of BLAKE2b-256 in hexadecimal

}  // namespace

FileCheckpoint::FileCheckpoint(Env& env, Path file, std::chrono::milliseconds every)
    : env_(env),
      file_(std::move(file)),
      every_(every),
      next_(std::chrono::steady_clock::now() + every) {}

std::string FileCheckpoint::load() {
  constexpr uint64_t kMost = uint64_t{4} << 30;
  if (!env_.exists(file_)) return {};
  std::string kept = env_.read_file(file_, {.max_bytes = kMost});
  if (kept.size() < kDigestLength) return {};
  const std::string digest = kept.substr(0, kDigestLength);
  kept.erase(0, kDigestLength);
  return blake2b_hex(kept) == digest ? kept : std::string();
}

bool FileCheckpoint::is_due() {
  return std::chrono::steady_clock::now() >= next_;
}

void FileCheckpoint::save(std::string_view state) {
  Path fresh = file_;
  fresh += ".new";
  env_.create_directories(file_.parent_path());
  env_.write_file(fresh, blake2b_hex(state) + std::string(state), false);
  env_.rename(fresh, file_);
  next_ = std::chrono::steady_clock::now() + every_;
}

void FileCheckpoint::remove() {
  if (env_.exists(file_)) env_.remove_all(file_);
}

}  // namespace pawl::learn
