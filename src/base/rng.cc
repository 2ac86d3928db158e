#include "base/rng.h"

#include <bit>
#include <cassert>
#include <cmath>

namespace pawl {

Rng::Rng(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    word = z ^ z >> 31;
  }
}

uint64_t Rng::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// Lemire's multiplication, with rejection of the short last interval.
uint64_t Rng::below(uint64_t limit) {
  assert(limit > 0);
  using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next()) * limit;
  if (static_cast<uint64_t>(product) < limit) {
    const uint64_t threshold = (0 - limit) % limit;
    while (static_cast<uint64_t>(product) < threshold) product = static_cast<Wide>(next()) * limit;
  }
  return static_cast<uint64_t>(product >> 64);
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::normal() {
  for (;;) {
    const double u = 2 * uniform() - 1, v = 2 * uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

}  // namespace pawl
