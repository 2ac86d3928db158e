// A document in the shape of spaCy's Doc.to_json().
#pragma once

#include "base/json.h"
#include "text/doc.h"

namespace pawl {

// "text", "ents" where entities were set, "sents" where sentence borders are known, "cats" where
// there are any, "tokens".
Json doc_to_json(const Doc& doc);

}  // namespace pawl
