#include "pipeline/tok2vec/embedding_cache.h"

#include <algorithm>
#include <mutex>

namespace pawl {

namespace {

constexpr size_t kWays = 4;
constexpr size_t kMaxSets = (1 << 15) / kWays;
constexpr size_t kCacheBytes = 16 << 20;
constexpr uint64_t kHashMultiplier = 0x9e3779b97f4a7c15u;

}  // namespace

EmbeddingCache::EmbeddingCache(size_t columns, size_t width)
    : columns_(columns),
      width_(width),
      sets_(std::clamp<size_t>(kCacheBytes / (kWays * width * sizeof(float)), 1, kMaxSets)) {}

EmbeddingCache::Place EmbeddingCache::place(const uint64_t* key) const {
  uint64_t hash = 0;
  for (size_t i = 0; i < columns_; ++i) hash = (hash ^ (hash >> 29) ^ key[i]) * kHashMultiplier;
  return {(hash >> 32) % sets_ * kWays, static_cast<uint32_t>(hash) | 1};
}

size_t EmbeddingCache::find(const Place& place, const uint64_t* key) const {
  for (size_t slot = place.first; slot < place.first + kWays; ++slot) {
    if (tags_[slot] == place.tag && std::equal(key, key + columns_, keys_.get() + slot * columns_))
      return slot;
  }
  return kNone;
}

void EmbeddingCache::look_up(std::span<const uint64_t> keys, MatrixView rows,
                             std::vector<uint32_t>& unknown) const {
  unknown.clear();
  const std::shared_lock lock(mutex_);
  for (size_t i = 0; i < rows.rows; ++i) {
    const uint64_t* key = keys.data() + i * columns_;
    const size_t slot = tags_.empty() ? kNone : find(place(key), key);
    if (slot == kNone) {
      unknown.push_back(static_cast<uint32_t>(i));
    } else {
      std::copy_n(vectors_.get() + slot * width_, width_, rows.row(i));
    }
  }
}

void EmbeddingCache::store(std::span<const uint64_t> keys, ConstMatrixView rows,
                           std::span<const uint32_t> indices) {
  if (indices.empty()) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (tags_.empty()) {
    keys_ = zeros<uint64_t>(sets_ * kWays * columns_);
    vectors_ = zeros<float>(sets_ * kWays * width_);
    next_.assign(sets_, 0);
    tags_.assign(sets_ * kWays, 0);
  }
  for (const uint32_t i : indices) {
    const uint64_t* key = keys.data() + i * columns_;
    const Place at = place(key);
    if (find(at, key) != kNone) continue;
    uint8_t& next = next_[at.first / kWays];
    const size_t slot = at.first + next;
    next = static_cast<uint8_t>((next + 1) % kWays);
    tags_[slot] = at.tag;
    std::copy_n(key, columns_, keys_.get() + slot * columns_);
    std::copy_n(rows.row(i), width_, vectors_.get() + slot * width_);
  }
}

}  // namespace pawl
