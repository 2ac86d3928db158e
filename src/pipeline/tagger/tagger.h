// Fine-grained part-of-speech tags: factory "tagger" (spacy.pipeline.Tagger).
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/tagger/classifier.h"

namespace pawl {

class Tagger final : public TokenClassifier {
 public:
  Tagger(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override { return labels_; }
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;
  // Labels: those added before, else those of the references, sorted.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;

 protected:
  size_t label_count() const override { return labels_.size(); }
  void annotate(Doc& doc, size_t first, MatrixView scores) const override;
  void add_truths(const Example& example, std::vector<Truth>& out) const override;
  double label_smoothing() const override;

 private:
  Tagger(const Tagger& other, std::shared_ptr<Vocab> vocab);
  bool remember(const std::string& label);
  Truth truth_of(StringId tag) const;

  Json settings_;  // the `cfg` file without its labels
  std::vector<std::string> labels_;
  std::vector<StringId> ids_;
  std::unordered_map<StringId, int32_t> index_;
};

std::unique_ptr<Component> make_tagger(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab);

}  // namespace pawl
