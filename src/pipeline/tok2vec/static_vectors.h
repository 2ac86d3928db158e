// The layer "static_vectors": words' vectors times a learnt projection (spacy.ml.staticvectors).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "math/matrix.h"
#include "nn/model.h"
#include "text/doc.h"
#include "text/vectors.h"

namespace pawl {

// W[nO,nM]; nM is the width of the vocabulary's vectors.
nn::NodePtr make_static_vectors(int64_t nO, double dropout);

// Gives every static_vectors layer of a tree its width from the vocabulary, unless it has one. To
// be called before weights are drawn.
void set_vector_widths(nn::Node& root, const Vocab& vocab);

// What a word's vector is looked up by.
struct WordKey {
  StringId id = 0;
  std::string_view text;  // only where Vectors::by_ngrams()
};

// The text that character n-grams are taken of: the token's attribute that the vectors' keys are.
std::string vector_text(const Doc& doc, size_t i, const Vectors& vectors);

// Borrows the node's parameter. forward is const and safe for concurrent use.
class StaticVectors {
 public:
  struct Saved {
    Matrix vectors;
    FloatVector mask;  // empty: nothing was dropped
  };

  explicit StaticVectors(nn::Node& node);
  size_t outputs() const { return outputs_; }

  // Words without a vector become zeros. Throws Error(kFormat) when the vocabulary's vectors have
  // another width than the layer was trained with, or when there are none.
  void forward(const Vocab& vocab, std::span<const WordKey> words, MatrixView y) const;
  // The same with one dropout mask over the columns, keeping what backward needs.
  void forward_training(const Vocab& vocab, std::span<const WordKey> words, Rng& rng, MatrixView y,
                        Saved& saved) const;
  void backward(const Saved& saved, ConstMatrixView d_y) const;

 private:
  // Gives back which words have no vector.
  std::vector<size_t> gather(const Vocab& vocab, std::span<const WordKey> words,
                             Matrix& vectors) const;

  nn::Node* node_;
  nn::Param* weights_;
  size_t outputs_, inputs_;
};

}  // namespace pawl
