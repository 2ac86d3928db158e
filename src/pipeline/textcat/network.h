// The networks of text classification over a batch of documents that all have tokens.
#pragma once

#include <memory>

#include "base/json.h"
#include "base/rng.h"
#include "math/matrix.h"
#include "nn/model.h"
#include "pipeline/textcat/build.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

// Borrows the parameters of a tree that build_textcat made; the tree must outlive it. Scores are
// documents x labels.
class TextcatNetwork {
 public:
  virtual ~TextcatNetwork() = default;

  // Checks shapes, packs weights. Call after loading, initialising, stepping or growing.
  virtual void weights_changed() = 0;
  // Safe from any number of threads; temporaries are per thread.
  virtual void predict(DocRefs docs, MatrixView scores) const = 0;

  // From the current parameters, keeping what backward needs. One thread.
  virtual void forward(DocRefs docs, double dropout, Rng& rng, MatrixView scores) = 0;
  // Adds to the gradients of the parameters; overwrites d_scores.
  virtual void backward(ConstMatrixView scores, MatrixView d_scores, Losses& losses) = 0;

  // Null when the network has no tok2vec.
  virtual Tok2VecInput* tok2vec() { return nullptr; }
  // The mean over the last forward's documents of log(sum(exp(score))), for each softmax of the
  // network whose labels can be extended, with the bias parameter of its scores.
  struct Partition {
    nn::Param* bias;
    double mean_log;
  };
  virtual std::vector<Partition> partitions() const = 0;
};

std::unique_ptr<TextcatNetwork> make_textcat_network(TextcatKind kind, nn::Node& root,
                                                     const Json& block);

}  // namespace pawl
