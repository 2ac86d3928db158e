// A document: tokens over a text, and what components said of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/annotation.h"
#include "text/vocab.h"

namespace pawl {

struct Token : TokenAnnotation {
  const Lexeme* lex = nullptr;
  uint32_t idx = 0;    // offset of its first code point
  bool spacy = false;  // followed by one blank
  EntIob ent_iob = EntIob::kMissing;
  StringId ent_type = 0;

  uint32_t end() const { return idx + lex->length; }  // code points, half open
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
  // flags, the two's complement for HEAD and SENT_START.
  uint64_t attr(size_t i, Attr attr) const;
  // spaCy's Doc.has_annotation: whether some token, or with `complete` every token, has a value. An
  // empty document has every annotation, one of a single token has sentence starts, and HEAD asks
  // for DEP.
  bool has_annotation(Attr attr, bool complete = false) const;

  std::vector<Span> entities() const;  // from ent_iob / ent_type, in order
  void set_entities(
      std::span<const Span> entities);  // others become outside; throws Error when they overlap

  std::vector<Span> sentences() const;  // one when no borders are known

  // spaCy's doc.spans, in the order in which names were set.
  const std::vector<SpanGroup>& spans() const { return spans_; }
  const SpanGroup* find_spans(std::string_view name) const;  // null when absent
  void set_spans(SpanGroup group);                           // replaces one of the same name

  // Categories in the order in which labels were added; a name is set once.
  const std::vector<std::pair<std::string, float>>& cats() const { return cats_; }
  void set_cat(const std::string& label, float score);

  // One vector per token, left by a tok2vec component for the heads that listen to it; empty when
  // none did.
  const std::vector<float>& tensor() const { return tensor_; }  // size() rows, row-major
  void set_tensor(std::vector<float> tensor) { tensor_ = std::move(tensor); }

  // The id of a string that a component made of this text, a lemma for instance. Once the Vocab is
  // full, one that it does not know is the document's own: so the memory of a long-running process
  // stays flat.
  StringId add_string(std::string_view text);
  // The text of any id that the document's tokens and spans hold. Throws Error(kNotFound).
  const std::string& string(StringId id) const;
  const std::string* find_own_string(StringId id) const;  // null: not one of add_string()'s own

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
  std::vector<SpanGroup> spans_;
  std::vector<float> tensor_;
  std::shared_ptr<const void> kept_;
  std::unordered_map<StringId, std::string> own_strings_;
};

}  // namespace pawl
