// A lemmatizer's mode "pos_lookup": a table of lemmas for each part of speech, as the Polish and
// the Italian lemmatizer of spaCy use theirs (spacy.lang.pl.lemmatizer, spacy.lang.it.lemmatizer).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pipeline/lemmatizer/lemma_tables.h"

namespace pawl {

// The tables the language's mode cannot do without; none: the mode is not supported for it.
std::span<const std::string_view> pos_lookup_tables(std::string_view lang);

// `pos` is the universal part of speech ("NOUN"), or empty.
std::string pos_lookup_lemma(std::string_view lang, const LemmaTables& tables,
                             const std::string& text, std::string_view pos);

}  // namespace pawl
