// Where the hybrid text classifier gets its sentence vectors from, and only when it needs them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "math/matrix.h"

namespace pawl {

class SentenceEncoder;

// Safe for concurrent use. The vector of a text does not depend on the texts beside it.
class SentenceVectors {
 public:
  virtual ~SentenceVectors() = default;

  virtual size_t width() const = 0;
  // A vector is one or several blocks of this width: the first of length 1, for what the text means
  // as a whole; further ones (means of inner layers) are centred by whoever trains on them.
  virtual size_t block_width() const { return width(); }
  // One row for each text.
  virtual Matrix encode(std::span<const std::string_view> texts) const = 0;
  // What a text's words mean each by itself, in blocks of block_width() that are to be centred: far
  // less than encode() tells, for a small part of its time.
  virtual size_t words_width() const { return block_width(); }
  virtual Matrix encode_words(std::span<const std::string_view> texts) const = 0;
  // Changes whenever vectors may.
  virtual const std::string& fingerprint() const = 0;
  // The same vectors as `tuned`, those of tuned layers of this encoder; whoever remembers its own
  // may remember them, too.
  virtual std::shared_ptr<const SentenceVectors> remembered(
      std::shared_ptr<const SentenceVectors> tuned) const {
    return tuned;
  }
  // The encoder behind them, whose layers can be tuned; null where there is none.
  virtual std::shared_ptr<const SentenceEncoder> encoder() const { return nullptr; }
};

// Implemented by a component that reads sentence vectors of another component of the pipeline.
class SentenceVectorsListening {
 public:
  virtual ~SentenceVectorsListening() = default;

  // Name of that component, empty for none.
  virtual std::string vectors_name() const = 0;
  // Called by Language whenever the pipeline changes; null unlinks.
  virtual void set_vectors(std::shared_ptr<const SentenceVectors> vectors) = 0;
};

// Implemented by the component whose vectors others read.
class SentenceVectorsUpstream {
 public:
  virtual ~SentenceVectorsUpstream() = default;

  virtual std::shared_ptr<const SentenceVectors> vectors() const = 0;
};

}  // namespace pawl
