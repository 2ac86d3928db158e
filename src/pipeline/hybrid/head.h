// The hybrid text classifier as numbers: two linear tiers over a text's n-grams and its vectors,
// with their calibration. Knows texts and labels' numbers, no documents.
//
// The first tier looks at n-grams and, where that helped in training, at what the words mean each
// by itself, and costs microseconds. Where trust in it reaches `acceptance` it answers; else the
// sentence vector is asked for and the second tier answers. Without vectors the
// n-grams' part of the first tier answers all. A text whose best score lies below the answering
// tier's floor is out of scope.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/msgpack.h"
#include "math/calibration.h"
#include "math/matrix.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/encoder/sentence_vectors.h"
#include "pipeline/hybrid/text_features.h"

namespace pawl {

// Vectors as a tier sees them: each block centred, divided by its length and scaled.
struct VectorTransform {
  size_t block_width = 0;
  std::vector<float> scales;  // one for each block
  std::vector<float> means;   // block_width * blocks; zeros for a block that is not centred

  size_t width() const { return means.size(); }
  void apply(std::span<const float> vector, std::span<float> out) const;
};

struct HybridTier {
  VectorTransform transform;  // of no width without vectors
  Matrix weights;             // see LogisticTrainer::weights(); padded columns
  float ngram_scale = 1.0f;   // of the n-gram features
  double temperature = 1.0;
  Floor floor;  // of the best score

  // One for each of `classes`; an empty `vector` adds nothing.
  std::vector<float> scores(const SparseFeatures& features, std::span<const float> vector,
                            float constant, size_t classes) const;
};

struct HybridAnswer {
  std::vector<float> probabilities;  // one for each label
  size_t best = 0;
  uint8_t tier = 1;
  double surplus = 0.0;  // of the best score over the tier's floor
  bool in_scope() const { return surplus >= 0.0; }
  // Larger than the best label's share of the rest exactly when out of scope.
  double none_probability(double steepness) const;
};

// Plain data, filled by HybridTrainer or from bytes. Const functions are safe for concurrent use.
struct HybridHead {
  size_t classes = 0;
  std::vector<float> support;  // of each label: how many examples; empty: not known
  NgramTable table;
  float constant = 1.0f;
  HybridTier first, second;  // second.weights is empty when trained without vectors
  double acceptance = 0.0;
  double typical_length = 0.0;    // bytes of a text; 0: lengths do not matter
  double tuned_acceptance = 0.0;  // no smaller than this, as seen when the layers were tuned
  std::string fingerprint;        // of the vectors trained on
  std::shared_ptr<const TunedLayers> tuned;  // of the encoder behind those vectors; null: its own

  // `vectors` null, or others than those trained on: first tier alone.
  std::vector<HybridAnswer> answer(std::span<const std::string_view> texts,
                                   const SentenceVectors* vectors) const;
  // The same in two steps, so that heads can share what lies between them. What the second tier is
  // asked about: numbers of the texts, ascending.
  struct Open {
    std::vector<uint32_t> texts;
    std::vector<SparseFeatures> features;
  };
  // `words`: what the vectors' encode_words() gives; looked at only when reads_words(vectors).
  std::vector<HybridAnswer> answer_first(std::span<const std::string_view> texts,
                                         const SentenceVectors* vectors, const Matrix& words,
                                         Open& open) const;
  // `rows`: what the vectors' encode() gives of the open texts.
  void answer_second(const Open& open, const Matrix& rows, std::span<HybridAnswer> answers) const;
  bool reads_words(const SentenceVectors* vectors) const;
  bool uses(const SentenceVectors* vectors) const;
  // The first tier's calibrated confidence, its odds multiplied by the length of the text in
  // typical lengths, from 1/2 to 2: the risk of a wrong answer against the work the second tier
  // would have, which grows with the length.
  double trust(float confidence, size_t bytes) const;

  // msgpack with arrays as numpy writes them. from_bytes throws Error(kFormat) naming the key for
  // whatever does not fit together.
  std::string to_bytes() const;
  static HybridHead from_bytes(std::string_view bytes);
};

}  // namespace pawl
