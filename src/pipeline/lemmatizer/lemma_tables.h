// The lookup tables a lemmatizer keeps in its folder (spacy.lookups.Lookups: lookups/lookups.bin).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "text/string_store.h"

namespace pawl {

// Immutable after from_bytes; safe from any number of threads.
class LemmaTables {
 public:
  using Forms = std::vector<std::string>;
  // What is known of one part of speech, by its name in lower case.
  struct PartOfSpeech {
    std::unordered_set<std::string> index;                      // lemma_index
    std::unordered_map<std::string, Forms> exceptions;          // lemma_exc
    std::vector<std::pair<std::string, std::string>> suffixes;  // lemma_rules: old, new
    bool empty() const { return index.empty() && exceptions.empty() && suffixes.empty(); }
  };

  // `bytes` are kept, tables of other names with them, and written back as they are. Throws
  // Error(kFormat) naming `where` and the table.
  static LemmaTables from_bytes(std::string bytes, const std::string& where);
  const std::string& bytes() const { return bytes_; }

  bool has(std::string_view table) const;
  const std::vector<std::string>& names() const { return names_; }
  // By the id of a part of speech's name in lower case; null when no table knows it.
  const PartOfSpeech* find(StringId pos) const;
  const Forms* look_up(StringId form) const;  // lemma_lookup; null when absent

 private:
  std::string bytes_;
  std::vector<std::string> names_;
  std::unordered_map<StringId, PartOfSpeech> parts_;
  std::unordered_map<StringId, Forms> lemmas_;
};

}  // namespace pawl
