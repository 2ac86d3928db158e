// The recogniser's scores in prediction. A state in which no entity is open is made up of its next
// token alone: those are scored for all tokens of a batch in one product. A state within an entity
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
    Matrix hidden;  // of the states without an open entity
    Matrix scores;
    FloatVector state;
  };

  // `competing`: the classes that may win while no entity is open, rising.
  EntityScorer(const ParserNodes& nodes, std::span<const uint32_t> competing);

  size_t features() const { return vectors_.features(); }
  const std::vector<uint32_t>& competing() const { return competing_; }

  // Scores of the competing classes, in their order, for each token (as the tok2vec gave it) as the
  // next one while no entity is open. In buffers.scores until the next call.
  void score_tokens(ConstMatrixView tokens, Buffers& buffers) const;
  // Column of buffers.scores that competing()[i] is in.
  size_t column(size_t i) const { return has_upper_ ? i : competing_[i]; }

  // Prepares the state made up of these tokens (rows of score_tokens' input; -1: none), then scores
  // single classes of it.
  void open_state(std::span<const int32_t> tokens, Buffers& buffers) const;
  float score(uint32_t klass, const Buffers& buffers) const;

 private:
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
