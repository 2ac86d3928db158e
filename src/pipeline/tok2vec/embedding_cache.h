// Vectors of words that were computed before. A word's vector depends on nothing but its
// attributes, and most words of a text are common ones.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <shared_mutex>
#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl {

// Of fixed size, at most 16 MB and 32,768 words: a word has four slots to be in, and takes the
// place of the one that has been longest in them. Memory is used as words come. All functions are
// safe for concurrent use.
class EmbeddingCache {
 public:
  // Keys are `columns` ids long.
  EmbeddingCache(size_t columns, size_t width);

  // `keys` holds rows.rows keys. Fills the rows whose vectors are known; the others' indices become
  // `unknown`.
  void look_up(std::span<const uint64_t> keys, MatrixView rows,
               std::vector<uint32_t>& unknown) const;
  // Keeps rows.row(i) for each i of `indices`; nothing when another thread holds the cache.
  void store(std::span<const uint64_t> keys, ConstMatrixView rows,
             std::span<const uint32_t> indices);

 private:
  // The first of a word's slots, and what tells most other words in them from it; never zero.
  struct Place {
    size_t first;
    uint32_t tag;
  };
  static constexpr size_t kNone = SIZE_MAX;

  Place place(const uint64_t* key) const;
  size_t find(const Place& place, const uint64_t* key) const;  // a slot, or kNone

  size_t columns_;
  size_t width_;
  size_t sets_;
  // Zeros that cost nothing before they are written.
  template <typename T>
  static std::unique_ptr<T[], decltype(&std::free)> zeros(size_t count) {
    auto* memory = static_cast<T*>(std::calloc(count, sizeof(T)));
    if (memory == nullptr) throw std::bad_alloc();
    return {memory, &std::free};
  }

  mutable std::shared_mutex mutex_;
  // All four empty until the first word is stored.
  std::vector<uint32_t> tags_;  // per slot: 0 when it is free
  std::vector<uint8_t> next_;   // per set: which of its slots is filled next
  std::unique_ptr<uint64_t[], decltype(&std::free)> keys_ = {nullptr, &std::free};
  std::unique_ptr<float[], decltype(&std::free)> vectors_ = {nullptr, &std::free};
};

}  // namespace pawl
