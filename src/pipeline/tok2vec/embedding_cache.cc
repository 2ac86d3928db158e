#include "pipeline/tok2vec/embedding_cache.h"

#include <algorithm>
#include <mutex>

namespace pawl {

namespace {

constexpr size_t kMaxSlots = 1 << 15;
constexpr size_t kCacheBytes = 16 << 20;
constexpr uint64_t kHashMultiplier = 0x9e3779b97f4a7c15u;

}  // namespace

EmbeddingCache::EmbeddingCache(size_t columns, size_t width)
    : columns_(columns),
      width_(width),
      slots_(std::clamp<size_t>(kCacheBytes / (width * sizeof(float)), 1, kMaxSlots)) {}

size_t EmbeddingCache::slot(const uint64_t* key) const {
  uint64_t hash = 0;
  for (size_t i = 0; i < columns_; ++i) hash = (hash ^ (hash >> 29) ^ key[i]) * kHashMultiplier;
  return (hash >> 32) % slots_;
}

bool EmbeddingCache::holds(size_t slot, const uint64_t* key) const {
  return used_[slot] != 0 && std::equal(key, key + columns_, keys_.get() + slot * columns_);
}

void EmbeddingCache::look_up(std::span<const uint64_t> keys, MatrixView rows,
                             std::vector<uint32_t>& unknown) const {
  unknown.clear();
  const std::shared_lock lock(mutex_);
  for (size_t i = 0; i < rows.rows; ++i) {
    const uint64_t* key = keys.data() + i * columns_;
    const size_t at = used_.empty() ? 0 : slot(key);
    if (!used_.empty() && holds(at, key)) {
      std::copy_n(vectors_.get() + at * width_, width_, rows.row(i));
    } else {
      unknown.push_back(static_cast<uint32_t>(i));
    }
  }
}

void EmbeddingCache::store(std::span<const uint64_t> keys, ConstMatrixView rows,
                           std::span<const uint32_t> indices) {
  if (indices.empty()) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (used_.empty()) {
    used_.assign(slots_, 0);
    keys_ = zeros<uint64_t>(slots_ * columns_);
    vectors_ = zeros<float>(slots_ * width_);
  }
  for (const uint32_t i : indices) {
    const uint64_t* key = keys.data() + i * columns_;
    const size_t at = slot(key);
    used_[at] = 1;
    std::copy_n(key, columns_, keys_.get() + at * columns_);
    std::copy_n(rows.row(i), width_, vectors_.get() + at * width_);
  }
}

}  // namespace pawl
