#include "text/string_store.h"

#include <array>
#include <atomic>
#include <mutex>

#include "base/error.h"
#include "base/hash.h"
#include "text/intern_table.h"
#include "text/language_tables.h"

namespace pawl {
namespace {

constexpr uint64_t kSeed = 1;
constexpr size_t kSymbolSlots = 2048;

uint64_t hash(std::string_view text) {
  return murmur2_64a(text.data(), text.size(), kSeed);
}

// The symbols by the hash of their names, and their names as strings.
class SymbolTable {
 public:
  SymbolTable() {
    const auto names = symbol_names();
    for (size_t id = 0; id < names.size(); ++id) {
      texts_.emplace_back(names[id]);
      if (id == 0) continue;
      size_t slot = hash(names[id]) % kSymbolSlots;
      while (slots_[slot].id != 0) slot = (slot + 1) % kSymbolSlots;
      slots_[slot] = {hash(names[id]), id};
    }
  }

  // 0 when no symbol has this hash.
  StringId find(uint64_t key) const {
    for (size_t slot = key % kSymbolSlots; slots_[slot].id != 0; slot = (slot + 1) % kSymbolSlots) {
      if (slots_[slot].key == key) return slots_[slot].id;
    }
    return 0;
  }

  const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Slot {
    uint64_t key = 0;
    StringId id = 0;
  };
  std::array<Slot, kSymbolSlots> slots_;
  std::vector<std::string> texts_;
};

const SymbolTable& symbols() {
  static const SymbolTable instance;
  return instance;
}

struct Entry {
  Entry(StringId the_id, std::string_view the_text) : id(the_id), text(the_text) {}
  StringId id;
  std::string text;
  std::atomic<bool> listed{false};
};

}  // namespace

StringId string_id(std::string_view text) {
  if (text.empty()) return 0;
  const uint64_t key = hash(text);
  const StringId symbol = symbols().find(key);
  return symbol != 0 ? symbol : key;
}

struct StringStore::Impl {
  InternTable<Entry> entries;
  mutable std::mutex mutex;
  std::vector<const Entry*> listed;
  std::mutex load_mutex;
  std::function<void(StringStore&)> load;
  std::atomic<bool> waiting{false};  // `load` is still to be called

  static bool is_symbol(StringId id) { return id < symbols().texts().size(); }
};

StringStore::StringStore() : impl_(std::make_unique<Impl>()) {}
StringStore::~StringStore() = default;
StringStore::StringStore(StringStore&&) noexcept = default;
StringStore& StringStore::operator=(StringStore&&) noexcept = default;

StringId StringStore::add(std::string_view text) {
  const StringId id = string_id(text);
  if (Impl::is_symbol(id)) return id;
  Entry* entry = impl_->entries.find_or_add(id, id, text);
  if (!entry->listed.exchange(true)) {
    const std::lock_guard lock(impl_->mutex);
    impl_->listed.push_back(entry);
  }
  return id;
}

std::pair<StringId, const std::string*> StringStore::intern(std::string_view text) {
  const StringId id = string_id(text);
  if (Impl::is_symbol(id)) return {id, &symbols().texts()[id]};
  return {id, &impl_->entries.find_or_add(id, id, text)->text};
}

void StringStore::add_later(std::function<void(StringStore&)> load) {
  load_now();
  impl_->load = std::move(load);
  impl_->waiting.store(true, std::memory_order_release);
}

void StringStore::load_now() const {
  if (!impl_->waiting.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(impl_->load_mutex);
  if (!impl_->waiting.load(std::memory_order_relaxed)) return;
  impl_->load(const_cast<StringStore&>(*this));
  impl_->load = nullptr;
  impl_->waiting.store(false, std::memory_order_release);
}

bool StringStore::contains(StringId id) const {
  if (Impl::is_symbol(id) || impl_->entries.find(id) != nullptr) return true;
  load_now();
  return impl_->entries.find(id) != nullptr;
}

const std::string& StringStore::at(StringId id) const {
  if (Impl::is_symbol(id)) return symbols().texts()[id];
  const Entry* entry = impl_->entries.find(id);
  if (!entry) {
    load_now();
    entry = impl_->entries.find(id);
  }
  if (!entry) {
    throw Error(ErrorKind::kNotFound,
                "no string with the id " + std::to_string(id) + " is in the vocabulary");
  }
  return entry->text;
}

std::vector<std::string> StringStore::strings() const {
  load_now();
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::string> out;
  out.reserve(impl_->listed.size());
  for (const Entry* entry : impl_->listed) out.push_back(entry->text);
  return out;
}

}  // namespace pawl
