// The lookup tables a lemmatizer keeps in its folder (spacy.lookups.Lookups: lookups/lookups.bin).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/string_store.h"

namespace pawl {

// Where in a file the keys of a table stand: the texts are read there, none is copied.
class KeyPlaces {
 public:
  explicit KeyPlaces(size_t keys = 0);
  // The last of equal keys counts. `is_same` tells whether the key at a place equals the new one.
  template <typename IsSame>
  void add(uint64_t hash, size_t place, IsSame&& is_same) {
    uint32_t& slot = slots_[slot_of(hash, is_same)];
    slot = static_cast<uint32_t>(place) + 1;
  }
  template <typename IsSame>
  std::optional<size_t> find(uint64_t hash, IsSame&& is_same) const {
    if (slots_.empty()) return std::nullopt;
    const uint32_t slot = slots_[slot_of(hash, is_same)];
    return slot == 0 ? std::nullopt : std::optional<size_t>(slot - 1);
  }
  bool empty() const { return slots_.empty(); }

 private:
  template <typename IsSame>
  size_t slot_of(uint64_t hash, IsSame&& is_same) const {
    size_t slot = (hash * 0x9e3779b97f4a7c15u >> 32) & (slots_.size() - 1);
    while (slots_[slot] != 0 && !is_same(slots_[slot] - 1)) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  std::vector<uint32_t> slots_;  // a power of two of them, at most half used; 0: free
};

// Immutable after from_bytes; safe from any number of threads.
class LemmaTables {
 public:
  using Forms = std::vector<std::string>;
  // What is known of one part of speech, by its name in lower case.
  class PartOfSpeech {
   public:
    bool empty() const { return index_.empty() && exceptions_.empty() && suffixes.empty(); }
    std::vector<std::pair<std::string, std::string>> suffixes;  // lemma_rules: old, new

   private:
    friend class LemmaTables;
    friend class LemmaTablesReader;
    KeyPlaces index_, exceptions_;  // lemma_index, lemma_exc
  };

  // `bytes` are kept, tables of other names with them, and written back as they are. Throws
  // Error(kFormat) naming `where` and the table.
  static LemmaTables from_bytes(std::string bytes, const std::string& where);
  const std::string& bytes() const { return bytes_; }

  bool has(std::string_view table) const;
  const std::vector<std::string>& names() const { return names_; }
  // By the id of a part of speech's name in lower case; null when no table knows it.
  const PartOfSpeech* find(StringId pos) const;
  bool is_known(const PartOfSpeech& part, std::string_view form) const;
  Forms exceptions(const PartOfSpeech& part, std::string_view form) const;  // none: empty
  // lemma_lookup, lemma_lookup_noun ...; null when there is no such table.
  const KeyPlaces* lookup(std::string_view table) const;
  // The first lemma that one of these tables has; empty when it has none.
  std::optional<std::string_view> look_up(const KeyPlaces& table, StringId form) const;

 private:
  friend class LemmaTablesReader;

  std::string bytes_;
  std::vector<std::string> names_;
  std::unordered_map<StringId, PartOfSpeech> parts_;
  std::map<std::string, KeyPlaces, std::less<>> lookups_;
};

}  // namespace pawl
