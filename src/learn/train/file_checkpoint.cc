#include "learn/train/file_checkpoint.h"

namespace pawl::learn {

FileCheckpoint::FileCheckpoint(Env& env, Path file, std::chrono::milliseconds every)
    : env_(env),
      file_(std::move(file)),
      every_(every),
      next_(std::chrono::steady_clock::now() + every) {}

std::string FileCheckpoint::load() {
  constexpr uint64_t kMost = uint64_t{4} << 30;
  return env_.exists(file_) ? env_.read_file(file_, {.max_bytes = kMost}) : std::string();
}

bool FileCheckpoint::is_due() {
  return std::chrono::steady_clock::now() >= next_;
}

void FileCheckpoint::save(std::string_view state) {
  Path fresh = file_;
  fresh += ".new";
  env_.create_directories(file_.parent_path());
  env_.write_file(fresh, state, false);
  env_.rename(fresh, file_);
  next_ = std::chrono::steady_clock::now() + every_;
}

void FileCheckpoint::remove() {
  if (env_.exists(file_)) env_.remove_all(file_);
}

}  // namespace pawl::learn
