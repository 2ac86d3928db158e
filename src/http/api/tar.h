// Files as one tar archive (POSIX ustar).
#pragma once

#include <string>

namespace pawl::http {

class TarArchive {
 public:
  // A regular file. Throws Error(kUnsupported) for a name or a size that ustar cannot hold.
  void add(const std::string& name, const std::string& content);

  // The whole archive; nothing may be added afterwards.
  std::string finish() &&;

 private:
  std::string bytes_;
};

}  // namespace pawl::http
