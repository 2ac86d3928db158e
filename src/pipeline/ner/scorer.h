// The recogniser's scores in prediction. A state in which no entity is open is made up of its next
// token alone: those are scored for many tokens of a batch in one product. A state within an entity
// competes between two actions only, and is scored one by one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "math/gemm.h"
#include "math/matrix.h"
#include "pipeline/transition/state_vectors.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Immutable; safe for concurrent use. Keeps copies of the weights: valid whatever happens to the
// tree.
class EntityScorer {
 public:
  struct Buffers {
    StateVectors::Buffers vectors;
    size_t first = 0, end = 0;  // the tokens that are scored
    Matrix hidden;              // of the states without an open entity
    Matrix scores;
    FloatVector state;
  };

  // `competing`: the classes that may win while no entity is open, rising.
  EntityScorer(const ParserNodes& nodes, std::span<const uint32_t> competing);

  size_t features() const { return vectors_.features(); }
  const std::vector<uint32_t>& competing() const { return competing_; }

  // Tokens as the tok2vec gave them, which must outlive the scoring.
  void begin(const TokenVectors& tokens, Buffers& buffers) const;
  // Scores of the competing classes, in their order, for the token as the next one while no entity
  // is open. Valid until the next call; cheap where tokens are asked for in order.
  const float* scores(size_t token, Buffers& buffers) const;
  // Column of scores() that competing()[i] is in.
  size_t column(size_t i) const { return has_upper_ ? i : competing_[i]; }

  // Prepares the state made up of these tokens (rows of begin's input; -1: none), then scores
  // single classes of it.
  void open_state(std::span<const int32_t> tokens, Buffers& buffers) const;
  float score(uint32_t klass, const Buffers& buffers) const;

 private:
  void score_block(size_t first, Buffers& buffers) const;
  void pack_upper(const ParserNodes& nodes);

  StateVectors vectors_;
  bool has_upper_;
  std::vector<uint32_t> competing_;
  PackedMatrix upper_competing_;
  FloatVector upper_competing_bias_;
  Matrix upper_;
  FloatVector upper_bias_;
};

}  // namespace pawl
