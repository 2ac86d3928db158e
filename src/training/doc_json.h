// A document in the shape of spaCy's Doc.to_json().
#pragma once

#include <string>

#include "base/json.h"
#include "text/doc.h"
#include "training/gold.h"

namespace pawl {

// "text", "ents" where entities were set, "sents" where sentence borders are known, "cats" where
// there are any, "tokens" with "tag", "pos", "morph", "lemma", "dep" and "head" where some token
// has them, "spans" where there are groups.
Json doc_to_json(const Doc& doc);
// The same on one line, in little more memory than the line's.
std::string doc_json_line(const Doc& doc);

// What Doc.from_json() makes of it; strings join `strings`. Throws Error(kFormat) for spans that do
// not begin and end with tokens, and for whatever is not in this shape.
GoldDoc doc_from_json(const Json& document, StringStore& strings);

}  // namespace pawl
