// Strings and their 64-bit ids, as spaCy's StringStore: MurmurHash2-64A with seed 1, the empty
// string is 0, symbol names (spacy.symbols) have their small fixed ids.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

using StringId = uint64_t;

StringId string_id(std::string_view text);  // what StringStore::add would return

// Grows only; a string, once added, keeps its address and id. All functions are safe for concurrent
// use.
class StringStore {
 public:
  StringStore();
  ~StringStore();
  StringStore(StringStore&&) noexcept;
  StringStore& operator=(StringStore&&) noexcept;

  StringId add(std::string_view text);
  // Like add, but left out of strings(): word forms met in texts, which a saved pipeline must not
  // carry. The string lives as long as the store.
  std::pair<StringId, const std::string*> intern(std::string_view text);
  // Strings that are there when they are asked for: `load` adds them to the store it is given,
  // once, before an id that is not known is looked up or all strings are. Before other threads use
  // the store; `load` may be called by any of them, must not look anything up and must not fail.
  void add_later(std::function<void(StringStore&)> load);
  bool contains(StringId id) const;
  const std::string& at(StringId id) const;  // throws Error(kNotFound) with the id
  std::vector<std::string> strings() const;  // those added, in order; symbols left out

 private:
  struct Impl;
  void load_now() const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl
