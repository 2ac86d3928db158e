#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"

namespace pawl {
namespace {

[[noreturn]] void fail_to_read(const Path& path, int code) {
  const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo;
  throw Error(kind, "cannot read " + path.string() + ": " + std::generic_category().message(code));
}

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const Path& path) {
  // Without blocking: a pipe with nobody at its other end would wait for ever.
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) fail_to_read(path, errno);
  const Descriptor file{opened};
  struct stat status;
  if (::fstat(file.fd, &status) != 0) fail_to_read(path, errno);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::kFormat, path.string() + ": is not a regular file");
  const auto size = static_cast<size_t>(status.st_size);
  const char* bytes = nullptr;
  if (size > 0) {
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (mapped == MAP_FAILED) fail_to_read(path, errno);
    bytes = static_cast<const char*>(mapped);
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(bytes, size));
}

MappedFile::~MappedFile() {
  if (bytes_ != nullptr) ::munmap(const_cast<char*>(bytes_), size_);
}

}  // namespace pawl
