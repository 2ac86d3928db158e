// Morphological analyses as spaCy keeps them: FEATS of Universal Dependencies, fields and values
// sorted, "_" where there are none. (spacy.morphology.Morphology)
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/string_store.h"

namespace pawl {

constexpr std::string_view kEmptyMorph = "_";

using MorphFeatures = std::vector<std::pair<std::string, std::string>>;  // field, values

// Fields in the order written; a part without exactly one "=" throws Error(kFormat).
MorphFeatures parse_morph(std::string_view feats);
// "Case=Nom|Number=Plur,Sing"; "_" when there are none. The last of several values of a field
// counts.
std::string normalize_morph(const MorphFeatures& features);
std::string normalize_morph(std::string_view feats);
// The normalised form's id, added to `strings`.
StringId add_morph(std::string_view feats, StringStore& strings);
// What spaCy shows (str(token.morph)): an empty text for "_" and for 0.
std::string morph_text(StringId morph, const StringStore& strings);

}  // namespace pawl
