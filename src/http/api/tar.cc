#include "http/api/tar.h"

#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace pawl::http {
namespace {

constexpr size_t kBlock = 512;

struct Head {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
      magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(Head) == kBlock);

Head head_of(const std::string& name, size_t size) {
  Head head{};
  const size_t cut =
      name.size() > sizeof head.name ? name.rfind('/', sizeof head.prefix) : std::string::npos;
  const std::string last = cut == std::string::npos ? name : name.substr(cut + 1);
  if (last.size() > sizeof head.name || size >= (uint64_t{1} << 33))
    throw Error(ErrorKind::kUnsupported, name + ": too long or too large for the archive");
  std::memcpy(head.name, last.data(), last.size());
  if (cut != std::string::npos) std::memcpy(head.prefix, name.data(), cut);
  std::snprintf(head.mode, sizeof head.mode, "%07o", 0644);
  std::snprintf(head.uid, sizeof head.uid, "%07o", 0);
  std::snprintf(head.gid, sizeof head.gid, "%07o", 0);
  std::snprintf(head.size, sizeof head.size, "%011llo", static_cast<unsigned long long>(size));
  std::snprintf(head.mtime, sizeof head.mtime, "%011o", 0);
  head.type = '0';
  std::memcpy(head.magic, "ustar", 6);
  std::memcpy(head.version, "00", 2);
  std::memset(head.checksum, ' ', sizeof head.checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof head; ++i) sum += reinterpret_cast<const unsigned char*>(&head)[i];
  std::snprintf(head.checksum, sizeof head.checksum, "%06o", sum & 0777777);
  return head;
}

}  // namespace

void TarArchive::add(const std::string& name, const std::string& content) {
  const Head head = head_of(name, content.size());
  bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
  bytes_ += content;
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

std::string TarArchive::finish() && {
  bytes_.append(2 * kBlock, '\0');
  return std::move(bytes_);
}

}  // namespace pawl::http
