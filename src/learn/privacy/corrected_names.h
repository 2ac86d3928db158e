// What a person says about a stretch that was taken for a name.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "learn/privacy/pii.h"

namespace pawl::learn {

// Whether an entity with this label is a person: "PERSON", "PER", "name", "customer_name".
bool is_person_label(std::string_view label);

// The names that are left once somebody has said by `corrected` what the entities of `text` are:
// what lies in an entity of another kind is none, and what is left of its name counts only if it
// still holds a capitalised word.
std::vector<CodePointSpan> without_corrected(std::string_view text,
                                             std::span<const CodePointSpan> names,
                                             std::span<const EntitySpan> corrected);

}  // namespace pawl::learn
