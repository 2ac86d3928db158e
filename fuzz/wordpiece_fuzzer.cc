// The first line says what the rest is: "v" a vocabulary, "j" a tokenizer.json, anything else a
// text. Ids are known, words come out of what was normalised, a vocabulary that is accepted reads
// again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/utf8.h"
#include "text/wordpiece.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

const pawl::WordPiece& small() {
  static const pawl::WordPiece pieces = pawl::WordPiece::from_vocabulary(
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n##b\nab\n##ab\ne\n##e\n.\n中\n\u1100\n##"
      "\u1161\n");
  return pieces;
}

void tokenize(const pawl::WordPiece& pieces, std::string_view text) {
  for (const uint32_t id : pieces.encode(text, 1000)) check(id < pieces.size());
  pawl::WordPieceNormalization options;
  for (int bits = 0; bits < 16; ++bits) {
    options = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    const std::string normalized = pawl::normalize_for_wordpiece(text, options);
    check(pawl::utf8::find_invalid(normalized) == pawl::utf8::kValid);
    size_t total = 0;
    for (const std::string_view word : pawl::split_words(normalized)) {
      check(!word.empty());
      total += word.size();
    }
    check(total <= normalized.size());
  }
}

void read_again(const pawl::WordPiece& pieces) {
  const pawl::WordPiece again = pawl::WordPiece::from_vocabulary(
      pieces.vocabulary(), pawl::read_wordpiece_options(to_json(pieces.options())));
  check(again.size() == pieces.size());
  check(again.pieces("ab a中.") == pieces.pieces("ab a中."));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view rest = input.size() < 2 ? std::string_view() : input.substr(2);
  try {
    if (input.starts_with("v\n")) {
      read_again(pawl::WordPiece::from_vocabulary(rest));
    } else if (input.starts_with("j\n")) {
      read_again(pawl::WordPiece::from_tokenizer_json(rest));
    } else {
      tokenize(small(), input);
    }
  } catch (const pawl::Error&) {
  }
  return 0;
}
