// A document with its reference annotation: what training and scoring compare (spaCy's Example).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/component/alignment.h"
#include "pipeline/component/gold_doc.h"
#include "text/doc.h"

namespace pawl {

// Entities and categories are carried over to the tokens of `predicted` when the example is made.
// Entities whose borders are not token borders are `misaligned` and treated as missing on the
// tokens they touch, as spaCy does. Everything else is read from the reference, through the
// alignment.
struct Example {
  Doc predicted;
  std::vector<Span> entities;  // gold, over tokens, sorted
  bool has_entities = false;   // false: nothing is known about entities
  std::vector<uint8_t>
      missing_entity;  // per token: 1 where the annotation is missing; may be empty
  std::vector<std::pair<std::string, float>> cats;  // gold; a label not named is missing
  float weight = 1.0f;                              // scales loss and gradient

  // Null: nothing but entities and categories is known. Shared by copies.
  std::shared_ptr<const GoldDoc> reference = nullptr;
  Alignment alignment = {};  // of both; empty without a reference

  // Neither a value nor the absence of one: no reference token, or several that differ.
  static constexpr uint64_t kUnaligned = uint64_t{1} << 63;  // no offset and no sent_start
  // spaCy's get_aligned: per token of `predicted` the value that all its reference tokens have (see
  // GoldDoc::value), else kUnaligned. Without a reference all are kUnaligned.
  std::vector<uint64_t> aligned(Attr attr) const;
  // spaCy's get_aligned_sent_starts: per token 1 or 0; empty when the reference has none.
  std::vector<uint8_t> aligned_sentence_starts() const;
  // spaCy's get_aligned_spans_y2x: spans of the reference over tokens of `predicted`; those whose
  // borders are not token borders are left out.
  std::vector<Span> aligned_spans(const std::vector<Span>& spans, bool allow_overlap) const;
  // Whether the reference has it; see GoldDoc::has_annotation.
  bool has_annotation(Attr attr) const { return reference && reference->has_annotation(attr); }
};

}  // namespace pawl
