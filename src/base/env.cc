#include "base/env.h"

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace pawl {

namespace fs = std::filesystem;

namespace {

std::string hint(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space and try again";
    case EACCES:
    case EPERM:
      return "; check who owns it and its mode";
    case EROFS:
      return "; choose a folder that can be written";
    case EMFILE:
    case ENFILE:
      return "; raise the limit on open files";
    default:
      return "";
  }
}

[[noreturn]] void fail(const char* doing, const Path& path, int code) {
  const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo;
  throw Error(kind, std::string("cannot ") + doing + " " + path.string() + ": " +
                        std::generic_category().message(code) + hint(code));
}

class Descriptor {
 public:
  Descriptor(const char* doing, const Path& path, int flags, mode_t mode = 0) {
    do fd_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    while (fd_ < 0 && errno == EINTR);
    if (fd_ < 0) fail(doing, path, errno);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }

  // Some file systems report a failed write only here.
  void close(const char* doing, const Path& path) {
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0 && errno != EINTR) fail(doing, path, errno);
  }

 private:
  int fd_ = -1;
};

size_t read_some(int fd, char* out, size_t size, const Path& path) {
  for (;;) {
    const ssize_t got = ::read(fd, out, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) fail("read", path, errno);
  }
}

// Pipes that a shell made for a command's output are read; others may never be written to.
bool is_shell_pipe(const Path& path) {
  const std::string& name = path.native();
  return name.starts_with("/dev/") || name.starts_with("/proc/");
}

// Files whose size says little of what they hold.
bool is_mostly_hole(const struct stat& status) {
  constexpr off_t kLarge = off_t{64} << 20;
  constexpr off_t kBlock = 512, kShare = 16;
  return status.st_size > kLarge && status.st_blocks * kBlock < status.st_size / kShare;
}

[[noreturn]] void no_file(const Path& path, const char* what) {
  throw Error(ErrorKind::kFormat, path.string() + " is " + what + ", not a file that can be read");
}

[[noreturn]] void too_large(const Path& path, uint64_t limit) {
  throw Error(ErrorKind::kFormat,
              path.string() + " is larger than the limit of " + std::to_string(limit) + " bytes");
}

struct OpenFile {
  Descriptor descriptor;
  size_t size;  // as it was when it was opened
};

OpenFile open_to_read(const Path& path, const ReadLimits& limits) {
  // Without O_NONBLOCK a pipe that nobody writes to would be waited for.
  Descriptor file("read", path, is_shell_pipe(path) ? O_RDONLY : O_RDONLY | O_NONBLOCK);
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail("read", path, errno);
  if (S_ISDIR(status.st_mode)) fail("read", path, EISDIR);
  if (!S_ISREG(status.st_mode) && !is_shell_pipe(path)) no_file(path, "a pipe or device");
  if (is_mostly_hole(status)) no_file(path, "almost nothing but holes");
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > limits.max_bytes) too_large(path, limits.max_bytes);
  return {std::move(file), size};
}

size_t read_up_to(int fd, char* out, size_t size, const Path& path) {
  size_t done = 0;
  while (done < size) {
    const size_t got = read_some(fd, out + done, size - done, path);
    if (got == 0) break;
    done += got;
  }
  return done;
}

class RealEnv : public Env {
 public:
  std::string read_file(const Path& path, const ReadLimits& limits) override {
    const OpenFile file = open_to_read(path, limits);
    std::string bytes(file.size, '\0');
    bytes.resize(read_up_to(file.descriptor.get(), bytes.data(), bytes.size(), path));
    // What grew meanwhile, and pipes, whose size is not known beforehand.
    char more[4096];
    while (const size_t got = read_some(file.descriptor.get(), more, sizeof(more), path)) {
      if (bytes.size() + got > limits.max_bytes) too_large(path, limits.max_bytes);
      bytes.append(more, got);
    }
    return bytes;
  }

  ScratchBytes read_bytes(const Path& path, const ReadLimits& limits) override {
    {
      const OpenFile file = open_to_read(path, limits);
      ScratchBytes bytes(file.size);
      char more;
      if (read_up_to(file.descriptor.get(), bytes.data(), bytes.size(), path) == bytes.size() &&
          read_some(file.descriptor.get(), &more, 1, path) == 0)
        return bytes;
    }
    return Env::read_bytes(path, limits);  // it changes while it is read
  }

