// The entity recogniser: factory "ner", spacy.pipeline.EntityRecognizer with a greedy parser.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/ner/biluo.h"
#include "pipeline/ner/decoder.h"
#include "pipeline/ner/oracle.h"
#include "pipeline/tok2vec/link.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/transition/training.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Const functions are safe from any number of threads. Not movable: it listens.
class Ner final : public TrainableComponent, public Tok2VecListening {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  Ner(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return actions_.labels(); }
  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  // Leaves the component as it was when it throws.
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Labels: those added before, and those of the examples with the number of their tokens.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;
  // Labels the examples bring along are added. Without an Rng documents are cut, where they are,
  // after update_with_oracle_cut_size tokens; with one after a random number around it.
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Actions the teacher does not know are not supervised.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  nn::Node& model() override { return *tree_; }
  void weights_changed() override;

  std::string upstream_name() const override { return input_->upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream) override;

  const BiluoActions& actions() const { return actions_; }
  // How much the best action was ahead of the next at each token; what explains a tie.
  std::vector<float> margins(const Doc& doc) const;

 private:
  struct Run;
  struct Batch;

  void rebuild_network(nn::NodePtr tree);
  void require_weights() const;
  void grow_output();
  std::shared_ptr<const BiluoDecoder> decoder() const;
  void predict_group(const BiluoDecoder& decoder, std::span<Doc> docs) const;

  ParserPass& pass();
  void add_gold_labels(std::span<const Example> examples);
  uint32_t draw_cut(Rng* rng) const;
  Batch make_batch(std::span<const Example> examples, uint32_t cut) const;
  void cut_example(const Example& example, uint32_t cut, Run whole, Batch& batch) const;
  void score_batch(ParserPass& states, Batch& batch) const;
  void score_run(ParserPass& states, Run& run, Batch& batch) const;
  int best_action(const float* scores, const uint8_t* valid) const;
  void lower_unseen(const Batch& batch, Matrix& scores) const;
  double compute_gradient(const Batch& batch, const Matrix& scores, Matrix& d_scores);
  void mark_seen(const Batch& batch);
  void mask_unseen(const std::vector<uint8_t>& unseen, Matrix& d_scores) const;
  double compare_with_teacher(const Ner& teacher, DocRefs docs, const Batch& batch,
                              ParserPass& states, Matrix& d_scores) const;

  Json config_;
  Json settings_;  // the `cfg` file
  std::shared_ptr<Vocab> vocab_;
  BiluoActions actions_;
  std::vector<uint8_t> unseen_;  // per action: 1 until an example asked for it
  nn::NodePtr tree_;
  std::unique_ptr<Tok2VecInput> input_;
  Tok2VecUpstream* upstream_ = nullptr;
  Matrix d_scores_;  // kept for its memory, as are the next two (see Batch)
  std::vector<uint8_t> valid_;
  std::vector<float> costs_;
  std::unique_ptr<ParserPass> pass_;             // null: to be made for the present shapes
  std::shared_ptr<const BiluoDecoder> decoder_;  // null: weights changed since
};

// spaCy's factory "ner".
std::unique_ptr<Component> make_ner(const std::string& name, const Json& config,
                                    std::shared_ptr<Vocab> vocab);

}  // namespace pawl
