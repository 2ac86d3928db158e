#include "pipeline/encoder/encoder_component.h"

#include "base/error.h"
#include "pipeline/encoder/sentence_encoder_files.h"

namespace pawl {

namespace {

class EncoderVectors final : public SentenceVectors {
 public:
  explicit EncoderVectors(std::shared_ptr<const SentenceEncoder> encoder)
      : encoder_(std::move(encoder)) {}

  size_t width() const override { return 2 * encoder_->width(); }
  size_t block_width() const override { return encoder_->width(); }
  size_t words_width() const override { return 2 * encoder_->width(); }
  Matrix encode(std::span<const std::string_view> texts) const override {
    return encoder_->encode_with_inner(texts);
  }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return encoder_->encode_words(texts);
  }
  const std::string& fingerprint() const override { return encoder_->fingerprint(); }
  std::shared_ptr<const SentenceEncoder> encoder() const override { return encoder_; }

 private:
  std::shared_ptr<const SentenceEncoder> encoder_;
};

}  // namespace

std::shared_ptr<const SentenceVectors> vectors_of(std::shared_ptr<const SentenceEncoder> encoder) {
  return std::make_shared<const EncoderVectors>(std::move(encoder));
}

EncoderComponent::EncoderComponent(const std::string& name, const Json& config)
    : Component(name, "pawl_sentence_encoder"), config_(config) {
  const Json* path = config_.find("path");
  if (path == nullptr || path->is_null()) return;
  if (!path->is_string()) {
    throw Error(ErrorKind::kFormat, "[components." + name + "] path is not the name of a folder");
  }
  const Path folder = path->as_string();
  if (Env::real().exists(folder / encoder_files::kConfig)) load(Env::real(), folder);
}

void EncoderComponent::load(Env& env, const Path& folder) {
  vectors_ = vectors_of(SentenceEncoder::load(env, folder));
  folder_ = folder;
}

void EncoderComponent::predict(std::span<Doc>) const {}

void EncoderComponent::to_disk(Env& env, const Path& path) const {
  if (!vectors_) return;
  env.create_directories(path);
  using namespace encoder_files;
  for (const char* file : {kConfig, kVocabulary, kWeights}) {
    env.write_file(path / file, env.read_file(folder_ / file), false);
  }
}

void EncoderComponent::from_disk(Env& env, const Path& path) {
  if (env.exists(path / encoder_files::kConfig)) {
    load(env, path);
  } else if (!vectors_) {
    throw Error(ErrorKind::kNotFound, path.string() +
                                          ": there is no encoder, nor where components." + name() +
                                          ".path says; import one");
  }
}

std::unique_ptr<Component> EncoderComponent::clone(std::shared_ptr<Vocab>) const {
  Json config = config_;
  config["path"] = nullptr;
  auto copy = std::make_unique<EncoderComponent>(name(), config);
  copy->config_ = config_;
  copy->folder_ = folder_;
  copy->vectors_ = vectors_;
  return copy;
}

std::unique_ptr<Component> make_sentence_encoder(const std::string& name, const Json& config,
                                                 std::shared_ptr<Vocab>) {
  return std::make_unique<EncoderComponent>(name, config);
}

}  // namespace pawl
