// The distinct words of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl {

// Equal words share a row: `row_of` says which, `first` where each row's word is first.
struct WordTypes {
  std::vector<uint32_t> row_of;
  std::vector<uint32_t> first;
};

// Every word a type of its own.
void every_word(size_t words, WordTypes& out);
// Words are `columns` attributes each, one word after another.
void find_types(std::span<const uint64_t> words, size_t columns, WordTypes& out);

}  // namespace pawl
