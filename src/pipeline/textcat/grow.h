// New labels on a trained text classification tree.
//
// Old labels' scores stay what they were, bit for bit. Where labels compete (softmax) a new one
// waits with the bias spaCy gives it (-5000: probability 0), from where no optimizer would ever
// bring it back. So the first update with an example of the label starts it: its bias is set to
// where its probability is about kStartProbability on that batch. Where labels are independent it
// begins at that probability at once.
//
// Behaviour for comparison: thinc.layers.resizable.resize_linear_weighted. Unlike spaCy this works
// for every architecture, the ensemble included; what is saved opens in spaCy.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/model.h"
#include "pipeline/textcat/build.h"
#include "pipeline/textcat/network.h"

namespace pawl {

inline constexpr float kWaitingBias = -5000.0f;
inline constexpr double kStartProbability = 0.02;

// Extends the tree to `labels` outputs; parameters keep their addresses and lose their gradients.
void grow_labels(nn::Node& root, TextcatKind kind, size_t labels);

// Whether a label's bias is that of one still waiting (pawl's or spaCy's).
bool is_waiting(const nn::Param& bias, size_t label);

// Starts the waiting labels among `wanted` (one flag per label): sets their bias from the
// partitions of a forward pass over the batch. Returns the parameters that changed.
std::vector<nn::Param*> start_labels(const std::vector<TextcatNetwork::Partition>& partitions,
                                     const std::vector<bool>& wanted);

}  // namespace pawl
