// Training of the hybrid text classifier: both tiers to convergence, calibration on examples held
// out from training, and corrections of a trained head in a small part of that time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/progress.h"
#include "math/calibration.h"
#include "math/logistic_regression.h"
#include "pipeline/encoder/encoder_tuning.h"
#include "pipeline/hybrid/head.h"

namespace pawl {

struct HybridOptions {
  uint32_t hash_bits = 20;
  double c = 60.0;  // weight of an example's loss against 1/2 |W|^2
  // Of the n-grams beside vectors: with few examples for each label words not seen say little,
  // with many they say all. Multiplied by the fourth root of examples per label / 30, from 1 to 3.
  double ngram_scale = 0.5;
  double word_scale = 0.8;    // of each block of the first tier's vector
  double vector_scale = 0.8;  // of a vector's first block
  double inner_scale = 0.7;   // of its further blocks
  double label_weight = 1.0;  // of a label's name, as an example of the label; 0: not used
  bool tune = true;           // the upper layers of the vectors' encoder, too ...
  size_t tuning_batch = 32;   // texts of a step of tuning
  bool tune_anew = true;      // ... or only layers that were tuned before are taken over
  // Whose tiers, layers, trust and scope are taken over; must outlive fit(). Null: its own are
  // found.
  const HybridHead* calibrated_as = nullptr;
  double out_of_scope = 0.01;  // share of right answers that may be taken for out of scope
  uint64_t seed = 0;
  Checkpoint* checkpoint = nullptr;  // of tuning; must outlive fit()
};

struct LabeledText {
  std::string text;
  uint32_t label = 0;
  float weight = 1.0f;
};

// Owns the examples' features and the solver's state. One thread at a time. Copyable: a copy can be
// corrected beside the original. Deterministic by options and calls.
class HybridTrainer {
 public:
  // `vectors` may be null: n-grams alone.
  HybridTrainer(std::vector<std::string> labels, const HybridOptions& options,
                std::shared_ptr<const SentenceVectors> vectors);

  // From scratch. With enough examples upper layers of the encoder are tuned to them, and kept
  // unless they do worse than its own on the texts left out of tuning; then those of `earlier` are
  // gone back to, if it has any. `known`: a head whose tuned layers and what was seen of them then
  // are taken instead of tuning. Both may be null; layers of another encoder count for nothing.
  // Throws Error(kInvalidInput) without any example of positive weight,
  // Error(kInterrupted) when progress asks to stop.
  void fit(std::span<const LabeledText> examples, Progress& progress,
           std::shared_ptr<const HybridHead> known = nullptr,
           std::shared_ptr<const HybridHead> earlier = nullptr);
  // Whether layers can be tuned, given so many examples.
  bool could_tune(size_t examples) const;
  // Takes up a head trained earlier, on these examples: nothing is learnt. Corrections then go on
  // from it; what it knew of examples that are not given here stays as it was.
  void resume(HybridHead head, std::span<const LabeledText> examples);
  // Adds examples, or gives those whose text is known another label; new labels must have been
  // added. The calibration stays.
  void correct(std::span<const LabeledText> examples);
  void add_label(const std::string& label);

  // Whether it was trained with this text under this label.
  bool knows(const LabeledText& example) const;
  // What was learnt so far; null before that.
  std::shared_ptr<const HybridHead> head() const { return published_; }
  size_t examples() const { return index_.size(); }
  // Those the head reads: of the encoder it was trained beside, or of its tuned layers.
  std::shared_ptr<const SentenceVectors> vectors() const { return vectors_; }

 private:
  struct Set;
  struct Held;
  struct Fitted {
    NgramTable table;
    std::vector<VectorTransform> transforms;  // a tier each
    std::vector<LogisticTrainer> tiers;       // one, or two with vectors
  };

  Set make_set(std::span<const LabeledText> examples, bool with_names) const;
  Fitted train(const Set& set, std::span<const size_t> rows, size_t tiers) const;
  void choose_words(const Set& set, size_t examples);
  void hold_out(const Set& set, std::span<const size_t> folds, size_t out, size_t tiers,
                Held& held) const;
  void calibrate(const Set& set, size_t examples);
  void recalibrate(const Set& set, const Held& held, const HybridHead* known);
  TuningResult tune(const Set& set, size_t examples, Progress& progress) const;
  bool try_tuned(const TunedLayers& layers, size_t examples, const HybridHead* known, Set& set);
  void fit_as(const HybridHead& as, std::span<const LabeledText> examples, Set& set);
  void fit_all(std::span<const LabeledText> examples, const Set& set);
  Matrix take(const TunedLayers& layers, Set& set);
  void judge_held(const Fitted& fitted, const Set& set, std::span<const size_t> rows,
                  Held& held) const;
  size_t tiers() const { return vectors_ == nullptr ? 1 : 2; }
  Fitted make_fitted(NgramTable table, std::vector<VectorTransform> transforms, size_t tiers) const;
  std::vector<VectorTransform> make_transforms(const Set& set, std::span<const size_t> rows) const;
  float ngram_scale(size_t examples) const;
  static void check(std::span<const LabeledText> examples, size_t labels);
  size_t add(const Set& set, size_t row, Fitted& fitted) const;
  void publish();
  HybridHead head_of(const Fitted& fitted) const;
  std::vector<float> support_of(const Fitted& fitted) const;
  LogisticOptions solver_options() const;

  std::vector<std::string> labels_;
  HybridOptions options_;
  std::shared_ptr<const SentenceVectors> base_;
  std::shared_ptr<const SentenceVectors> vectors_;  // the base's, or those of tuned layers
  bool with_words_ = true;                          // whether the first tier has a vector, too
  HybridHead head_;  // calibration and scales; the weights are the tiers'
  std::shared_ptr<const HybridHead> published_;
  Fitted fitted_;
  std::unordered_map<std::string, size_t> index_;  // text: number of the example in the tiers
};

}  // namespace pawl
