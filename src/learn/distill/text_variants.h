// Texts nobody said, near to those somebody did: where a teacher can label any text, they show a
// student more of what the teacher knows (Tang et al. 2019).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "text/doc.h"

namespace pawl::learn {

// `count` texts, each from one of `docs`, taken in turn (all must have tokens): of some only a
// stretch, some words left out, some taken from other documents. Deterministic by `rng`.
std::vector<std::string> text_variants(std::span<const Doc* const> docs, size_t count, Rng& rng);

}  // namespace pawl::learn
