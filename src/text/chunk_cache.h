// What the tokenizer made of a run of characters without blanks, remembered: read without locks, of
// bounded size.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "text/vocab.h"

namespace pawl {

// A token before it stands in a document.
struct Piece {
  const Lexeme* lex = nullptr;
  StringId norm = 0;
  uint32_t length = 0;             // the lexeme's
  bool may_start_special = false;  // a special case that the second pass looks for
};

class ChunkCache {
 public:
  // Followed by its pieces and its text; most fit into one cache line.
  struct alignas(64) Entry {
    uint32_t tag;  // of the hash
    uint16_t text_size;
    uint16_t count;

    const Piece* pieces() const {
      return reinterpret_cast<const Piece*>(reinterpret_cast<const std::byte*>(this) + kHeader);
    }
    const char* text() const { return reinterpret_cast<const char*>(pieces() + count); }
  };

  ChunkCache();
  ChunkCache(const ChunkCache&) = delete;
  ChunkCache& operator=(const ChunkCache&) = delete;

  static uint64_t hash(std::string_view text);

  // Two hints that overlap the waiting for memory of several look-ups: first for all, then for all
  // again.
  void prefetch_slot(uint64_t hash) const { __builtin_prefetch(&slots_[hash & kMask]); }
  void prefetch_entry(uint64_t hash) const {
    __builtin_prefetch(slots_[hash & kMask].load(std::memory_order_relaxed));
  }

  const Entry* find(uint64_t hash, std::string_view text) const {
    for (size_t i = hash;; ++i) {
      const Entry* entry = slots_[i & kMask].load(std::memory_order_acquire);
      if (!entry) return nullptr;
      if (entry->tag == tag_of(hash) && entry->text_size == text.size() &&
          std::memcmp(entry->text(), text.data(), text.size()) == 0) {
        return entry;
      }
    }
  }

  // Does nothing for what is too long to be worth it. False when the cache is full.
  bool put(uint64_t hash, std::string_view text, std::span<const Piece> pieces);

 private:
  static constexpr size_t kHeader = 8;
  static constexpr size_t kSlots = size_t{1} << 18;  // 2 MB, and at most 8 to 16 MB of entries
  static constexpr size_t kMask = kSlots - 1;
  static constexpr size_t kMaxEntries = kSlots / 2;
  static constexpr size_t kMaxText = 128;
  static constexpr size_t kMaxPieces = 32;
  static constexpr size_t kBlock = size_t{1} << 16;

  struct alignas(64) Block {
    std::byte bytes[kBlock];
  };

  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  void* allocate(size_t size);

  std::unique_ptr<std::atomic<const Entry*>[]> slots_;
  std::mutex mutex_;
  size_t entries_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
  size_t used_ = kBlock;  // of the last block
};

}  // namespace pawl
