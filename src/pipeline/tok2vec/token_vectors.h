// The token vectors that a head reads: there already, or computed where they are asked for, so that
// those of a very long text need not all be in memory.
#pragma once

#include <cstddef>

#include "math/matrix.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

// Borrows what it is made of.
class TokenVectors {
 public:
  TokenVectors() = default;
  TokenVectors(ConstMatrixView all) : all_(all), size_(all.rows) {}
  TokenVectors(const Matrix& all) : TokenVectors(all.view()) {}
  TokenVectors(const Doc& doc, const Tok2VecNetwork& network)
      : doc_(&doc), network_(&network), size_(doc.size()) {}

  size_t size() const { return size_; }

  // Of tokens [first, first + n); `storage` may be what they are in.
  ConstMatrixView rows(size_t first, size_t n, Matrix& storage) const {
    if (network_ == nullptr) return all_.slice_rows(first, n);
    return network_->predict_part(*doc_, first, n, storage);
  }

 private:
  ConstMatrixView all_;
  const Doc* doc_ = nullptr;
  const Tok2VecNetwork* network_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pawl
