// Lemmas that were worked out before, of bounded size.
#pragma once

#include <cstdint>

#include "text/intern_table.h"
#include "text/string_store.h"

namespace pawl {

// Safe for concurrent use. Two keys of one hash are told apart, the second is not kept.
class LemmaCache {
 public:
  static constexpr StringId kNotApplicable = ~uint64_t{0};

  struct Key {
    uint64_t form = 0, first = 0, second = 0;
    bool operator==(const Key&) const = default;
  };

  // Null when not known.
  const StringId* find(const Key& key) const {
    const Item* item = items_.find(hash(key));
    return item && item->key == key ? &item->lemma : nullptr;
  }
  void add(const Key& key, StringId lemma) {
    if (items_.size() < kMaxItems) items_.find_or_add(hash(key), Item{key, lemma});
  }

 private:
  static constexpr size_t kMaxItems = size_t{1} << 17;  // some 10 MB

  struct Item {
    Key key;
    StringId lemma;
  };

  static uint64_t hash(const Key& key) {
    uint64_t hash = key.form;
    for (const uint64_t part : {key.first, key.second})
      hash = (hash ^ part) * 0x9E3779B97F4A7C15u + (hash >> 31);
    return hash;
  }

  InternTable<Item> items_;
};

}  // namespace pawl
