// Labels for spans that a suggester proposes: factories "spancat" (any number of labels a span) and
// "spancat_singlelabel" (spacy.pipeline.SpanCategorizer).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/spancat/choice.h"
#include "pipeline/spancat/network.h"
#include "pipeline/spancat/suggester.h"
#include "pipeline/tok2vec/link.h"

namespace pawl {

// Const functions are safe from any number of threads. Not movable: it listens.
class SpanCategorizer final : public TrainableComponent, public Tok2VecListening {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  SpanCategorizer(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return labels_; }
  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Labels: those added before, else those of the references' spans, in the order of appearance.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  // Before initialize() only, as in spaCy; afterwards throws Error(kUnsupported) for a new one.
  bool add_label(const std::string& label) override;
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Learns nothing, as in spaCy.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  nn::Node& model() override { return network_.tree(); }
  void weights_changed() override { network_.weights_changed(); }

  std::string upstream_name() const override { return network_.upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream) override { network_.set_upstream(upstream); }

  const std::string& spans_key() const { return key_; }

 private:
  SpanCategorizer(const SpanCategorizer& other, std::shared_ptr<Vocab> vocab);

  bool is_single() const { return factory() == "spancat_singlelabel"; }
  size_t outputs() const { return labels_.size() + (is_single() ? 1 : 0); }
  void read_settings(const Json& settings, const std::string& where);
  void remember(const std::string& label);
  void require_weights() const;
  void predict_group(std::span<Doc> docs) const;
  CandidateBatch suggest(std::span<const Doc* const> docs) const;
  std::vector<std::set<size_t>> truths(const Example& example,
                                       std::span<const Candidate> candidates,
                                       uint32_t offset) const;
  double subtract_truth(std::span<const Example> examples, const CandidateBatch& batch,
                        MatrixView scores) const;

  Json config_;
  std::shared_ptr<Vocab> vocab_;
  Suggester suggester_;
  SpancatNetwork network_;
  std::string key_;
  SpanChoice choice_;
  std::optional<double> negative_weight_;
  std::vector<std::string> labels_;
};

std::unique_ptr<Component> make_spancat(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab);

}  // namespace pawl
