#include "training/augment.h"

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl {

void augment(GoldDoc& gold, const Augmentation& options, Rng& rng) {
  if (options.lower_case > 0.0 && rng.uniform() < options.lower_case) gold = lower_cased(gold);
}

GoldDoc lower_cased(const GoldDoc& gold) {
  GoldDoc out = gold;
  const std::vector<uint32_t> offsets = utf8::offsets(gold.text);
  const std::string_view text = gold.text;
  out.text.clear();
  uint32_t at = 0, copied = 0;  // code points: written, and read
  const auto append = [&](const std::string& piece) {
    out.text += piece;
    at += static_cast<uint32_t>(utf8::count(piece));
  };
  const auto piece = [&](uint32_t from, uint32_t to) {
    return text.substr(offsets[from], offsets[to] - offsets[from]);
  };
  for (GoldToken& token : out.tokens) {
    append(std::string(piece(copied, token.start)));
    const uint32_t start = at;
    append(unicode::lower(piece(token.start, token.end)));
    copied = token.end;
    token.start = start;
    token.end = at;
  }
  append(std::string(piece(copied, static_cast<uint32_t>(offsets.size() - 1))));
  return out;
}

}  // namespace pawl
