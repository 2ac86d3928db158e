// The "tok2vec" component: one network whose vectors several heads read (spacy.pipeline.tok2vec).
#include "pipeline/tok2vec/tok2vec.h"

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/tok2vec/link.h"
#include "pipeline/tok2vec/network.h"

namespace pawl {

namespace {

constexpr size_t kBatchTokens = 2048;  // predicted together, of several documents

class Tok2Vec final : public TrainableComponent, public Tok2VecUpstream {
 public:
  Tok2Vec(const std::string& name, Json config, nn::NodePtr root)
      : TrainableComponent(name, "tok2vec"),
        config_(std::move(config)),
        root_(std::move(root)),
        network_(*root_) {}

  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

  void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) override;
  bool add_label(const std::string& label) override;
  void update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) override;
  void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                const UpdateOptions& options, Losses& losses) override;
  nn::Node& model() override { return *root_; }
  void weights_changed() override;

  size_t width() const override { return network_.width(); }
  ConstMatrixView batch_vectors() const override { return vectors_; }
  void add_gradient(ConstMatrixView gradient, Losses& losses) override;
  void finish_batch() override;

 private:
  void set_tensor(Doc& doc) const;

  Json config_;
  nn::NodePtr root_;
  Tok2VecNetwork network_;
  bool has_weights_ = false;
  Matrix vectors_;   // of the batch given to the last update
  Matrix gradient_;  // what its listeners sent back so far
  nn::Adam* optimizer_ = nullptr;
};

void Tok2Vec::predict(std::span<Doc> docs) const {
  std::vector<const Doc*> refs;
  for (const Doc& doc : docs) refs.push_back(&doc);
  thread_local Matrix vectors;
  size_t first = 0;
  while (first < docs.size()) {
    size_t last = first;
    for (size_t tokens = 0; last < docs.size() && tokens < kBatchTokens; ++last)
      tokens += docs[last].size();
    const auto group = std::span<const Doc* const>(refs).subspan(first, last - first);
    if (group.size() == 1) {
      set_tensor(docs[first]);
      first = last;
      continue;
    }
    network_.predict(group, vectors);
    const float* next = vectors.data();
    for (Doc& doc : docs.subspan(first, last - first)) {
      const size_t size = doc.size() * vectors.cols();
      doc.set_tensor({next, next + size});
      next += size;
    }
    release_beyond(kBatchTokens, vectors);
    first = last;
  }
}

// Computed where it stays.
void Tok2Vec::set_tensor(Doc& doc) const {
  const Doc* const ref = &doc;
  std::vector<float> tensor(doc.size() * network_.width());
  network_.predict({&ref, 1}, MatrixView(tensor.data(), doc.size(), network_.width()));
  doc.set_tensor(std::move(tensor));
}

void Tok2Vec::to_disk(Env& env, const Path& path) const {
  write_cfg(env, path, Json::object());
  write_model(env, path, *root_);
}

void Tok2Vec::from_disk(Env& env, const Path& path) {
  read_model(env, path, *root_);
  if (all_defined(*root_)) weights_changed();
}

std::unique_ptr<Component> Tok2Vec::clone(std::shared_ptr<Vocab> /*vocab*/) const {
  auto copy = std::make_unique<Tok2Vec>(name(), config_, nn::clone(*root_));
  if (has_weights_) copy->weights_changed();
  return copy;
}

void Tok2Vec::initialize(std::span<const Example>, Rng& rng, Progress&) {
  for (nn::Node* node : nn::walk(*root_)) {
    for (const auto& param : node->params) param->defined = false;
  }
  network_.initialize(rng);
  has_weights_ = true;
}

bool Tok2Vec::add_label(const std::string& label) {
  throw Error(ErrorKind::kUnsupported, "component '" + name() + "' (tok2vec) has no labels, so '" +
                                           label + "' cannot be added; name another component");
}

void Tok2Vec::update(std::span<Example> examples, const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  std::vector<const Doc*> refs;
  for (const Example& example : examples) refs.push_back(&example.predicted);
  network_.forward(refs, options.dropout, options.rng, vectors_);
  gradient_.reset(vectors_.rows(), vectors_.cols());
  optimizer_ = options.optimizer;
}

void Tok2Vec::rehearse(std::span<Doc> /*docs*/, const TrainableComponent& /*teacher*/,
                       const UpdateOptions& /*options*/, Losses& losses) {
  losses[name()] += 0.0;
}

void Tok2Vec::weights_changed() {
  network_.weights_changed();
  has_weights_ = true;
}

void Tok2Vec::add_gradient(ConstMatrixView gradient, Losses& losses) {
  add_matrix(gradient, gradient_);
  double squares = 0.0;
  for (size_t i = 0; i < gradient.rows; ++i)
    squares += squared_norm(gradient.row(i), gradient.cols);
  losses[name()] += squares;
}

void Tok2Vec::finish_batch() {
  if (vectors_.rows() == 0) return;
  network_.backward(gradient_);
  vectors_.resize(0, 0);
  gradient_.resize(0, 0);
  if (optimizer_) optimizer_->step(*root_);
  optimizer_ = nullptr;
}

}  // namespace

std::unique_ptr<Component> make_tok2vec(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> /*vocab*/) {
  const std::string where = "components." + name;
  nn::NodePtr root = build_tok2vec(setting(config, "model", where), where + ".model");
  if (root->name == "tok2vec-listener") {
    throw_unsupported(where + ".model", "a listener as the model of a tok2vec component");
  }
  return std::make_unique<Tok2Vec>(name, config, std::move(root));
}

}  // namespace pawl
