// The encoder of BERT (Devlin et al. 2018), forward only: embeddings, then layers of self-attention
// and a two-layer network with gelu, each with a residual and a layer normalisation behind it. What
// transformers' BertModel computes in evaluation, with all token types 0 and without the pooler.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/safetensors.h"
#include "math/ops.h"
#include "nn/bert_config.h"
#include "nn/bert_layers.h"

namespace pawl::nn {

// Sequences of token ids that lie one after another, without padding.
struct Sequences {
  std::span<const uint32_t> ids;
  Lengths lengths;
};

// Writes what Bert reads from a BertModel's weights (names with or without "bert." in front;
// poolers and whatever else is there stay behind). kInt8 quantises the word embeddings and the
// matrices (math/int8.h): tensor "X" of I8, "X.scale" of F32 and for matrices "X.exact" of U32 and
// "X.exact_weights" of F32. Which channels stay exact is seen on `calibration`, any sequences that
// look like texts. Throws Error(kFormat) naming the tensor.
void convert_bert(const BertConfig& config, const Safetensors& source, Precision precision,
                  const Sequences& calibration, SafetensorsWriter& out);

// Somebody who reads some of several sequences through layers of his own.
struct BertBranch {
  const BertLayers* upper = nullptr;  // in place of the encoder's from their first on; null: none
  std::span<const uint32_t> wanted;   // numbers of the sequences, ascending
  MatrixView sums, inner;             // a row for each sequence that is wanted
};

// Immutable; safe for concurrent use, temporaries are per thread. Runs on the instruction set that
// was active when it was made.
class Bert {
 public:
  // Reads what convert_bert wrote. Throws Error(kFormat) naming the tensor.
  Bert(const BertConfig& config, const Safetensors& weights, Precision precision);
  ~Bert();
  Bert(Bert&&) noexcept;
  Bert& operator=(Bert&&) noexcept;

  const BertConfig& config() const { return config_; }

  // sums(i) = sum over the tokens of sequence i of their last hidden states. No sequence is longer
  // than config().positions, ids are below config().vocabulary (asserted). A row depends on its own
  // sequence alone.
  // `upper`: null, or layers that take the place of this encoder's from their first on; the
  // encoder then ends with them.
  void sum_states(const Sequences& sequences, MatrixView sums,
                  const BertLayers* upper = nullptr) const;
  // The same, and in `inner`, of the same shape, the sums of the mean of what the layers between
  // the first and the last leave, or between the first and `upper` (zeros where there is none).
  void sum_states(const Sequences& sequences, MatrixView sums, MatrixView inner,
                  const BertLayers* upper = nullptr) const;

  // The same for each branch. What branches have in common is computed once: the layers below the
  // first that one of them replaces, or all.
  void sum_states(const Sequences& sequences, std::span<const BertBranch> branches) const;

  // What goes into the first layer, a row a token: nothing but look-ups and a normalisation.
  void embed(const Sequences& sequences, Matrix& states) const;
  // What layer `layer` reads, a row a token.
  void states_below(size_t layer, const Sequences& sequences, Matrix& states) const;
  const BertLayers& layers() const;

  // For each matrix product of the network the greatest absolute value of each input channel.
  std::vector<FloatVector> input_ranges(const Sequences& sequences,
                                        const BertLayers* upper = nullptr) const;

 private:
  struct Weights;
  template <typename Run>
  void for_groups(Sequences sequences, Run&& run) const;

  BertConfig config_;
  std::unique_ptr<const Weights> weights_;
};

}  // namespace pawl::nn
