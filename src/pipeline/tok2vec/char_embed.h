// The layer "charembed": vectors of the first and last bytes of a word, one after another
// (spacy.ml._character_embed).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "math/matrix.h"
#include "nn/model.h"

namespace pawl {

// E[nC,nV,nM] with nV = 256; its first values are zeros, as spaCy's.
nn::NodePtr make_char_embed(int64_t nM, int64_t nC);

// Borrows the node's parameter. forward is const and safe for concurrent use.
class CharEmbed {
 public:
  explicit CharEmbed(nn::Node& node);
  size_t outputs() const { return characters_ * width_; }
  // How many numbers hold a word's bytes.
  size_t key_width() const { return (characters_ + 7) / 8; }

  // Appends a word's bytes, eight a number: the first, the last, the second, the last but one ...
  void append_key(std::string_view word, std::vector<uint64_t>& out) const;

  // `keys` holds y.rows words.
  void forward(std::span<const uint64_t> keys, MatrixView y) const;
  // The gradient as spaCy has it: where words of a document share a byte at a place, the last one's
  // counts. `lengths`: words of each document.
  void backward(std::span<const uint64_t> keys, std::span<const size_t> lengths,
                ConstMatrixView d_y) const;

 private:
  float* at(FloatVector& table, size_t character, uint8_t byte) const {
    return table.data() + (character * kBytes + byte) * width_;
  }
  static uint8_t byte_of(const uint64_t* key, size_t character) {
    return static_cast<uint8_t>(key[character / 8] >> (8 * (character % 8)));
  }

  static constexpr size_t kBytes = 256;
  nn::Param* table_;
  size_t characters_, width_;
};

}  // namespace pawl
