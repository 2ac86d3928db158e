#include "pipeline/tok2vec/char_embed.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "math/ops.h"
#include "nn/builders.h"

namespace pawl {
namespace {

constexpr uint8_t kPad = 255;

}  // namespace

nn::NodePtr make_char_embed(int64_t nM, int64_t nC) {
  auto node = nn::make_node("charembed");
  node->dims = {{"nM", nM}, {"nC", nC}, {"nO", nM * nC}, {"nV", 256}};
  node->add_param("E");
  node->initializer = [nM, nC](nn::Node& self, Rng&) {
    if (!self.param("E").defined) self.param("E").define({nC, 256, nM});
  };
  return node;
}

CharEmbed::CharEmbed(nn::Node& node)
    : table_(&node.param("E")),
      characters_(static_cast<size_t>(node.dim("nC").value_or(0))),
      width_(static_cast<size_t>(node.dim("nM").value_or(0))) {
  if (outputs() == 0 || table_->value.size() != outputs() * kBytes)
    throw Error(ErrorKind::kFormat, "charembed: E does not have the shape [nC, 256, nM]");
}

void CharEmbed::append_key(std::string_view word, std::vector<uint64_t>& out) const {
  const size_t first = out.size();
  out.resize(first + key_width(), 0);
  for (size_t c = 0; c < characters_; ++c) {
    const size_t place = c / 2;
    const size_t from = c % 2 == 0 ? place : word.size() - 1 - place;
    const uint8_t byte = c < word.size() ? static_cast<uint8_t>(word[from]) : kPad;
    out[first + c / 8] |= uint64_t{byte} << (8 * (c % 8));
  }
}

void CharEmbed::forward(std::span<const uint64_t> keys, MatrixView y) const {
  for (size_t i = 0; i < y.rows; ++i) {
    const uint64_t* key = keys.data() + i * key_width();
    for (size_t c = 0; c < characters_; ++c)
      std::copy_n(at(table_->value, c, byte_of(key, c)), width_, y.row(i) + c * width_);
  }
}

void CharEmbed::backward(std::span<const uint64_t> keys, std::span<const size_t> lengths,
                         ConstMatrixView d_y) const {
  table_->ensure_gradient();
  std::vector<uint32_t> seen(characters_ * kBytes, 0);  // in which document last, from 1
  size_t begin = 0;
  uint32_t document = 0;
  for (const size_t length : lengths) {
    ++document;
    for (size_t i = begin + length; i-- > begin;) {
      const uint64_t* key = keys.data() + i * key_width();
      for (size_t c = 0; c < characters_; ++c) {
        const uint8_t byte = byte_of(key, c);
        uint32_t& last = seen[c * kBytes + byte];
        if (last == document) continue;
        last = document;
        add(d_y.row(i) + c * width_, at(table_->gradient, c, byte), width_);
      }
    }
    begin += length;
  }
}

}  // namespace pawl
