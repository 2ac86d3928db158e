// The hybrid text classifier as a component: factory "pawl_hybrid_textcat", architecture
// "pawl.HybridTextCat.v1".
//
// [components.NAME]
// factory = "pawl_hybrid_textcat"
// none_of_these = null        # a category for texts out of scope, beside the labels
// [components.NAME.model]
// @architectures = "pawl.HybridTextCat.v1"
// vectors = "sentence_encoder"  # the component with sentence vectors; null: n-grams alone
// hash_bits = 20
// c = 60.0
// tune = true                 # upper layers of the encoder, for this component alone
//
// Its folder has `cfg` (labels) and `model` (HybridHead::to_bytes). Exactly one label is right;
// scores are calibrated probabilities.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/encoder/sentence_vectors.h"
#include "pipeline/hybrid/head.h"
#include "pipeline/hybrid/trainer.h"

namespace pawl {

class HybridTextCat final : public TrainableComponent, public SentenceVectorsListening {
 public:
  HybridTextCat(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);
  ~HybridTextCat() override;

  std::vector<std::string> labels() const override { return labels_; }
  void predict(std::span<Doc> docs) const override;
  // What predict() of each does, with one run of what their encoders have in common.
  static void predict_together(std::span<const HybridTextCat* const> heads, std::span<Doc> docs);
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  // Leaves the component as it was when it throws.
  void from_disk(Env& env, const Path& path) override;
  // Shares weights and training state; a copy is made when one of the two learns.
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Trains to convergence on all examples that have a label, calibration included; with enough of
  // them tunes layers of the encoder first (pipeline/encoder_tuning.h). Labels: those of
  // the examples in order of appearance, after those added before.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  // Takes the layers tuned for `live`, unless the examples have grown by half since.
  void inherit(const TrainableComponent& live) override;
  void postpone_tuning() override { postponed_ = true; }
  void keep_checkpoint(Checkpoint* checkpoint) override { checkpoint_ = checkpoint; }
  void calibrate_as(const TrainableComponent& other) override;
  void limit_batch(size_t texts) override { batch_limit_ = texts; }
  bool tuning_is_due() const override { return tuning_is_due_; }
  bool converges() const override { return true; }
  bool add_label(const std::string& label) override;
  // Learns what it has not seen: new texts, other labels for known ones; converged afterwards. The
  // loss is the examples' mean negative log likelihood before. Dropout and optimizer have no say.
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Does nothing: what the examples it has say is not forgotten.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  // Takes up training after loading: the examples the head was trained on, so that corrections
  // weigh against them. Without this, update() holds to the weights as they are.
  void resume(std::span<const Example> examples);
  // An empty tree: the weights are no gradient's to change.
  nn::Node& model() override { return *tree_; }
  void weights_changed() override {}

  std::string vectors_name() const override { return vectors_name_; }
  void set_vectors(std::shared_ptr<const SentenceVectors> vectors) override;

  // What predict() makes scores of. Throws Error(kInvalidInput) before training.
  std::vector<HybridAnswer> answer(std::span<const std::string_view> texts) const;

 private:
  std::vector<LabeledText> labeled(std::span<const Example> examples);
  HybridTrainer& trainer();
  const HybridHead& head() const;
  void annotate(const HybridAnswer& given, Doc& doc) const;
  void link();
  void add_loss(std::span<const LabeledText> examples, Losses& losses) const;

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  std::string vectors_name_;
  std::string none_;
  HybridOptions options_;
  bool postponed_ = false, tuning_is_due_ = false;
  Checkpoint* checkpoint_ = nullptr;
  size_t batch_limit_ = 0;  // 0: none
  std::shared_ptr<const HybridHead> calibrated_as_;
  std::vector<std::string> labels_;
  std::shared_ptr<const SentenceVectors> base_;     // the other component's
  std::shared_ptr<const SentenceVectors> vectors_;  // those the head reads: the base's, or tuned
  std::shared_ptr<const HybridHead> inherited_;     // the live one's
  std::shared_ptr<const HybridHead> head_;          // null before training
  std::shared_ptr<HybridTrainer> trainer_;          // null after loading
  nn::NodePtr tree_;
};

// The factory "pawl_hybrid_textcat", which spaCy runs with pawl's Python package.
std::unique_ptr<Component> make_hybrid_textcat(const std::string& name, const Json& config,
                                               std::shared_ptr<Vocab> vocab);

}  // namespace pawl
