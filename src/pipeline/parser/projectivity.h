// Trees whose arcs cross, made such that the parser can build them, and back: a crossing arc is
// lifted to the head's head, and its label says so (Nivre, Nilsson 2005: Pseudo-projective
// dependency parsing, the HEAD scheme). Behaviour: spacy.pipeline._parser_internals.nonproj.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/doc.h"

namespace pawl {

// Between a label and that of the head it was lifted from.
inline constexpr std::string_view kDecoration = "||";

struct LabelledTree {
  std::vector<int32_t> heads;  // indices; a root's is its own
  std::vector<StringId> labels;
};

bool is_projective(std::span<const int32_t> heads);

// Decorated labels are added to the strings. Throws Error(kInvalidInput) when the heads run in a
// circle.
void projectivize(LabelledTree& tree, StringStore& strings);

// Puts arcs with decorated labels back where they came from, sentence starts following.
void deprojectivize(Doc& doc);

}  // namespace pawl
