// The vectors of states in prediction, from weights packed once: a state's is the maxout of the sum
// of what its tokens contribute, and what a token contributes to each feature position is computed
// once for all states; of a very long text for the stretches that states are at, so that memory
// stays bounded. Behaviour: spacy.ml.parser_model (precompute_hiddens).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/gemm.h"
#include "math/matrix.h"
#include "pipeline/tok2vec/token_vectors.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Immutable; safe for concurrent use. Keeps copies of the weights: valid whatever happens to the
// tree.
class StateVectors {
 public:
  struct Buffers {
    TokenVectors tokens;
    Matrix part;  // of them
    Matrix vectors;
    // Blocks of tokens in the slots they were given: rows [token, features * pieces * hidden],
    // planar within a feature.
    Matrix contributions;
    std::vector<int32_t> slots;   // per block: -1 when it is not there
    std::vector<int32_t> blocks;  // per slot: -1 when it is free
    size_t next_slot = 0;
    FloatVector sums;
  };

  explicit StateVectors(const ParserNodes& nodes);

  size_t features() const { return features_; }
  size_t hidden() const { return hidden_; }

  // Tokens as the tok2vec gave them, which must outlive the computing of their states; after which
  // finish() gives back what a long text took.
  void begin(const TokenVectors& tokens, Buffers& buffers) const;
  static void finish(Buffers& buffers);

  // The vector of the state made up of these tokens: rows of begin's input, -1 for none.
  void compute(std::span<const int32_t> tokens, Buffers& buffers, float* out) const;
  // The same where the first feature is this token and all others are missing.
  void compute_alone(size_t token, Buffers& buffers, float* out) const;

 private:
  const float* contribution(size_t token, Buffers& buffers) const;
  void load(size_t block, Buffers& buffers) const;
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
