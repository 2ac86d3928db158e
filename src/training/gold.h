// What people said of a text: reference tokens, entities over them, categories. Training examples
// are made from it and predictions are scored against it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/component/example.h"
#include "pipeline/language.h"

namespace pawl {

struct GoldToken {
  uint32_t start = 0;  // code points, half open
  uint32_t end = 0;
  EntIob ent_iob = EntIob::kMissing;
};

struct GoldDoc {
  std::string text;
  std::vector<GoldToken> tokens;                    // the reference's own tokens
  std::vector<Span> entities;                       // over `tokens`, sorted
  std::vector<std::pair<std::string, float>> cats;  // a label not named is missing

  // spaCy's has_annotation("ENT_IOB"): something is known about entities.
  bool has_entities() const;
};

struct CharEntity {
  uint32_t start = 0, end = 0;  // code points
  std::string label;
};

// A reference tokenised as `language` does, from entities given by character offsets. Tokens an
// entity touches without ending at their borders are missing, and nothing is learnt from such an
// entity: they are added to `misaligned`. Overlapping or out-of-range entities throw
// Error(kInvalidInput). With `known_entities` false nothing is known about entities.
GoldDoc make_gold(const Language& language, std::string_view text,
                  const std::vector<CharEntity>& entities, bool known_entities,
                  std::vector<CharEntity>* misaligned = nullptr);

// "[start, end, "LABEL"]", for messages.
std::string offsets_text(const CharEntity& entity);

// The training example: tokenised by `language`, annotation carried over where tokens agree
// (spaCy's alignment).
Example make_example(const Language& language, const GoldDoc& gold);

// The reference that an example tokenised by pawl itself stands for.
GoldDoc gold_of(const Example& example);

// For each range [start, end) of code points, the gold tokens that share characters with it: first
// and last + 1; {0, 0} when none does.
std::pair<uint32_t, uint32_t> covering_tokens(const std::vector<GoldToken>& tokens, uint32_t start,
                                              uint32_t end);

}  // namespace pawl
