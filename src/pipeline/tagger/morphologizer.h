// Coarse parts of speech and morphological features, chosen together: factory "morphologizer"
// (spacy.pipeline.Morphologizer).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/tagger/classifier.h"
#include "text/morphology.h"

namespace pawl {

// Labels are FEATS with the part of speech as one of the features: "Case=Nom|POS=NOUN".
class Morphologizer final : public TokenClassifier {
 public:
  Morphologizer(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab);

  std::vector<std::string> labels() const override;
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;
  // Labels: those added before, else those of the references in their order.
  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;
  // {"morph": {label: feats}, "pos": {label: number of the part of speech}}.
  bool set_label_data(const Json& labels) override;

 protected:
  size_t label_count() const override { return labels_.size(); }
  void annotate(Doc& doc, size_t first, MatrixView scores) const override;
  void add_truths(const Example& example, std::vector<Truth>& out) const override;
  double label_smoothing() const override;

 private:
  struct Label {
    std::string name;
    std::string feats;  // as the `cfg` file has them
    StringId morph = 0, pos = 0;
  };

  Morphologizer(const Morphologizer& other, std::shared_ptr<Vocab> vocab);
  bool remember(const std::string& name, const std::string& feats, StringId pos);
  void read_labels(const Json* feats, const Json* pos, const std::string& file);
  void forget_labels();
  StringId extended(StringId known, const Label& label, bool overwrite) const;
  Truth truth_of(StringId pos, StringId morph) const;

  Json settings_;
  std::vector<Label> labels_;
  std::unordered_map<std::string, int32_t> index_;
};

std::unique_ptr<Component> make_morphologizer(const std::string& name, const Json& config,
                                              std::shared_ptr<Vocab> vocab);

}  // namespace pawl
