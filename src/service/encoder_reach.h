// How much of a long text the sentence encoder reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/language.h"

namespace pawl::service {

// The code points from the text's beginning that fit into the windows of the pipeline's encoder
// (pipeline/encoder/sentence_encoder.h); nothing when all do, or when no head reads an encoder.
// n-grams and entities are of the whole text in any case. `text` is well-formed UTF-8.
std::optional<uint64_t> encoder_reach(const Language& nlp, std::string_view text);

}  // namespace pawl::service
