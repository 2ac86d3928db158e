#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/env.h"
#include "base/error.h"

namespace pawl {

std::unique_ptr<FileLock> FileLock::try_acquire(const Path& path) {
  const auto fail = [&](int code) {
    throw Error(ErrorKind::kIo,
                "cannot lock " + path.string() + ": " + std::generic_category().message(code));
  };
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fail(errno);
  int code = 0;
  do code = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  while (code == EINTR);
  if (code == 0) return std::unique_ptr<FileLock>(new FileLock(fd));
  ::close(fd);
  if (code != EWOULDBLOCK) fail(code);
  return nullptr;
}

FileLock::~FileLock() {
  ::close(fd_);
}

}  // namespace pawl
