// Several hybrid heads over the same texts.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/hybrid/head.h"

namespace pawl {

// What HybridHead::answer() of each head with its vectors gives, bit for bit. Heads whose encoders
// are akin share what these have in common: the words' vectors, and of the texts that several are
// not sure about all layers below those of their own.
std::vector<std::vector<HybridAnswer>> answer_together(
    std::span<const std::pair<const HybridHead*, const SentenceVectors*>> heads,
    std::span<const std::string_view> texts);

}  // namespace pawl
