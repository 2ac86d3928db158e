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
};

class ChunkCache {
 public:
  struct Entry {
    uint64_t hash;
    uint32_t text_size;
    uint16_t count;
    bool starts_special;  // some token may begin a special case that the second pass looks for

    const Piece* pieces() const { return reinterpret_cast<const Piece*>(this + 1); }
    const char* text() const { return reinterpret_cast<const char*>(pieces() + count); }
  };

  ChunkCache();
  ChunkCache(const ChunkCache&) = delete;
  ChunkCache& operator=(const ChunkCache&) = delete;

  static uint64_t hash(std::string_view text);

  const Entry* find(uint64_t hash, std::string_view text) const {
    for (size_t i = hash;; ++i) {
      const Entry* entry = slots_[i & kMask].load(std::memory_order_acquire);
      if (!entry) return nullptr;
      if (entry->hash == hash && entry->text_size == text.size() &&
          std::memcmp(entry->text(), text.data(), text.size()) == 0) {
        return entry;
      }
    }
  }

  // Does nothing for what is too long to be worth it. False when the cache is full.
  bool put(uint64_t hash, std::string_view text, std::span<const Piece> pieces,
           bool starts_special);

 private:
  static constexpr size_t kSlots = size_t{1} << 17;
  static constexpr size_t kMask = kSlots - 1;
  static constexpr size_t kMaxEntries = kSlots / 2;
  static constexpr size_t kMaxText = 128;
  static constexpr size_t kMaxPieces = 32;
  static constexpr size_t kBlock = size_t{1} << 16;

  void* allocate(size_t size);

  std::unique_ptr<std::atomic<const Entry*>[]> slots_;
  std::mutex mutex_;
  size_t entries_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  size_t used_ = kBlock;  // of the last block
};

}  // namespace pawl
