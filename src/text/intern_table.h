// A grow-only hash table from 64-bit keys to objects it owns: reading takes no lock, objects keep
// their address.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pawl {

// Safe for concurrent use.
template <typename T>
class InternTable {
 public:
  explicit InternTable(size_t initial_slots = 1024) { slots_.store(add_slots(initial_slots)); }
  InternTable(const InternTable&) = delete;
  InternTable& operator=(const InternTable&) = delete;

  // Null when absent.
  T* find(uint64_t key) const {
    const Slots& slots = *slots_.load(std::memory_order_acquire);
    for (size_t i = spread(key);; ++i) {
      const Cell& cell = slots.cells[i & slots.mask];
      T* item = cell.item.load(std::memory_order_acquire);
      if (!item || cell.key.load(std::memory_order_relaxed) == key) return item;
    }
  }

  // The object of this key; T(arguments...) when there was none.
  template <typename... Arguments>
  T* find_or_add(uint64_t key, Arguments&&... arguments) {
    if (T* item = find(key)) return item;
    const std::lock_guard lock(mutex_);
    if (T* item = find(key)) return item;
    if (items_.size() * 2 >= slots_.load()->mask) grow();
    T* item = &items_.emplace_back(std::forward<Arguments>(arguments)...);
    put(*slots_.load(), key, item);
    size_.store(items_.size(), std::memory_order_relaxed);
    return item;
  }

  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Cell {
    std::atomic<uint64_t> key;
    std::atomic<T*> item;  // written after the key
  };
  struct Slots {
    explicit Slots(size_t count) : mask(count - 1), cells(new Cell[count]()) {}
    size_t mask;
    std::unique_ptr<Cell[]> cells;
  };

  static size_t spread(uint64_t key) { return key ^ (key >> 29); }

  Slots* add_slots(size_t count) {
    generations_.push_back(std::make_unique<Slots>(count));
    return generations_.back().get();
  }

  static void put(Slots& slots, uint64_t key, T* item) {
    size_t i = spread(key);
    while (slots.cells[i & slots.mask].item.load(std::memory_order_relaxed)) ++i;
    Cell& cell = slots.cells[i & slots.mask];
    cell.key.store(key, std::memory_order_relaxed);
    cell.item.store(item, std::memory_order_release);
  }

  // Readers may still look at the old slots, so these stay until the table goes: at most as much
  // again.
  void grow() {
    Slots* bigger = add_slots((slots_.load()->mask + 1) * 2);
    const Slots& old = *slots_.load();
    for (size_t i = 0; i <= old.mask; ++i) {
      if (T* item = old.cells[i].item.load()) put(*bigger, old.cells[i].key.load(), item);
    }
    slots_.store(bigger, std::memory_order_release);
  }

  std::atomic<Slots*> slots_{nullptr};
  std::atomic<size_t> size_{0};
  std::mutex mutex_;
  std::deque<T> items_;
  std::vector<std::unique_ptr<Slots>> generations_;
};

}  // namespace pawl
