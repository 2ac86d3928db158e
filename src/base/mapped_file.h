// A file's bytes, shared with every process that maps the same file and read when they are looked
// at.
#pragma once

#include <memory>
#include <string_view>

#include "base/env.h"

namespace pawl {

// Stays valid when the file is removed or replaced; nobody may change it in place meanwhile.
// Immutable; safe from any number of threads.
class MappedFile {
 public:
  // Throws Error(kIo or kNotFound) naming the path, kFormat for what is no regular file.
  static std::shared_ptr<const MappedFile> open(const Path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  MappedFile(const char* bytes, size_t size) : bytes_(bytes), size_(size) {}

  const char* bytes_;  // null: an empty file
  size_t size_;
};

}  // namespace pawl
