#include "pipeline/tok2vec/word_types.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace pawl {

namespace {

constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15u;

}  // namespace

void every_word(size_t words, WordTypes& out) {
  out.row_of.resize(words);
  std::iota(out.row_of.begin(), out.row_of.end(), 0u);
  out.first = out.row_of;
}

void find_types(std::span<const uint64_t> words, size_t columns, WordTypes& out) {
  const size_t n = words.size() / columns;
  out.row_of.resize(n);
  out.first.clear();
  std::unordered_multimap<uint64_t, uint32_t> rows;
  rows.reserve(n);
  for (uint32_t i = 0; i < n; ++i) {
    const uint64_t* key = words.data() + i * columns;
    uint64_t hash = 0;
    for (size_t c = 0; c < columns; ++c) hash = (hash ^ key[c]) * kMultiplier;
    auto [at, end] = rows.equal_range(hash);
    const auto same = std::find_if(at, end, [&](const auto& entry) {
      return std::equal(key, key + columns, words.data() + out.first[entry.second] * columns);
    });
    if (same != end) {
      out.row_of[i] = same->second;
      continue;
    }
    out.row_of[i] = static_cast<uint32_t>(out.first.size());
    rows.emplace(hash, out.row_of[i]);
    out.first.push_back(i);
  }
}

}  // namespace pawl
