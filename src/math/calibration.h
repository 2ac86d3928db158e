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

// What one tier said of a held-out example.
struct Judged {
  float confidence = 0;
  bool correct = false;
};

// The smallest confidence from which the first tier may answer alone. How often a tier is right
// at a confidence of the first is a logistic curve over its log odds (Platt 1999), fitted to these
// examples; by the curves, the answers accepted lose no more than one right answer in 400 examples
// against the second tier. Below kFewJudged examples curves alone say too little: what was accepted
// must also have been right as often as the second tier's answers, but for one in a thousand of the
// examples, and so by more than chance says: of n examples that only one tier has right, the lead
// must be sqrt(n), its standard error. `first` and `second` hold the same examples. Above 1 (never)
// when fewer than `min_support` would be accepted.
inline constexpr size_t kFewJudged = 1000;
double choose_acceptance(std::span<const Judged> first, std::span<const Judged> second,
                         size_t min_support);

// The score below which an answer is taken to be out of scope: of the correct ones only `share` lie
// below. Minus infinity without correct ones.
double choose_floor(std::vector<float> scores_of_correct, double share);

}  // namespace pawl
