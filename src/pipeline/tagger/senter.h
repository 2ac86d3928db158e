// Where sentences begin, learnt: factory "senter" (spacy.pipeline.SentenceRecognizer).
#pragma once

#include <string>
#include <vector>

#include "pipeline/tagger/classifier.h"

namespace pawl {

// Its two labels are not shown: a token begins a sentence or does not.
class Senter final : public TokenClassifier {
 public:
  Senter(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;  // throws Error(kUnsupported)

 protected:
  size_t label_count() const override { return 2; }
  void annotate(Doc& doc, size_t first, MatrixView scores) const override;
  void add_truths(const Example& example, std::vector<Truth>& out) const override;

 private:
  Senter(const Senter& other, std::shared_ptr<Vocab> vocab);

  bool overwrite_ = false;
};

std::unique_ptr<Component> make_senter(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab);

}  // namespace pawl
