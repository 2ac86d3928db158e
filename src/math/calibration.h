// Making confidences mean what they say, from scores of examples that were not trained on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/matrix.h"

namespace pawl {

// y = softmax(scores / temperature) over n classes; the same values for every instruction set that
// rounds as IEEE 754 says. Returns the index of the largest score, the first of equal ones.
size_t calibrated_softmax(std::span<const float> scores, double temperature, std::span<float> y);

// The temperature (Guo et al. 2017) between 1/20 and 20 at which softmax(scores / temperature)
// gives the labels the highest likelihood; 1 without examples.
double fit_temperature(ConstMatrixView scores, std::span<const uint32_t> labels);

// The score below which an answer is taken to be out of scope: of the correct ones only `share` lie
// below. Minus infinity without correct ones.
double choose_floor(std::vector<float> scores_of_correct, double share);

}  // namespace pawl
