// The seam between a shared tok2vec component and the heads that listen to it (spaCy's
// Tok2VecListener).
//
// Prediction: the tok2vec component's predict() leaves its vectors in the documents
// (Doc::set_tensor), the listening heads read them from there; a document without a tensor counts
// as zeros, as in spaCy.
//
// Training: update() of the tok2vec component runs its network on the batch and keeps the result;
// the heads that come after it read `batch_vectors` and hand back their gradients with
// `add_gradient`; the caller of all updates (training/update.h) then calls `finish_batch` once.
#pragma once

#include <string>

#include "math/matrix.h"
#include "pipeline/component/component.h"

namespace pawl {

// Implemented by the tok2vec component, beside TrainableComponent.
class Tok2VecUpstream {
 public:
  virtual ~Tok2VecUpstream() = default;

  virtual size_t width() const = 0;
  // The vectors of the batch given to the last update(), all tokens of all documents one after
  // another; no rows when there is none (the component is frozen): listeners then take the
  // documents' tensors and send no gradient.
  virtual ConstMatrixView batch_vectors() const = 0;
  // Adds one listener's gradient (same rows) and the sum of its squares to losses[name of this
  // component].
  virtual void add_gradient(ConstMatrixView gradient, Losses& losses) = 0;
  // Propagates the accumulated gradient into the parameters and forgets the batch.
  virtual void finish_batch() = 0;
};

// Implemented by a head whose network may begin with a listener.
class Tok2VecListening {
 public:
  virtual ~Tok2VecListening() = default;

  // Name of the component listened to, "*" for any; empty when the head has its own embedding.
  virtual std::string upstream_name() const = 0;
  // Called by Language whenever the pipeline changes; null unlinks. Not owned.
  virtual void set_upstream(Tok2VecUpstream* upstream) = 0;
};

}  // namespace pawl
