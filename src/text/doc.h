// A document: tokens over a text, and what components said of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/vocab.h"

namespace pawl {

enum class EntIob : uint8_t {
  kMissing = 0,
  kInside = 1,
  kOutside = 2,
  kBegin = 3
};  // spaCy's ent_iob values

struct Token {
  const Lexeme* lex = nullptr;
  StringId norm = 0;   // the token's own norm (tokenizer exceptions), else lex->norm
  uint32_t idx = 0;    // offset of its first code point
  bool spacy = false;  // followed by one blank
  EntIob ent_iob = EntIob::kMissing;
  StringId ent_type = 0;
  int8_t sent_start = 0;  // spaCy's: 1 begins a sentence, -1 does not, 0 unknown

  uint32_t end() const { return idx + lex->length; }  // code points, half open
};

// Entity or other labelled span over tokens [start, end).
struct Span {
  uint32_t start = 0;
  uint32_t end = 0;
  StringId label = 0;
  bool operator==(const Span&) const = default;
};

// Owned by one thread at a time. Keeps a pointer to its Vocab, which must outlive it.
class Doc {
 public:
  Doc() = default;
  Doc(const Vocab& vocab, std::string text) : vocab_(&vocab), text_(std::move(text)) {}

  const Vocab& vocab() const { return *vocab_; }
  const std::string& text() const { return text_; }  // UTF-8; the tokens and their blanks, joined
  size_t size() const { return tokens_.size(); }
  const Token& operator[](size_t i) const { return tokens_[i]; }
  Token& operator[](size_t i) { return tokens_[i]; }
  std::vector<Token>& tokens() { return tokens_; }
  const std::vector<Token>& tokens() const { return tokens_; }

  // The value that feature extraction sees for token i (Doc.to_array): ids for strings, 0 or 1 for
  // flags.
  uint64_t attr(size_t i, Attr attr) const;

  std::vector<Span> entities() const;  // from ent_iob / ent_type, in order
  void set_entities(
      std::span<const Span> entities);  // others become outside; throws Error when they overlap

  // Categories in the order in which labels were added; a name is set once.
  const std::vector<std::pair<std::string, float>>& cats() const { return cats_; }
  void set_cat(const std::string& label, float score);

  // One vector per token, left by a tok2vec component for the heads that listen to it; empty when
  // none did.
  const std::vector<float>& tensor() const { return tensor_; }  // size() rows, row-major
  void set_tensor(std::vector<float> tensor) { tensor_ = std::move(tensor); }

  // Lexemes and whatever else the tokens point to, for as long as the document lives.
  void keep(std::shared_ptr<const void> owner) { kept_ = std::move(owner); }

  // Token span that covers exactly the code points [start, end); {0, 0} when token borders differ.
  std::pair<uint32_t, uint32_t> char_span(uint32_t start, uint32_t end) const;
  // The text of tokens [start, end) without the last one's trailing blank.
  std::string span_text(uint32_t start, uint32_t end) const;

 private:
  const Vocab* vocab_ = nullptr;
  std::string text_;
  std::vector<Token> tokens_;
  std::vector<std::pair<std::string, float>> cats_;
  std::vector<float> tensor_;
  std::shared_ptr<const void> kept_;
};

}  // namespace pawl