  void write_file(const Path& path, std::string_view bytes, bool sync, int mode) override {
    Descriptor file("write", path, O_WRONLY | O_CREAT | O_TRUNC, static_cast<mode_t>(mode));
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
      if (put < 0 && errno != EINTR) fail("write", path, errno);
      if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
    }
    if (sync && ::fsync(file.get()) != 0) fail("sync", path, errno);
    file.close("write", path);
  }

  void sync_directory(const Path& path) override {
    const Descriptor folder("sync", path, O_RDONLY | O_DIRECTORY);
    // Some file systems cannot sync a folder; they then keep its entries in order by themselves.
    if (::fsync(folder.get()) != 0 && errno != EINVAL) fail("sync", path, errno);
  }

  void create_directories(const Path& path, int mode) override {
    Path partial;
    for (const Path& part : path.lexically_normal()) {
      partial /= part;
      if (partial.empty() || part.empty() ||
          ::mkdir(partial.c_str(), static_cast<mode_t>(mode)) == 0) {
        continue;
      }
      const int code = errno;
      if (!is_directory(partial)) fail("create folder", partial, code);
    }
  }

  void rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    const int code = errno;
    fail(("rename to " + to.string() + " the file").c_str(), from, code);
  }

  void remove_all(const Path& path) override {
    std::error_code code;
    fs::remove_all(path, code);
    if (code) fail("remove", path, code.value());
  }

  bool exists(const Path& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    fail("look at", path, errno);
  }

  bool is_directory(const Path& path) override {
    struct stat status;
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }

  std::vector<std::string> list_directory(const Path& path) override {
    std::vector<std::string> names;
    std::error_code code;
    fs::directory_iterator at(path, code);
    for (; !code && at != fs::directory_iterator(); at.increment(code)) {
      names.push_back(at->path().filename().string());
    }
    if (code) fail("list", path, code.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::vector<std::string> list_files(const Path& path) override {
    std::vector<std::string> files;
    std::error_code code;
    fs::recursive_directory_iterator at(path, code);
    for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
      if (at->is_symlink()) {
        throw Error(ErrorKind::kFormat,
                    at->path().string() + " is a symbolic link; put the file itself there");
      }
      if (at->is_regular_file())
        files.push_back(at->path().lexically_relative(path).generic_string());
    }
    if (code) fail("list", path, code.value());
    std::sort(files.begin(), files.end());
    return files;
  }

  int64_t now_micros() override {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  }

  void random_bytes(void* out, size_t size) override {
    auto* at = static_cast<char*>(out);
    while (size > 0) {
      const ssize_t got = ::getrandom(at, size, 0);
      if (got < 0 && errno != EINTR) fail("read", "the system's random numbers", errno);
      if (got > 0) {
        at += got;
        size -= static_cast<size_t>(got);
      }
    }
  }
};

}  // namespace

ScratchBytes Env::read_bytes(const Path& path, const ReadLimits& limits) {
  const std::string content = read_file(path, limits);
  ScratchBytes bytes(content.size());
  std::copy(content.begin(), content.end(), bytes.data());
  return bytes;
}

void Env::sync_file(const Path& path) {
  const Descriptor file("sync", path, O_RDONLY);
  if (::fsync(file.get()) != 0) fail("sync", path, errno);
}

bool Env::exchange(const Path& a, const Path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  const int code = errno;
  if (code == ENOSYS || code == EINVAL || code == ENOTSUP) return false;
  fail(("exchange with " + b.string() + " the folder").c_str(), a, code);
}

Env& Env::real() {
  static RealEnv env;
  return env;
}

void write_file_atomically(Env& env, const Path& path, std::string_view bytes, int mode) {
  Path temporary = path;
  temporary += ".tmp-" + new_uuid(env);
  try {
    env.write_file(temporary, bytes, true, mode);
    env.rename(temporary, path);
  } catch (...) {
    try {
      env.remove_all(temporary);
    } catch (const Error&) {
      // The first error is the one to tell.
    }
    throw;
  }
  const Path parent = path.parent_path();
  env.sync_directory(parent.empty() ? "." : parent);
}

}  // namespace pawl
