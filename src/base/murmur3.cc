#include "base/murmur3.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace pawl {
namespace {

uint64_t load(const char* p) {
  uint64_t value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

uint64_t mix64(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  return h ^ h >> 33;
}

}  // namespace

std::array<uint32_t, 4> murmur3_x64_128(std::string_view bytes, uint32_t seed) {
  constexpr uint64_t kFirst = 0x87c37b91114253d5u, kSecond = 0x4cf5ad432745937fu;
  const auto scramble_low = [](uint64_t k) { return std::rotl(k * kFirst, 31) * kSecond; };
  const auto scramble_high = [](uint64_t k) { return std::rotl(k * kSecond, 33) * kFirst; };
  const char* p = bytes.data();
  uint64_t low = seed, high = seed;
  for (size_t blocks = bytes.size() / 16; blocks > 0; --blocks, p += 16) {
    low = (std::rotl(low ^ scramble_low(load(p)), 27) + high) * 5 + 0x52dce729u;
    high = (std::rotl(high ^ scramble_high(load(p + 8)), 31) + low) * 5 + 0x38495ab5u;
  }
  char tail[16] = {};
  std::memcpy(tail, p, bytes.size() & 15);
  // A half of zeros changes nothing: scrambled, it is zero.
  high ^= scramble_high(load(tail + 8)) ^ bytes.size();
  low ^= scramble_low(load(tail)) ^ bytes.size();
  low += high;
  high += low;
  low = mix64(low);
  high = mix64(high);
  low += high;
  high += low;
  return {static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32), static_cast<uint32_t>(high),
          static_cast<uint32_t>(high >> 32)};
}

}  // namespace pawl
