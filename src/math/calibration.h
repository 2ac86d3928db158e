// Making confidences mean what they say, from scores of examples that were not trained on.
#pragma once

#include <cmath>
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

// A right answer's best score, and how many examples its label was trained with.
struct RightAnswer {
  double score = 0.0;
  double support = 0.0;
};

// The score below which an answer is taken to be out of scope: the more examples a label has, the
// higher its right answers score.
struct Floor {
  double base = 0.0;
  double slope = 0.0;  // for each unit of log(1 + support); not negative
  double at(double support) const { return base + slope * std::log1p(support); }
};

// Of the right answers only `share` lie below. The slope is fitted to them by least squares, and
// small where supports hardly differ. A base of minus infinity without right answers.
Floor choose_floor(std::span<const RightAnswer> right, double share);

}  // namespace pawl
