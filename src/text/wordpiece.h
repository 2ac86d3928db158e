// WordPiece (Schuster, Nakajima 2012; as in BERT): words cut greedily into the longest pieces a
// vocabulary knows. Ids equal those of the package `tokenizers` for the same files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/wordpiece_normalizer.h"

namespace pawl {

struct WordPieceLimits {
  size_t max_bytes = size_t{64} << 20;  // of the vocabulary's file
  size_t max_tokens = 1 << 20;
  size_t max_token_bytes = 1024;
};

struct WordPieceOptions {
  WordPieceNormalization normalization;
  std::string unknown = "[UNK]";
  std::string begin = "[CLS]";
  std::string end = "[SEP]";
  std::string continuation = "##";   // in front of pieces that do not begin a word
  size_t max_word_characters = 100;  // longer words are unknown
  // Tokens that are found in the raw text, wherever they stand; absent ones do not count.
  std::vector<std::string> special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
};

// Immutable; safe for concurrent use.
class WordPiece {
 public:
  // One token a line, the line's number is its id. Throws Error(kFormat) naming the line: not
  // UTF-8, empty, twice there, over a limit, or without the tokens the options name.
  static WordPiece from_vocabulary(std::string_view text, WordPieceOptions options = {},
                                   const WordPieceLimits& limits = {});
  // A tokenizer.json with a WordPiece model, BertNormalizer and BertPreTokenizer. Its padding and
  // truncation are not read. Throws Error(kFormat or kUnsupported) naming the key.
  static WordPiece from_tokenizer_json(std::string_view text, const WordPieceLimits& limits = {});

  size_t size() const { return tokens_.size(); }
  const std::string& token(uint32_t id) const { return tokens_[id]; }
  uint32_t begin() const { return begin_; }  // ids of [CLS] and [SEP]
  uint32_t end() const { return end_; }
  const WordPieceOptions& options() const { return options_; }
  std::string vocabulary() const;  // as from_vocabulary reads it

  // The pieces of a text, without [CLS] and [SEP]. Throws Error(kInvalidInput) when `text` is not
  // well-formed UTF-8. Time and memory are linear in its length.
  std::vector<uint32_t> pieces(std::string_view text) const;
  // [CLS], the first max_length - 2 pieces, [SEP].
  std::vector<uint32_t> encode(std::string_view text, size_t max_length) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Index = std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>>;

  WordPiece(std::vector<std::string> tokens, WordPieceOptions options);

  uint32_t id_of(const std::string& token) const;
  void add_text(std::string_view text, std::vector<uint32_t>& out) const;
  void add_word(std::string_view word, std::vector<uint32_t>& out) const;
  const std::pair<std::string, uint32_t>* special_at(std::string_view text) const;

  std::vector<std::string> tokens_;
  WordPieceOptions options_;
  Index first_;  // pieces that begin a word, and those that continue one, without the mark
  Index next_;
  size_t longest_ = 0;
  std::vector<std::pair<std::string, uint32_t>> special_;  // longest first
  uint32_t unknown_ = 0;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

// The options as a JSON object and back, for formats of our own. Throws Error(kFormat).
Json to_json(const WordPieceOptions& options);
WordPieceOptions read_wordpiece_options(const Json& json);

}  // namespace pawl
