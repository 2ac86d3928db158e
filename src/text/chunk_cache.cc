#include "text/chunk_cache.h"

#include <algorithm>
#include <new>

namespace pawl {
namespace {

uint64_t load(const char* at, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, at, size);
  return value;
}

uint64_t fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

constexpr uint64_t kA = 0x9E3779B97F4A7C15, kB = 0xD6E8FEB86659FD93;

}  // namespace

ChunkCache::ChunkCache() : slots_(new std::atomic<const Entry*>[kSlots]()) {}

uint64_t ChunkCache::hash(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  uint64_t state = left * kA;
  for (; left > 8; left -= 8, at += 8) state = fold(state ^ load(at, 8), kB);
  uint64_t tail = 0;
  if (left >= 4) {
    tail = load(at, 4) | load(at + left - 4, 4) << 32;
  } else if (left > 0) {
    const auto byte = [&](size_t i) { return uint64_t{static_cast<unsigned char>(at[i])}; };
    tail = byte(0) | byte(left / 2) << 8 | byte(left - 1) << 16;
  }
  return fold(state ^ tail, kA ^ kB);
}

void* ChunkCache::allocate(size_t size) {
  size = (size + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
  if (used_ + size > kBlock) {
    blocks_.push_back(std::make_unique<Block>());
    used_ = 0;
  }
  void* out = blocks_.back()->bytes + used_;
  used_ += size;
  return out;
}

bool ChunkCache::put(uint64_t hash, std::string_view text, std::span<const Piece> pieces) {
  if (text.size() > kMaxText || pieces.size() > kMaxPieces) return true;
  const std::lock_guard lock(mutex_);
  if (find(hash, text)) return true;
  if (entries_ >= kMaxEntries) return false;
  auto* memory = static_cast<std::byte*>(allocate(kHeader + pieces.size_bytes() + text.size()));
  auto* entry = new (memory)
      Entry{tag_of(hash), static_cast<uint16_t>(text.size()), static_cast<uint16_t>(pieces.size())};
  std::memcpy(memory + kHeader, pieces.data(), pieces.size_bytes());
  std::memcpy(memory + kHeader + pieces.size_bytes(), text.data(), text.size());
  size_t i = hash;
  while (slots_[i & kMask].load(std::memory_order_relaxed)) ++i;
  slots_[i & kMask].store(entry, std::memory_order_release);
  ++entries_;
  return true;
}

}  // namespace pawl
