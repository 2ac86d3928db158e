// spaCy's rule tokenizer, driven by a pipeline's own `tokenizer` file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "text/doc.h"

namespace pawl {

struct TokenizerException {
  struct Piece {
    std::string orth;
    std::string norm;  // empty: the lexeme's
  };
  std::string text;
  std::vector<Piece> pieces;
};

struct TokenizerRules {
  std::string prefix_search, suffix_search, infix_finditer, token_match,
      url_match;  // Python re; empty: none
  std::vector<TokenizerException> exceptions;
  bool faster_heuristics = true;
};

// Immutable after construction but for its cache; tokenising is safe from any number of threads.
class Tokenizer {
 public:
  // Throws Error(kFormat) naming the pattern that does not compile and where.
  Tokenizer(std::shared_ptr<Vocab> vocab, TokenizerRules rules);
  ~Tokenizer();

  // `text` must be valid UTF-8 (throws Error(kInvalidInput) with the byte offset); tokens reproduce
  // it exactly. Throws Error(kInvalidInput) too when a pattern needs more steps or memory for some
  // run without blanks than its limits allow, so that a hostile text ends in an error, not in other
  // tokens.
  Doc operator()(std::string_view text) const;

  const TokenizerRules& rules() const;  // exceptions sorted by their text

  // The bytes of the pipeline's `tokenizer` file (msgpack), read and written.
  static std::unique_ptr<Tokenizer> from_bytes(std::shared_ptr<Vocab> vocab, std::string_view bytes,
                                               const std::string& where);
  std::string to_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl
