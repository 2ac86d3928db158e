// Memory on huge pages, where the system has them: a model of ten megabytes is then there after a
// handful of page faults instead of thousands, each of which costs microseconds.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl {

// While one is alive, what this thread allocates by allocate_block in blocks of at least 32 KB lies
// in slabs of huge pages. A slab goes back to the system with the last of its blocks; until then
// the place of freed ones is not used again, so a scope is for what lives as long as a model does.
class HugePageScope {
 public:
  HugePageScope();
  ~HugePageScope();
  HugePageScope(const HugePageScope&) = delete;
  HugePageScope& operator=(const HugePageScope&) = delete;

 private:
  void* outer_;
};

// 64-byte aligned, not initialised. Throws std::bad_alloc. Blocks may be freed on any thread, by
// free_block with the size they were asked for.
void* allocate_block(size_t bytes);
void free_block(void* block, size_t bytes) noexcept;

// Bytes that are filled once and thrown away: the content of a file that is about to be read.
class ScratchBytes {
 public:
  explicit ScratchBytes(size_t size);  // not initialised; throws std::bad_alloc
  ~ScratchBytes();
  ScratchBytes(ScratchBytes&& other) noexcept;
  ScratchBytes& operator=(ScratchBytes&&) = delete;

  char* data() { return data_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;  // 0: from the heap
};

}  // namespace pawl
