#include "base/hash.h"

#include <sodium.h>

#include <bit>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace pawl {

namespace {

constexpr size_t kDigestBytes = 32;

template <typename T>
T load(const unsigned char* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

uint32_t mix32(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ h >> 16;
}

// One lane of MurmurHash3 x86 128: multiply, rotate, multiply.
struct Lane {
  uint32_t first, second;
  int rotate;
  uint32_t scramble(uint32_t k) const { return std::rotl(k * first, rotate) * second; }
};

constexpr uint32_t kC1 = 0x239b961b, kC2 = 0xab0e9789, kC3 = 0x38b34ae5, kC4 = 0xa1e38b93;
constexpr Lane kLanes[4] = {{kC1, kC2, 15}, {kC2, kC3, 16}, {kC3, kC4, 17}, {kC4, kC1, 18}};

crypto_generichash_state* state_of(std::array<unsigned char, 512>& bytes) {
  static_assert(sizeof(crypto_generichash_state) <= 512);
  return reinterpret_cast<crypto_generichash_state*>(bytes.data());
}

std::string to_hex(const unsigned char (&digest)[kDigestBytes]) {
  char text[2 * kDigestBytes + 1];
  sodium_bin2hex(text, sizeof(text), digest, kDigestBytes);
  return text;
}

}  // namespace

uint64_t murmur2_64a(const void* data, size_t size, uint64_t seed) {
  constexpr uint64_t kMul = 0xc6a4a7935bd1e995u;
  const auto* p = static_cast<const unsigned char*>(data);
  uint64_t h = seed ^ (size * kMul);
  for (size_t blocks = size / 8; blocks > 0; --blocks, p += 8) {
    uint64_t k = load<uint64_t>(p) * kMul;
    k ^= k >> 47;
    h = (h ^ k * kMul) * kMul;
  }
  const size_t tail = size & 7;
  if (tail != 0) {
    uint64_t k = 0;
    for (size_t i = 0; i < tail; ++i) k |= uint64_t{p[i]} << (8 * i);
    h = (h ^ k) * kMul;
  }
  h ^= h >> 47;
  h *= kMul;
  return h ^ h >> 47;
}

std::array<uint32_t, 4> murmur3_x86_128(const void* data, size_t size, uint32_t seed) {
  constexpr uint32_t kAdd[4] = {0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17};
  constexpr int kRotate[4] = {19, 17, 15, 13};
  const auto* p = static_cast<const unsigned char*>(data);
  std::array<uint32_t, 4> h = {seed, seed, seed, seed};
  for (size_t blocks = size / 16; blocks > 0; --blocks, p += 16) {
    for (size_t i = 0; i < 4; ++i) {
      h[i] ^= kLanes[i].scramble(load<uint32_t>(p + 4 * i));
      h[i] = (std::rotl(h[i], kRotate[i]) + h[(i + 1) % 4]) * 5 + kAdd[i];
    }
  }
  const size_t tail = size & 15;
  uint32_t words[4] = {};
  for (size_t i = 0; i < tail; ++i) words[i / 4] |= uint32_t{p[i]} << (8 * (i % 4));
  for (size_t i = 0; i * 4 < tail; ++i) h[i] ^= kLanes[i].scramble(words[i]);

  for (uint32_t& word : h) word ^= static_cast<uint32_t>(size);
  const auto spread = [&] {
    h[0] += h[1] + h[2] + h[3];
    for (size_t i = 1; i < 4; ++i) h[i] += h[0];
  };
  spread();
  for (uint32_t& word : h) word = mix32(word);
  spread();
  return h;
}

std::string blake2b_hex(std::string_view data) {
  Blake2b hash;
  hash.update(data);
  return hash.hex();
}

Blake2b::Blake2b() {
  static const int ready = sodium_init();
  if (ready < 0) throw Error(ErrorKind::kInternal, "libsodium cannot be initialised");
  crypto_generichash_init(state_of(state_), nullptr, 0, kDigestBytes);
}

void Blake2b::update(std::string_view piece) {
  crypto_generichash_update(state_of(state_), reinterpret_cast<const unsigned char*>(piece.data()),
                            piece.size());
}

std::string Blake2b::hex() {
  unsigned char digest[kDigestBytes];
  crypto_generichash_final(state_of(state_), digest, kDigestBytes);
  return to_hex(digest);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()),
                              key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(data.data()),
                                data.size());
  unsigned char digest[crypto_auth_hmacsha256_BYTES];
  static_assert(sizeof digest == kDigestBytes);
  crypto_auth_hmacsha256_final(&state, digest);
  return to_hex(digest);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pawl
