#include "base/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

namespace pawl {
namespace {

constexpr size_t kPage = size_t{2} << 20;
constexpr size_t kSlab = 4 * kPage;
constexpr size_t kSmallest = size_t{32} << 10;
constexpr size_t kAlign = 64;

// Under AddressSanitizer every block comes from the heap, so that it sees who writes beyond one.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSlabs = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSlabs = false;
#else
constexpr bool kSlabs = true;
#endif
#else
constexpr bool kSlabs = true;
#endif

constexpr size_t rounded(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// `size` bytes, a multiple of kPage, on its boundary; null when the system has none.
char* map_pages(size_t size) {
  void* mapped =
      ::mmap(nullptr, size + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  const size_t front =
      rounded(reinterpret_cast<uintptr_t>(begin), kPage) - reinterpret_cast<uintptr_t>(begin);
  if (front > 0) ::munmap(begin, front);
  if (front < kPage) ::munmap(begin + front + size, kPage - front);
  ::madvise(begin + front, size, MADV_HUGEPAGE);  // refused: they are ordinary pages
  return begin + front;
}

// Stands at the begin of its pages. Only the scope that fills it changes `used`.
struct alignas(kAlign) Slab {
  size_t size;
  size_t used;
  std::atomic<size_t> holders;  // blocks, and the scope that fills it

  static Slab* make(size_t bytes) {
    const size_t size = std::max(kSlab, rounded(sizeof(Slab) + bytes, kPage));
    char* const pages = map_pages(size);
    return pages == nullptr ? nullptr : new (pages) Slab{size, sizeof(Slab), 1};
  }
  size_t room() const { return size - used; }
  char* take(size_t bytes) {
    char* const block = reinterpret_cast<char*>(this) + used;
    used += bytes;
    holders.fetch_add(1, std::memory_order_relaxed);
    return block;
  }
  void leave() {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) ::munmap(this, size);
  }
};

// Stands in front of every large block.
struct alignas(kAlign) Header {
  Slab* slab;  // null: from the heap
};

struct Filling {
  Slab* slab = nullptr;
};
thread_local Filling* filling = nullptr;

// Header and block; null when there are no pages.
char* take_from_slab(size_t bytes) {
  const size_t need = rounded(bytes, kAlign);
  Slab*& slab = filling->slab;
  if (slab == nullptr || slab->room() < need) {
    Slab* const fresh = Slab::make(need);
    if (fresh == nullptr) return nullptr;
    if (slab != nullptr) slab->leave();
    slab = fresh;
  }
  return slab->take(need);
}

}  // namespace

HugePageScope::HugePageScope() : outer_(std::exchange(filling, new Filling)) {}

HugePageScope::~HugePageScope() {
  if (filling->slab != nullptr) filling->slab->leave();
  delete filling;
  filling = static_cast<Filling*>(outer_);
}

void* allocate_block(size_t bytes) {
  if (bytes < kSmallest) return ::operator new(bytes, std::align_val_t{kAlign});
  const size_t whole = bytes + sizeof(Header);
  char* place = kSlabs && filling != nullptr ? take_from_slab(whole) : nullptr;
  Slab* const slab = place != nullptr ? filling->slab : nullptr;
  if (place == nullptr) place = static_cast<char*>(::operator new(whole, std::align_val_t{kAlign}));
  new (place) Header{slab};
  return place + sizeof(Header);
}

void free_block(void* block, size_t bytes) noexcept {
  if (bytes < kSmallest) return ::operator delete(block, std::align_val_t{kAlign});
  char* const place = static_cast<char*>(block) - sizeof(Header);
  if (Slab* const slab = reinterpret_cast<Header*>(place)->slab)
    slab->leave();
  else
    ::operator delete(place, std::align_val_t{kAlign});
}

ScratchBytes::ScratchBytes(size_t size) : size_(size) {
  if (size >= kPage / 2) data_ = map_pages(rounded(size, kPage));
  if (data_ != nullptr)
    mapped_ = rounded(size, kPage);
  else
    data_ = static_cast<char*>(::operator new(size));
}

ScratchBytes::ScratchBytes(ScratchBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

ScratchBytes::~ScratchBytes() {
  if (mapped_ > 0)
    ::munmap(data_, mapped_);
  else
    ::operator delete(data_);
}

}  // namespace pawl
