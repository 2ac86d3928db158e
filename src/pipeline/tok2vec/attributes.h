// The token attribute a column of the feature extractor names.
#pragma once

#include "base/msgpack.h"
#include "text/vocab.h"

namespace pawl {

// `column` is spaCy's name of the attribute or its number (spacy.attrs). Throws Error(kUnsupported)
// for another one.
Attr tok2vec_attribute(const Msgpack& column);

}  // namespace pawl
