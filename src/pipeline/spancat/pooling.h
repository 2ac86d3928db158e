// Spans reduced to one vector each: their last and first token's vectors, the mean and the greatest
// values, one after another (the concatenation in spaCy's mean_max_reducer).
#pragma once

#include <cstdint>
#include <span>

#include "math/matrix.h"
#include "pipeline/spancat/suggester.h"

namespace pawl {

inline constexpr size_t kSpanReductions = 4;

// `pooled`: one row a span, kSpanReductions times as wide as `tokens`. `which`: the row of `tokens`
// that each greatest value is from, [spans * width]; null when there will be no backward pass.
void pool_spans(ConstMatrixView tokens, std::span<const Candidate> spans, MatrixView pooled,
                uint32_t* which);
// Adds to `d_tokens`.
void backprop_pool_spans(ConstMatrixView d_pooled, std::span<const Candidate> spans,
                         const uint32_t* which, MatrixView d_tokens);

}  // namespace pawl
