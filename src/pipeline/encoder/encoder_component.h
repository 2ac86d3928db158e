// A sentence encoder as a component: factory "pawl_sentence_encoder". It annotates nothing by
// itself: components that read sentence vectors ask it for those of the texts they need.
//
// [components.NAME]
// factory = "pawl_sentence_encoder"
// path = null   # an encoder's folder; used where the pipeline does not bring the encoder along
//
// Its folder in a pipeline is an encoder's folder (pipeline/sentence_encoder.h).
#pragma once

#include <memory>
#include <string>

#include "pipeline/component/component.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/encoder/sentence_vectors.h"

namespace pawl {

// The vectors of an encoder, with the mean of its inner layers as a second block; for the words the
// mean and the greatest values of what goes into its first layer.
std::shared_ptr<const SentenceVectors> vectors_of(std::shared_ptr<const SentenceEncoder> encoder);

class EncoderComponent final : public Component, public SentenceVectorsUpstream {
 public:
  // Loads the encoder when `path` names one. Throws Error naming block and key, or the file.
  EncoderComponent(const std::string& name, const Json& config);

  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  // Null before an encoder was loaded.
  std::shared_ptr<const SentenceVectors> vectors() const override { return vectors_; }

 private:
  void load(Env& env, const Path& folder);

  Json config_;
  Path folder_;  // where the encoder was read from and is copied from; must stay
  std::shared_ptr<const SentenceVectors> vectors_;
};

// The factory "pawl_sentence_encoder", which spaCy runs with pawl's Python package.
std::unique_ptr<Component> make_sentence_encoder(const std::string& name, const Json& config,
                                                 std::shared_ptr<Vocab> vocab);

}  // namespace pawl
