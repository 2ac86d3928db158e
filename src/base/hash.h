// Hashes whose values the outside relies on, and content digests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

// MurmurHash2, 64-bit variant A (Appleby). spaCy's string ids are this with seed 1.
uint64_t murmur2_64a(const void* data, size_t size, uint64_t seed);

// MurmurHash3 x86 128-bit (Appleby), as four 32-bit words.
std::array<uint32_t, 4> murmur3_x86_128(const void* data, size_t size, uint32_t seed);

// MurmurHash3 x64 128-bit of one 64-bit key, as four 32-bit words. What thinc's ops.hash gives for
// each id, in spite of its name there.
inline std::array<uint32_t, 4> murmur3_x64_128(uint64_t key, uint32_t seed) {
  const auto mix = [](uint64_t h) {
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
  };
  key *= 0x87c37b91114253d5u;
  key = (key << 31 | key >> 33) * 0x4cf5ad432745937fu;
  uint64_t h2 = uint64_t{seed} ^ 8;
  uint64_t h1 = (key ^ h2) + h2;
  h2 += h1;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 += h2;
  h2 += h1;
  return {static_cast<uint32_t>(h1), static_cast<uint32_t>(h1 >> 32), static_cast<uint32_t>(h2),
          static_cast<uint32_t>(h2 >> 32)};
}

// BLAKE2b with a 32-byte digest, as 64 lower-case hexadecimal digits.
std::string blake2b_hex(std::string_view data);

// HMAC-SHA-256 (RFC 2104), as 64 lower-case hexadecimal digits. The key may have any length.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

// Takes as long for any two texts of one length, so that the time tells nothing of a secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// BLAKE2b over a stream of pieces.
class Blake2b {
 public:
  Blake2b();
  void update(std::string_view piece);
  std::string hex();  // ends the stream; call once

 private:
  alignas(64) std::array<unsigned char, 512> state_;
};

}  // namespace pawl
