// Pseudo-random numbers that are the same on every machine: xoshiro256** (Blackman, Vigna), seeded
// by SplitMix64.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pawl {

using std::size_t;

class Rng {
 public:
  explicit Rng(uint64_t seed);

  uint64_t next();                 // uniform over 64 bits
  uint64_t below(uint64_t limit);  // uniform over [0, limit), without bias; limit > 0
  double uniform();                // [0, 1), 53 bits
  double normal();                 // mean 0, variance 1 (polar method, one value a call)

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // The state, to be kept with a checkpoint.
  std::array<uint64_t, 4> state() const { return state_; }
  void set_state(const std::array<uint64_t, 4>& state) { state_ = state; }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace pawl
