// What is said of tokens and spans, by components or by people.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "text/string_store.h"

namespace pawl {

enum class EntIob : uint8_t {
  kMissing = 0,
  kInside = 1,
  kOutside = 2,
  kBegin = 3
};  // spaCy's ent_iob values

// What spaCy's token knows beyond its form and entity; 0 is unset everywhere.
struct TokenAnnotation {
  StringId norm = 0;  // of a document's token always set; 0 in a reference: that of the form
  StringId tag = 0;
  StringId pos = 0;  // the symbol of a universal part of speech: string_id("NOUN") ...
  StringId morph =
      0;  // normalised FEATS, see text/morphology.h; string_id("_"): known to have none
  StringId lemma = 0;
  StringId dep = 0;
  StringId ent_kb_id = 0;
  StringId ent_id = 0;
  int32_t head = 0;       // offset of the head from the token; means a root only where dep is set
  int8_t sent_start = 0;  // spaCy's: 1 begins a sentence, -1 does not, 0 unknown
};

// Entity or other labelled span over tokens [start, end).
struct Span {
  uint32_t start = 0;
  uint32_t end = 0;
  StringId label = 0;
  StringId kb_id = 0;
  StringId id = 0;
  bool operator==(const Span&) const = default;
};

// One entry of spaCy's doc.spans; spans may overlap.
struct SpanGroup {
  std::string name;
  std::vector<Span> spans;
  std::vector<float> scores;  // spaCy's attrs["scores"]: one a span, or none
  bool operator==(const SpanGroup&) const = default;
};

// A dependency tree given by `heads`, offsets as in TokenAnnotation.
struct SubtreeEdges {
  std::vector<uint32_t> left, right;  // first and last token of what hangs on each token
};
// Also of trees that cross, as far as spaCy's own iteration gets. Every head must lie in the text.
SubtreeEdges subtree_edges(std::span<const int32_t> heads);

// The sent_start of each token when sentences are the trees (spaCy's set_children_from_heads);
// `known` tells which tokens have a head at all (dep is set).
std::vector<int8_t> sentence_starts(std::span<const int32_t> heads, std::span<const uint8_t> known);

}  // namespace pawl
