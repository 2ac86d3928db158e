// References from texts and their entities, and training examples from references.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/component/example.h"
#include "pipeline/component/gold_doc.h"
#include "pipeline/language.h"

namespace pawl {

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

// The training example: tokenised by `language` (or as the reference where its blanks are unknown),
// the reference beside it, entities carried over where tokens agree (spaCy's alignment).
Example make_example(const Language& language, const GoldDoc& gold);
Example make_example(const Language& language, std::shared_ptr<const GoldDoc> gold);

// The reference that an example stands for; made of its entities and categories when it has none.
GoldDoc gold_of(const Example& example);

}  // namespace pawl
