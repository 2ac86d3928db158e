// Base noun phrases (spaCy's Doc.noun_chunks), by the rules that spaCy has for the language.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "text/doc.h"

namespace pawl {

// Whether spaCy has such rules for a language whose tokenizer pawl runs.
bool has_noun_chunks(std::string_view lang);

// In the order in which spaCy yields them, labelled "NP"; empty where the language has no rules or
// the document neither dependencies nor (Dutch) parts of speech, where spaCy throws.
std::optional<std::vector<Span>> noun_chunks(const Doc& doc);

}  // namespace pawl
