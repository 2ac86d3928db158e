// The network that turns tokens into vectors: MultiHashEmbed followed by MaxoutWindowEncoder
// (spacy.Tok2Vec.v1/v2, spacy.HashEmbedCNN.v1/v2), and the sub-network a head reads its vectors
// from, which may be a listener instead. Behaviour: spacy.ml.models.tok2vec,
// spacy_legacy.architectures.tok2vec, thinc.layers.
//
// Vectors are rows of one array: all tokens of all documents of the batch, one after another,
// without padding. The zero rows thinc puts between documents exist inside the network only.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/rng.h"
#include "math/matrix.h"
#include "nn/model.h"
#include "pipeline/tok2vec/link.h"
#include "text/doc.h"

namespace pawl {

using DocRefs = std::span<const Doc* const>;

size_t count_tokens(DocRefs docs);

// Temporaries that are kept for the next call give back what one large call took.
void release_beyond(size_t usual_rows, Matrix& matrix);

// The untrained tree a [... .tok2vec] block describes (Tok2Vec, HashEmbedCNN or Tok2VecListener),
// with thinc's names, dims, refs and attrs; parameters are undefined until initialize() or
// nn::from_bytes on the whole tree. Throws Error(kUnsupported) naming architecture or option;
// `where` is the block's path ("components.ner.model.tok2vec").
nn::NodePtr build_tok2vec(const Json& block, const std::string& where);

// Borrows the parameters of a tree that build_tok2vec made (not of a listener); the tree must
// outlive it.
class Tok2VecNetwork {
 public:
  explicit Tok2VecNetwork(nn::Node& root);
  ~Tok2VecNetwork();

  size_t width() const;

  // Sets dims that depend on others, draws the weights as thinc's initialisers distribute them.
  void initialize(Rng& rng);
  // Packs the weights for predict. Call after parameters were loaded, initialised or stepped.
  void weights_changed();

  // `out` becomes count_tokens(docs) x width(). Safe from any number of threads; temporaries are
  // per thread.
  void predict(DocRefs docs, Matrix& out) const;

  // The same, into rows that are there.
  void predict(DocRefs docs, MatrixView out) const;
  // The same of tokens [first, first + n) of a document alone: rows of `storage`.
  ConstMatrixView predict_part(const Doc& doc, size_t first, size_t n, Matrix& storage) const;
  // The same with dropout, from the current parameters (no weights_changed() needed), keeping what
  // backward needs until the next forward. `rng` may be null when dropout is 0. One thread.
  void forward(DocRefs docs, double dropout, Rng* rng, Matrix& out);
  // Adds to the parameters' gradients; `gradient` has the rows of the last forward.
  void backward(ConstMatrixView gradient);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class TokenVectors;

// Where a head's vectors come from: its own Tok2VecNetwork or a shared tok2vec upstream. `node` is
// the tree's tok2vec reference, `block` its configuration.
class Tok2VecInput {
 public:
  Tok2VecInput(nn::Node& node, const Json& block);
  ~Tok2VecInput();

  size_t width() const;
  std::string upstream_name() const;             // empty: own network; see Tok2VecListening
  void set_upstream(Tok2VecUpstream* upstream);  // not owned

  void initialize(Rng& rng);
  void weights_changed();
  // A listener reads the documents' tensors; zeros where there are none.
  void predict(DocRefs docs, Matrix& out) const;
  // The same; what a listener reads of a single document stays where it is, an own network computes
  // those of a single long document when they are asked for; else `out` is filled.
  TokenVectors vectors(DocRefs docs, Matrix& out) const;
  // A listener reads the batch of its upstream, or the tensors when there is none; throws
  // Error(kInternal) when the batch is another one.
  void forward(DocRefs docs, double dropout, Rng* rng, Matrix& out);
  // A listener hands the gradient upstream, which counts it in `losses`.
  void backward(ConstMatrixView gradient, Losses& losses);

 private:
  std::unique_ptr<Tok2VecNetwork> network_;  // null: listener
  size_t width_ = 0;
  std::string upstream_name_;
  Tok2VecUpstream* upstream_ = nullptr;
  bool batch_from_upstream_ = false;
};

}  // namespace pawl
