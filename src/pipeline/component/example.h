// A document with its reference annotation: what training and scoring compare.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/doc.h"

namespace pawl {

// `reference` is tokenised like `predicted` (pawl tokenises both itself). Entities whose borders
// are not token borders are `misaligned` and treated as missing on the tokens they touch, as spaCy
// does.
struct Example {
  Doc predicted;
  std::vector<Span> entities;  // gold, over tokens, sorted
  bool has_entities = false;   // false: nothing is known about entities
  std::vector<uint8_t>
      missing_entity;  // per token: 1 where the annotation is missing; may be empty
  std::vector<std::pair<std::string, float>> cats;  // gold; a label not named is missing
  float weight = 1.0f;                              // scales loss and gradient
};

}  // namespace pawl
