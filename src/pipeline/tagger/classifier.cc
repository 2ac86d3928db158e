#include "pipeline/tagger/classifier.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/component/model_settings.h"

namespace pawl {
namespace {

// Documents are predicted in groups of about this many tokens: temporaries stay in cache.
constexpr size_t kGroupTokens = 512;
// The scores of a longer text are made and read part by part.
constexpr size_t kPartTokens = 4096;

std::vector<const Doc*> refs_of(std::span<const Example> examples) {
  std::vector<const Doc*> refs;
  for (const Example& example : examples) refs.push_back(&example.predicted);
  return refs;
}

}  // namespace

double cross_entropy_gradient(std::span<const Truth> truths, double smoothing, MatrixView scores) {
  const double others = scores.cols > 1 ? smoothing / static_cast<double>(scores.cols - 1) : 0.0;
  double loss = 0.0;
  for (size_t i = 0; i < scores.rows; ++i) {
    float* row = scores.row(i);
    const Truth& truth = truths[i];
    if (truth.label == Truth::kMissing) {
      std::fill_n(row, scores.cols, 0.0f);
      continue;
    }
    const auto label = static_cast<size_t>(truth.label);
    if (truth.negated) {
      const float wrong = row[label];
      std::fill_n(row, scores.cols, 0.0f);
      row[label] = wrong;
    } else if (smoothing == 0.0) {
      row[label] -= 1.0f;
    } else {
      for (size_t j = 0; j < scores.cols; ++j)
        row[j] -= static_cast<float>(j == label ? 1.0 - smoothing : others);
    }
    loss += squared_norm(row, scores.cols);
  }
  return loss;
}

TokenClassifier::TokenClassifier(const std::string& name, const std::string& factory,
                                 const Json& config, std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, factory),
      config_(config),
      vocab_(std::move(vocab)),
      network_(setting(config_, "model", "components." + name), "components." + name + ".model") {}

TokenClassifier::TokenClassifier(const TokenClassifier& other, std::shared_ptr<Vocab> vocab)
    : TrainableComponent(other.name(), other.factory()),
      config_(other.config_),
      vocab_(std::move(vocab)),
      network_(other.network_) {}

void TokenClassifier::require_weights() const {
  if (network_.has_weights()) return;
  throw Error(ErrorKind::kInvalidInput,
              "component '" + name() +
                  "' has no weights or labels yet; initialize it with examples or load it");
}

void TokenClassifier::start(Rng& rng) {
  if (label_count() == 0) {
    throw Error(ErrorKind::kInvalidInput,
                "component '" + name() + "' (" + factory() +
                    ") finds no labels: no example has the annotation it learns from");
  }
  network_.initialize(label_count(), rng);
}

void TokenClassifier::predict(std::span<Doc> docs) const {
  require_weights();
  size_t first = 0;
  while (first < docs.size()) {
    size_t last = first;
    for (size_t tokens = 0; last < docs.size() && tokens < kGroupTokens; ++last)
      tokens += docs[last].size();
    predict_group(docs.subspan(first, last - first));
    first = last;
  }
}

void TokenClassifier::predict_group(std::span<Doc> docs) const {
  thread_local std::vector<const Doc*> refs;
  thread_local Matrix storage, scores;
  refs.clear();
  for (const Doc& doc : docs) refs.push_back(&doc);
  const TokenVectors vectors = network_.vectors(refs, storage);
  const bool at_once = vectors.size() <= kPartTokens;
  if (at_once && vectors.size() > 0) network_.scores(vectors, 0, vectors.size(), scores);
  size_t row = 0;
  for (Doc& doc : docs) {
    if (at_once)
      annotate(doc, 0, scores.view().slice_rows(row, doc.size()));
    else
      predict_parts(doc, vectors, row, scores);
    row += doc.size();
  }
  release_beyond(kGroupTokens, storage);
  release_beyond(kGroupTokens, scores);
}

void TokenClassifier::predict_parts(Doc& doc, const TokenVectors& vectors, size_t row,
                                    Matrix& scores) const {
  for (size_t first = 0; first < doc.size(); first += kPartTokens) {
    const size_t n = std::min(kPartTokens, doc.size() - first);
    network_.scores(vectors, row + first, n, scores);
    annotate(doc, first, scores);
  }
}

std::vector<float> TokenClassifier::margins(std::span<const Doc> docs) const {
  require_weights();
  std::vector<const Doc*> refs;
  for (const Doc& doc : docs) refs.push_back(&doc);
  Matrix scores;
  network_.scores(refs, scores);
  std::vector<float> out;
  for (size_t i = 0; i < scores.rows(); ++i) {
    float* row = scores.row(i);
    if (scores.cols() < 2) {
      out.push_back(std::numeric_limits<float>::max());
      continue;
    }
    std::nth_element(row, row + 1, row + scores.cols(), std::greater<>());
    out.push_back(row[0] - row[1]);
  }
  return out;
}

void TokenClassifier::step(const UpdateOptions& options) {
  if (!options.optimizer) return;
  options.optimizer->step(network_.tree());
}

void TokenClassifier::update(std::span<Example> examples, const UpdateOptions& options,
                             Losses& losses) {
  losses[name()] += 0.0;
  require_weights();
  const std::vector<const Doc*> refs = refs_of(examples);
  if (count_tokens(refs) == 0) return;
  Matrix scores;
  network_.forward(refs, options.dropout, options.rng, scores);
  std::vector<Truth> truths;
  double loss = 0.0;
  size_t row = 0;
  for (const Example& example : examples) {
    const size_t size = example.predicted.size();
    truths.clear();
    add_truths(example, truths);
    const MatrixView own = scores.view().slice_rows(row, size);
    loss += example.weight * cross_entropy_gradient(truths, label_smoothing(), own);
    if (example.weight != 1.0f) scale(example.weight, own.data, size * scores.cols());
    row += size;
  }
  network_.backward(scores, losses);
  losses[name()] += loss;
  step(options);
}

void TokenClassifier::rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                               const UpdateOptions& options, Losses& losses) {
  losses[name()] += 0.0;
  const auto* other = dynamic_cast<const TokenClassifier*>(&teacher);
  if (!other || other->factory() != factory()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' (" + factory() +
                                              ") can rehearse only what another one says");
  }
  require_weights();
  other->require_weights();
  std::vector<const Doc*> refs;
  for (const Doc& doc : docs) refs.push_back(&doc);
  if (count_tokens(refs) == 0) return;
  Matrix scores, wanted;
  network_.forward(refs, options.dropout, options.rng, scores);
  other->network_.probabilities(refs, wanted);
  const size_t known = std::min(wanted.cols(), scores.cols());
  double loss = 0.0;
  for (size_t i = 0; i < scores.rows(); ++i) {
    float* row = scores.row(i);
    axpy(-1.0f, wanted.row(i), row, known);
    std::fill(row + known, row + scores.cols(), 0.0f);
    scale(1.0f / static_cast<float>(docs.size()), row, known);
    loss += squared_norm(row, known);
  }
  network_.backward(scores, losses);
  losses[name()] += loss;
  step(options);
}

}  // namespace pawl
