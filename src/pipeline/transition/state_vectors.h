// The vectors of states in prediction, from weights packed once: a state's is the maxout of the sum
// of what its tokens contribute, and what a token contributes to each feature position is computed
// once for all states. Behaviour: spacy.ml.parser_model (precompute_hiddens).
#pragma once

#include <cstdint>
#include <span>

#include "math/gemm.h"
#include "math/matrix.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Immutable; safe for concurrent use. Keeps copies of the weights: valid whatever happens to the
// tree.
class StateVectors {
 public:
  struct Buffers {
    Matrix vectors;
    Matrix contributions;  // [tokens, features * pieces * hidden]: planar within a feature
    FloatVector sums;
  };

  explicit StateVectors(const ParserNodes& nodes);

  size_t features() const { return features_; }
  size_t hidden() const { return hidden_; }

  // What the tokens (as the tok2vec gave them) contribute; kept until the next call.
  void begin(ConstMatrixView tokens, Buffers& buffers) const;

  // The vector of the state made up of these tokens: rows of begin's input, -1 for none.
  void compute(std::span<const int32_t> tokens, Buffers& buffers, float* out) const;
  // The same where the first feature is this token and all others are missing.
  void compute_alone(size_t token, Buffers& buffers, float* out) const;

 private:
  void choose(Buffers& buffers, float* out) const;

  size_t features_;
  size_t pieces_;
  size_t hidden_;
  PackedMatrix linear_;
  FloatVector linear_bias_;
  PackedMatrix lower_;
  FloatVector bias_;        // planar
  FloatVector pad_;         // planar within a feature
  FloatVector alone_bias_;  // the bias and all padding but the first feature's
};

}  // namespace pawl
