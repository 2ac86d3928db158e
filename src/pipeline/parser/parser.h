// The dependency parser: factory "parser", spacy.pipeline.DependencyParser with greedy decoding.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/parser/arc_eager.h"
#include "pipeline/parser/decoder.h"
#include "pipeline/parser/oracle.h"
#include "pipeline/transition/component.h"
#include "pipeline/transition/supervision.h"

namespace pawl {

// Annotates heads, labels and sentence starts. Const functions are safe from any number of threads.
// Not movable: it listens.
class DependencyParser final : public TransitionComponent {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  DependencyParser(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return actions_.labels(); }
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Labels: those added before, and those of the references' projective trees that are frequent
  // enough (min_action_freq).
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  // Labels no action has count as "dep". Without an Rng sequences of actions are cut, where they
  // are, after update_with_oracle_cut_size actions; with one after a random number around it.
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Actions the teacher does not know are not supervised.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;

  const ArcEagerActions& actions() const { return actions_; }
  // How much the best action was ahead of the next in each state; what explains a tie.
  std::vector<float> margins(const Doc& doc) const;

 private:
  struct Run;

  TransitionTable& table() override { return actions_; }
  std::shared_ptr<const TransitionDecoder> make_decoder() const override;
  std::shared_ptr<const ArcEagerDecoder> make_own_decoder() const;

  void count_actions(std::span<const Example> examples);
  std::vector<Run> make_runs(std::span<const Example> examples, uint32_t cut,
                             std::vector<ArcEagerGold>& golds) const;
  void cut_example(const Example& example, uint32_t cut, Run whole, std::vector<Run>& runs) const;
  double learn_step(uint32_t step, std::span<Run> runs, std::span<const ArcEagerAction> actions,
                    ParserPass& states);
  void follow(std::vector<Run> runs, ParserPass& states, std::vector<ScoredState>& scored) const;
  int best_action(const float* scores, const uint8_t* valid) const;

  ArcEagerActions actions_;
  std::vector<uint8_t> unseen_before_;  // unseen() at the start of an update: what its scores obey
  Matrix d_scores_;                     // kept for its memory, as are the next two
  std::vector<uint8_t> valid_;
  std::vector<float> costs_;
};

// spaCy's factory "parser".
std::unique_ptr<Component> make_parser(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab);

}  // namespace pawl
