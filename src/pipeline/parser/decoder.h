// Greedy decoding of a batch: the states of all documents are scored together, step by step, and
// each takes its best valid action.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "math/gemm.h"
#include "math/matrix.h"
#include "pipeline/parser/state.h"
#include "pipeline/transition/component.h"
#include "pipeline/transition/state_vectors.h"

namespace pawl {

// Immutable; safe for concurrent use.
class ArcEagerDecoder final : public TransitionDecoder {
 public:
  // `unseen` classes, in which nothing was trained yet, lose against all others. `root`: the label
  // of roots. `decorated`: labels of lifted arcs are among the actions'.
  ArcEagerDecoder(const ArcEagerActions& actions, const std::vector<uint8_t>& unseen, StringId root,
                  bool decorated, const ParserNodes& nodes);

  void decode(std::span<Doc> docs, const TokenVectors& tokens) const override;

  // The difference between the best and the second best valid action, in the order in which greedy
  // decoding takes them (infinite where there is no choice). For explaining ties.
  std::vector<float> margins(const Doc& doc, const TokenVectors& tokens) const;

 private:
  // Consecutive actions of one move: valid together, unless they are not plain (unseen, or valid
  // between neighbours only).
  struct Group {
    ArcEagerMove move;
    uint32_t first;
    uint32_t last;
    bool is_plain;
  };
  struct Choice {
    int action;
    float score;
  };
  struct Running {
    size_t doc;
    int32_t first_token;  // of the document, in the batch
  };
  struct Buffers {
    StateVectors::Buffers vectors;
    Matrix hidden;
    Matrix scores;
    std::vector<ArcEagerState> states;
    std::vector<Running> running;
  };

  void find_groups();
  void run(std::span<const Doc> docs, const TokenVectors& tokens, Buffers& buffers,
           std::vector<float>* margins) const;
  bool advance(ArcEagerState& state, std::vector<float>* margins) const;
  void step(Buffers& buffers, std::vector<float>* margins) const;
  void score(Buffers& buffers) const;
  int forced_action(uint32_t moves) const;
  bool is_blocked(uint32_t klass, const ArcEagerState& state) const;
  Choice choose(const ArcEagerState& state, uint32_t moves, const float* scores) const;
  float runner_up(const ArcEagerState& state, uint32_t moves, const float* scores, int best) const;

  std::vector<ArcEagerAction> actions_;
  std::vector<uint8_t> unseen_;
  std::vector<Group> groups_;
  std::array<size_t, kArcEagerMoves> counts_ = {};  // actions of each move
  std::array<int, kArcEagerMoves> only_ = {};       // the last of them
  StringId root_;
  bool decorated_;
  StateVectors vectors_;
  bool has_upper_;
  PackedMatrix upper_;
  FloatVector upper_bias_;
};

}  // namespace pawl
