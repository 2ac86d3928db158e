#include "learn/data/split.h"

#include "base/error.h"
#include "base/hash.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kSeed =
    0x7061776cu;  // not spaCy's seed: splits must not correlate with string ids

}  // namespace

std::string_view split_name(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kSelect:
      return "select";
    case Split::kCertify:
      return "certify";
  }
  return "train";
}

Split split_from_name(std::string_view name) {
  for (Split split : {Split::kTrain, Split::kSelect, Split::kCertify}) {
    if (split_name(split) == name) return split;
  }
  throw Error(ErrorKind::kFormat, "unknown split \"" + std::string(name) + "\"");
}

Split assign_split(std::string_view key, double validation_split) {
  const double x = static_cast<double>(murmur2_64a(key.data(), key.size(), kSeed) >> 11) * 0x1p-53;
  if (x >= validation_split) return Split::kTrain;
  return x < validation_split / 4 ? Split::kSelect : Split::kCertify;
}

}  // namespace pawl::learn
