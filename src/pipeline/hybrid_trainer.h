// Training of the hybrid text classifier: both tiers to convergence, calibration on examples held
// out from training, and corrections of a trained head in a small part of that time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "math/calibration.h"
#include "math/logistic_regression.h"
#include "pipeline/hybrid_head.h"

namespace pawl {

struct HybridOptions {
  uint32_t hash_bits = 20;
  double c = 10.0;              // weight of an example's loss against 1/2 |W|^2
  double ngram_scale = 0.5;     // of the n-grams beside vectors
  double vector_scale = 0.8;    // of a vector's first block
  double inner_scale = 0.6;     // of its further blocks
  double label_weight = 1.0;    // of a label's name, as an example of the label; 0: not used
  double out_of_scope = 0.015;  // share of right answers that may be taken for out of scope
  uint64_t seed = 0;
};

struct LabeledText {
  std::string text;
  uint32_t label = 0;
  float weight = 1.0f;
};

// The words of a label's name as a person would write them: without the prefix all labels share,
// case and separators turned into blanks. Empty for a name that has no words in it.
std::vector<std::string> label_texts(std::span<const std::string> labels);

// Owns the examples' features and the solver's state. One thread at a time. Copyable: a copy can be
// corrected beside the original. Deterministic by options and calls.
class HybridTrainer {
 public:
  // `vectors` may be null: n-grams alone. It must outlive the trainer.
  HybridTrainer(std::vector<std::string> labels, const HybridOptions& options,
                const SentenceVectors* vectors);

  // From scratch. Throws Error(kInvalidInput) without any example of positive weight.
  void fit(std::span<const LabeledText> examples);
  // Adds examples, or gives those whose text is known another label; new labels must have been
  // added. The calibration stays.
  void correct(std::span<const LabeledText> examples);
  void add_label(const std::string& label);

  bool knows(const std::string& text) const { return index_.contains(text); }
  const HybridHead& head() const { return head_; }
  size_t examples() const { return index_.size(); }

 private:
  struct Set;
  struct Held;
  struct Fitted {
    NgramTable table;
    VectorTransform transform;
    std::vector<LogisticTrainer> tiers;  // one, or two with vectors
  };

  Set make_set(std::span<const LabeledText> examples) const;
  Fitted train(const Set& set, std::span<const size_t> rows) const;
  void calibrate(const Set& set, size_t examples);
  void judge_held(const Fitted& fitted, const Set& set, std::span<const size_t> rows,
                  Held& held) const;
  VectorTransform make_transform(const Set& set, std::span<const size_t> rows) const;
  size_t add(const NgramCounts& counts, std::span<const float> vector, uint32_t label, float weight,
             Fitted& fitted) const;
  HybridHead head_of(const Fitted& fitted) const;
  LogisticOptions solver_options() const;

  std::vector<std::string> labels_;
  HybridOptions options_;
  const SentenceVectors* vectors_;
  HybridHead head_;
  Fitted fitted_;
  std::unordered_map<std::string, size_t> index_;  // text: number of the example in the tiers
};

}  // namespace pawl
