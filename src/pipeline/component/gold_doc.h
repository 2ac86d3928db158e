// What people said of a text: reference tokens and what is known of them. Training examples are
// made from it and predictions are scored against it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/doc.h"

namespace pawl {

struct GoldToken {
  uint32_t start = 0;  // code points, half open
  uint32_t end = 0;
  EntIob ent_iob = EntIob::kMissing;
  TokenAnnotation said = {};
};

struct GoldDoc {
  std::string text;
  std::vector<GoldToken> tokens;                    // the reference's own tokens
  std::vector<Span> entities;                       // over `tokens`, sorted
  std::vector<std::pair<std::string, float>> cats;  // a label not named is missing
  std::vector<SpanGroup> spans;                     // over `tokens`
  bool unknown_spaces = false;  // the blanks of `text` are invented; its tokens are to be kept

  // spaCy's has_annotation("ENT_IOB"): something is known about entities.
  bool has_entities() const;
  // Doc.has_annotation of TAG, POS, MORPH, LEMMA, DEP, HEAD, SENT_START, ENT_IOB, ENT_KB_ID, ENT_ID
  // or NORM; see Doc::has_annotation.
  bool has_annotation(Attr attr, bool complete = false) const;
  // The value of one of these; HEAD and SENT_START as the two's complement.
  uint64_t value(size_t token, Attr attr) const;
  std::vector<Span> sentences() const;  // one when no borders are known
  std::string token_text(size_t token) const;
};

// Everything a document says of itself.
GoldDoc gold_of(const Doc& doc);
// The document with exactly these tokens and annotations. `vocab` must outlive it. Throws
// Error(kInvalidInput) when tokens do not follow each other, at most one blank between them.
Doc doc_of(const GoldDoc& gold, const Vocab& vocab);

// For a range [start, end) of code points, the gold tokens that share characters with it: first
// and last + 1; {0, 0} when none does.
std::pair<uint32_t, uint32_t> covering_tokens(const std::vector<GoldToken>& tokens, uint32_t start,
                                              uint32_t end);

}  // namespace pawl
