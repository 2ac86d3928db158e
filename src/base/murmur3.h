// MurmurHash3 x64 128-bit (Appleby) of any bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pawl {

// As four 32-bit words, the low one of each half first. base/hash.h has the same for a single
// 64-bit key.
std::array<uint32_t, 4> murmur3_x64_128(std::string_view bytes, uint32_t seed);

}  // namespace pawl
