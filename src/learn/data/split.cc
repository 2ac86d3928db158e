#include "learn/data/split.h"

#include "base/error.h"
#include "base/hash.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kSeed =
    0x7061776cu;  // not spaCy's seed: splits must not correlate with string ids

bool is_folded(unsigned char c) {
  return c <= 0x20 || (c >= 0x21 && c <= 0x2f) || (c >= 0x3a && c <= 0x40) ||
         (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7f);
}

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

std::string normalize_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (is_folded(c)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : raw;
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string text_key(std::string_view text) {
  return blake2b_hex(normalize_text(text)).substr(0, 32);
}

}  // namespace pawl::learn
