// The loss of one state: log loss in which every action of least cost is right, so that the model
// may choose among them. Behaviour: spacy.ml.parser_model.cpu_log_loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pawl {

// Writes the gradient of n scores: the probabilities less those among the right actions alone.
// Zeros when there is no right action (nothing valid below cost 2). `exponents` is scratch.
void transition_loss(const float* scores, const float* costs, const uint8_t* valid, size_t n,
                     std::vector<double>& exponents, float* gradient);

}  // namespace pawl
