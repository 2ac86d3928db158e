// Lemmas by learnt edit trees: factory "trainable_lemmatizer" (spacy.pipeline.EditTreeLemmatizer).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/lemmatizer/edit_trees.h"
#include "pipeline/lemmatizer/lemma_cache.h"
#include "pipeline/tagger/classifier.h"

namespace pawl {

// Its labels are trees and not shown.
class TrainableLemmatizer final : public TokenClassifier {
 public:
  TrainableLemmatizer(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;
  // Labels: those given before, else the trees that min_tree_freq tokens of the references need.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;  // throws Error(kUnsupported)
  // {"trees": [...], "labels": [numbers of trees]}.
  bool set_label_data(const Json& labels) override;

  const EditTrees& trees() const { return trees_; }

 protected:
  size_t label_count() const override { return labels_.size(); }
  void annotate(Doc& doc, size_t first, MatrixView scores) const override;
  void add_truths(const Example& example, std::vector<Truth>& out) const override;

 private:
  TrainableLemmatizer(const TrainableLemmatizer& other, std::shared_ptr<Vocab> vocab);
  void take_labels(const Json* labels, const std::string& file);
  void labels_from(std::span<const Example> examples);
  void remember(uint32_t tree);
  StringId lemma_of(Doc& doc, const Token& token, uint32_t tree) const;
  StringId best_lemma(Doc& doc, const Token& token, float* scores, size_t count) const;
  StringId backoff_of(Doc& doc, size_t i) const;

  bool overwrite_ = false;
  uint64_t top_k_ = 1, min_tree_freq_ = 3;
  std::optional<Attr> backoff_;
  EditTrees trees_;
  std::vector<uint32_t> labels_;                   // trees
  std::unordered_map<uint32_t, int32_t> indices_;  // of trees among the labels
  std::unique_ptr<LemmaCache> cache_ = std::make_unique<LemmaCache>();
};

std::unique_ptr<Component> make_trainable_lemmatizer(const std::string& name, const Json& config,
                                                     std::shared_ptr<Vocab> vocab);

}  // namespace pawl
