// The network of a transition-based component in training: states scored over one pass of a batch,
// gradients for all of them at once. Behaviour: spacy.ml.parser_model (ParserStepModel,
// precompute_hiddens).
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "math/matrix.h"
#include "nn/layers.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Rows of scores are states; state i is made up of the tokens ids[i * features ...], numbered over
// the whole batch, -1 for none.
class ParserPass {
 public:
  // Borrows the tree and its input. Without weights: an assertion.
  ParserPass(const ParserNodes& nodes, Tok2VecInput& input);

  // The batch's token vectors and contributions, for any number of states.
  // `hold_vectors`: backward() leaves the tok2vec alone.
  void begin(DocRefs docs, double dropout, Rng* rng, bool hold_vectors = false);
  // The same from weights that stay as they are; no backward can follow.
  void begin_fixed(DocRefs docs);

  // Room for `states` rows without tokens. With dropout spaCy drops a tenth of the state vectors,
  // whatever the rate.
  void set_states(size_t states, double dropout, Rng* rng);
  // Room for more of them, behind those there are, which keep their scores.
  void add_states(size_t states, double dropout, Rng* rng);
  size_t states() const { return sums_.rows(); }
  size_t features() const { return nodes_.features; }
  int32_t* ids(size_t state) { return ids_.data() + state * nodes_.features; }
  void score(size_t first, size_t states);
  Matrix& scores() { return nodes_.upper != nullptr ? scores_ : hidden_; }

  // Adds to the parameters' gradients and hands the tok2vec its own. Rows as in scores(); rows of
  // zeros contribute nothing.
  void backward(const Matrix& d_scores, Losses& losses);

 private:
  void contribute(Matrix& tokens);
  void sum_contributions(size_t state);
  void activate(size_t first, size_t states);
  void upper_forward(size_t first, size_t states);
  void upper_backward(const Matrix& d_scores, Matrix& d_hidden);
  void activation_backward(Matrix& d_hidden, Matrix& d_sums);
  void lower_backward(const Matrix& d_sums, Matrix& d_vectors);
  void feature_backward(size_t feature, const Matrix& d_sums, Matrix& d_vectors);

  ParserNodes nodes_;
  Tok2VecInput& input_;
  nn::Linear linear_;
  bool hold_vectors_ = false;
  std::vector<int32_t> ids_;
  Matrix tokens_;         // from the tok2vec
  Matrix vectors_;        // behind the linear layer
  Matrix contributions_;  // [tokens, features * hidden * pieces]
  Matrix sums_;           // [states, hidden * pieces]
  Matrix hidden_;         // [states, hidden]
  Matrix scores_;         // [states, classes]
  Matrix mask_;           // as hidden_, or empty
  std::vector<uint8_t> which_;
  // Scratch of the backward pass.
  Matrix rows_;
  Matrix d_rows_;
  Matrix d_inputs_;
  Matrix d_hidden_;
  Matrix d_sums_;
  Matrix d_vectors_;
  Matrix d_tokens_;
  std::vector<uint32_t> states_;
};

}  // namespace pawl
