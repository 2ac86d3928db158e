// Greedy decoding: the best valid action after another, from the scores of an EntityScorer.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "math/matrix.h"
#include "pipeline/ner/scorer.h"
#include "pipeline/ner/state.h"
#include "pipeline/transition/component.h"

namespace pawl {

// Immutable; safe for concurrent use.
class BiluoDecoder final : public TransitionDecoder {
 public:
  // `unseen` classes, in which nothing was trained yet, lose against all others.
  BiluoDecoder(const BiluoActions& actions, const std::vector<uint8_t>& unseen,
               const ParserNodes& nodes);

  // Annotates documents from their token vectors, all tokens one after another.
  void decode(std::span<Doc> docs, const TokenVectors& tokens) const override;

  // The difference between the best and the second best valid action, per token, as greedy decoding
  // meets them (infinite where there is no choice). For explaining ties.
  std::vector<float> margins(const Doc& doc, const TokenVectors& tokens) const;

 private:
  struct Choice {
    int action = BiluoActions::kNone;
    float score = 0;
    float second = 0;
  };
  using Buffers = EntityScorer::Buffers;

  void decode(BiluoState& state, size_t first, Buffers& buffers, std::vector<float>* margins) const;
  BiluoAction choose(const BiluoState& state, size_t first, Buffers& buffers, Choice& choice) const;
  void choose_closed(const BiluoState& state, const float* scores, Choice& choice) const;
  void choose_open(const BiluoState& state, size_t first, Buffers& buffers, Choice& choice) const;
  void consider(uint32_t klass, float score, Choice& choice) const;

  std::vector<BiluoAction> actions_;
  std::vector<uint8_t> unseen_;
  EntityScorer scorer_;
  std::vector<uint32_t> within_;  // I and L actions, and U without label, rising
};

}  // namespace pawl
