// What joint beliefs are made of: the groups' voices beside what is known of their neighbours.
#pragma once

#include <span>
#include <vector>

#include "learn/data/curate.h"

namespace pawl::learn {

// `texts` belong to `groups`, in the same order. Examples of the groups' own texts are no
// precedents, nor are those set aside.
JointEvidence joint_evidence(Head head, std::span<const TextGroup* const> groups,
                             std::vector<JudgedText> texts, const CurationMemory& memory,
                             const Trust& trust);

// Rows of length 1 for texts: their sentence vectors, or n-grams where `vectors` is null.
Matrix unit_vectors(std::span<const std::string_view> texts, const SentenceVectors* vectors);

}  // namespace pawl::learn
