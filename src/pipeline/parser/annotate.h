// What a finished parse says, written into its document.
// Behaviour: spacy.pipeline._parser_internals.arc_eager (set_annotations), spacy.tokens.doc.
#pragma once

#include "pipeline/parser/state.h"
#include "text/doc.h"

namespace pawl {

// Heads and labels of the arcs; words without an arc keep the head they had, and roots get the
// label `root`. Sentence starts follow the trees.
void set_parse(const ArcEagerState& state, StringId root, Doc& doc);

// Every tree becomes a sentence.
void set_sentences_from_heads(Doc& doc);

}  // namespace pawl
