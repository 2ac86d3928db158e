// Text as BERT's vocabularies expect it, character for character as the Rust package `tokenizers`
// (BertNormalizer, BertPreTokenizer) makes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct WordPieceNormalization {
  bool clean_text = true;            // controls go, every kind of white space becomes a blank
  bool handle_chinese_chars = true;  // blanks around each ideograph
  bool strip_accents = true;         // canonical decomposition without its non-spacing marks
  bool lowercase = true;

  bool operator==(const WordPieceNormalization&) const = default;
};

// `text` is well-formed UTF-8.
std::string normalize_for_wordpiece(std::string_view text, const WordPieceNormalization& options);

// The words of normalised text, which they point into: split at white space, each punctuation mark
// by itself.
std::vector<std::string_view> split_words(std::string_view normalized);

}  // namespace pawl
