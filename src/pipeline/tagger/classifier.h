// What tagger, morphologizer, senter and trainable lemmatizer have in common: a network that scores
// every token for every label, its training, and its files (spacy.pipeline.tagger.Tagger).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/tagger/network.h"
#include "pipeline/tok2vec/link.h"

namespace pawl {

// What a token should have been.
struct Truth {
  static constexpr int32_t kMissing = -1;
  int32_t label = kMissing;
  bool negated = false;  // the one thing known is that the label is wrong
};

// The gradient of categorical cross-entropy by the scores before softmax, in place of the
// probabilities; its squares summed are the loss (thinc's SequenceCategoricalCrossentropy without
// normalisation). `smoothing` spreads that much of a truth over the other labels.
double cross_entropy_gradient(std::span<const Truth> truths, double smoothing, MatrixView scores);

// Const functions are safe from any number of threads. Not movable: it listens.
class TokenClassifier : public TrainableComponent, public Tok2VecListening {
 public:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  TokenClassifier(const std::string& name, const std::string& factory, const Json& config,
                  std::shared_ptr<Vocab> vocab);

  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }

  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  // Labels the teacher does not know are not supervised.
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  nn::Node& model() override { return network_.tree(); }
  void weights_changed() override { network_.weights_changed(); }

  std::string upstream_name() const override { return network_.upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream) override { network_.set_upstream(upstream); }

  // Per token of the documents, one after another: how much the best label was ahead of the next;
  // what explains a tie.
  std::vector<float> margins(std::span<const Doc> docs) const;

 protected:
  TokenClassifier(const TokenClassifier& other, std::shared_ptr<Vocab> vocab);

  // Labels as the model's output counts them; they may be more than labels() shows.
  virtual size_t label_count() const = 0;
  // Chooses and sets what the tokens of `doc` from `first` on get; `scores` has a row for each,
  // which may be changed.
  virtual void annotate(Doc& doc, size_t first, MatrixView scores) const = 0;
  // One a token of `example.predicted`.
  virtual void add_truths(const Example& example, std::vector<Truth>& out) const = 0;
  virtual double label_smoothing() const { return 0.0; }

  // Draws first weights for label_count() labels. Throws Error(kInvalidInput) when there are none.
  void start(Rng& rng);
  // After label_count() grew.
  void labels_added() { network_.grow(label_count()); }
  std::string where() const { return "components." + name(); }
  TaggerNetwork& network() { return network_; }
  const TaggerNetwork& network() const { return network_; }

  Json config_;
  std::shared_ptr<Vocab> vocab_;

 private:
  void require_weights() const;
  void predict_group(std::span<Doc> docs) const;
  void predict_parts(Doc& doc, const TokenVectors& vectors, size_t row, Matrix& scores) const;
  void step(const UpdateOptions& options);

  TaggerNetwork network_;
};

}  // namespace pawl
