// The features of a bag of words: n-grams of token ids, counted per document.
// Behaviour: spacy.ml.extract_ngrams, thinc's NumpyOps.ngrams.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/layers.h"
#include "pipeline/tok2vec/network.h"
#include "text/vocab.h"

namespace pawl {

struct NgramCounts {
  std::vector<uint64_t> keys;  // distinct within a document, rising
  std::vector<float> values;   // how often
  std::vector<uint32_t> lengths;

  nn::SparseLinear::Input input() const { return {keys, values, lengths}; }
};

// N-grams of 1 to `size` tokens' `attr`; a unigram's key is the id itself, a longer one's is
// MurmurHash2 of the ids. Overwrites `out`, keeping its memory.
void extract_ngrams(DocRefs docs, Attr attr, size_t size, NgramCounts& out);

}  // namespace pawl
