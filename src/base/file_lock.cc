#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/env.h"
#include "base/error.h"

namespace pawl {
namespace {

[[noreturn]] void fail_to_lock(const Path& path, int code) {
  const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo;
  throw Error(kind, "cannot lock " + path.string() + ": " + std::generic_category().message(code));
}

int open_for_lock(const Path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) fail_to_lock(path, errno);
  return fd;
}

// False, with the descriptor closed, when another holder is in the way.
bool lock_now(int fd, int kind, const Path& path) {
  int code = 0;
  do code = ::flock(fd, kind | LOCK_NB) == 0 ? 0 : errno;
  while (code == EINTR);
  if (code == 0) return true;
  ::close(fd);
  if (code != EWOULDBLOCK) fail_to_lock(path, code);
  return false;
}

}  // namespace

std::unique_ptr<FileLock> FileLock::try_acquire(const Path& path) {
  const int fd = open_for_lock(path, O_RDWR | O_CREAT);
  return lock_now(fd, LOCK_EX, path) ? std::unique_ptr<FileLock>(new FileLock(fd)) : nullptr;
}

std::unique_ptr<FileLock> FileLock::try_acquire_existing(const Path& path) {
  const int fd = open_for_lock(path, O_RDONLY);
  return lock_now(fd, LOCK_EX, path) ? std::unique_ptr<FileLock>(new FileLock(fd)) : nullptr;
}

std::unique_ptr<FileLock> FileLock::try_share(const Path& path) {
  const int fd = open_for_lock(path, O_RDONLY);
  return lock_now(fd, LOCK_SH, path) ? std::unique_ptr<FileLock>(new FileLock(fd)) : nullptr;
}

bool FileLock::is_at(const Path& path) const {
  struct stat held, found;
  return ::fstat(fd_, &held) == 0 && ::stat(path.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

FileLock::~FileLock() {
  ::close(fd_);
}

}  // namespace pawl
