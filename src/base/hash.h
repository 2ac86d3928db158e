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

// BLAKE2b with a 32-byte digest, as 64 lower-case hexadecimal digits.
std::string blake2b_hex(std::string_view data);

// The same over a stream of pieces.
class Blake2b {
 public:
  Blake2b();
  void update(std::string_view piece);
  std::string hex();  // ends the stream; call once

 private:
  alignas(64) std::array<unsigned char, 512> state_;
};

}  // namespace pawl
