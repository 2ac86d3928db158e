#include "pipeline/tagger/senter.h"

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/tagger/settings.h"

namespace pawl {

Senter::Senter(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab)
    : TokenClassifier(name, "senter", config, std::move(vocab)) {
  if (config.find("overwrite")) overwrite_ = settings_flag(config, "overwrite", where());
}

Senter::Senter(const Senter& other, std::shared_ptr<Vocab> vocab)
    : TokenClassifier(other, std::move(vocab)), overwrite_(other.overwrite_) {}

void Senter::to_disk(Env& env, const Path& path) const {
  Json cfg = Json::object();
  cfg["overwrite"] = overwrite_;
  write_cfg(env, path, cfg);
  write_model(env, path, network().tree());
}

void Senter::from_disk(Env& env, const Path& path) {
  const Json cfg = read_cfg(env, path);
  if (cfg.find("overwrite")) overwrite_ = settings_flag(cfg, "overwrite", (path / "cfg").string());
  network().read(env, path, label_count());
}

std::unique_ptr<Component> Senter::clone(std::shared_ptr<Vocab> vocab) const {
  return std::unique_ptr<Component>(new Senter(*this, std::move(vocab)));
}

void Senter::initialize(std::span<const Example>, Rng& rng, Progress&) {
  start(rng);
}

bool Senter::add_label(const std::string& label) {
  throw Error(ErrorKind::kUnsupported, "component '" + name() + "' (senter) has no labels, so '" +
                                           label + "' cannot be added; name another component");
}

void Senter::annotate(Doc& doc, size_t first, MatrixView scores) const {
  for (size_t i = 0; i < scores.rows; ++i) {
    Token& token = doc[first + i];
    const float* row = scores.row(i);
    if (token.sent_start == 0 || overwrite_)
      token.sent_start = row[1] > row[0] ? int8_t{1} : int8_t{-1};
  }
}

void Senter::add_truths(const Example& example, std::vector<Truth>& out) const {
  for (const uint64_t start : example.aligned(Attr::kSentStart)) {
    if (start == Example::kUnaligned)
      out.push_back({});
    else
      out.push_back({start == 1});
  }
}

std::unique_ptr<Component> make_senter(const std::string& name, const Json& config,
                                       std::shared_ptr<Vocab> vocab) {
  return std::make_unique<Senter>(name, config, std::move(vocab));
}

}  // namespace pawl
