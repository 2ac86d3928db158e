// The entity recogniser: factory "ner", spacy.pipeline.EntityRecognizer with a greedy parser.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/ner/biluo.h"
#include "pipeline/ner/decoder.h"
#include "pipeline/ner/oracle.h"
#include "pipeline/transition/component.h"

namespace pawl {

// Const functions are safe from any number of threads. Not movable: it listens.
class Ner final : public TransitionComponent {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  Ner(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return actions_.labels(); }
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Labels: those added before, and those of the examples with the number of their tokens.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  // Labels the examples bring along are added. Without an Rng documents are cut, where they are,
  // after update_with_oracle_cut_size tokens; with one after a random number around it.
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Actions the teacher does not know are not supervised.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;

  const BiluoActions& actions() const { return actions_; }
  // How much the best action was ahead of the next at each token; what explains a tie.
  std::vector<float> margins(const Doc& doc) const;

 private:
  struct Run;
  struct Batch;

  TransitionTable& table() override { return actions_; }
  std::shared_ptr<const TransitionDecoder> make_decoder() const override;

  void count_actions(std::span<const Example> examples);
  std::string wrong_key() const;
  void add_gold_labels(std::span<const Example> examples);
  Batch make_batch(std::span<const Example> examples, uint32_t cut) const;
  void cut_example(const Example& example, uint32_t cut, Run whole, Batch& batch) const;
  void score_batch(ParserPass& states, Batch& batch) const;
  void score_run(ParserPass& states, Run& run, Batch& batch) const;
  int best_action(const float* scores, const uint8_t* valid) const;
  double compare_with_teacher(const Ner& teacher, const Batch& batch, ParserPass& states,
                              Matrix& d_scores) const;

  BiluoActions actions_;
  Matrix d_scores_;  // kept for its memory, as are the next two (see Batch)
  std::vector<uint8_t> valid_;
  std::vector<float> costs_;
};

// spaCy's factory "ner".
std::unique_ptr<Component> make_ner(const std::string& name, const Json& config,
                                    std::shared_ptr<Vocab> vocab);

}  // namespace pawl
