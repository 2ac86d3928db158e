#include "pipeline/encoder/encoder_tuning.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "base/rng.h"
#include "nn/bert_tuner.h"
#include "nn/cosine_softmax.h"
#include "nn/optimizer.h"
#include "pipeline/encoder/encoder_component.h"

namespace pawl {

namespace {

constexpr uint64_t kLeftOutSeed = 0x7f3a;
constexpr uint64_t kLeftOutOf = 5;
constexpr size_t kMaxTokens = 64;    // of a text: what it is about shows in its first words
constexpr size_t kSampleTexts = 64;  // for the choice of exact channels
constexpr double kWarmUp = 0.1;      // share of the steps in which the learn rate rises

nn::AdamOptions adam_options() {
  return {.L2 = 0.01, .grad_clip = 0.0, .use_averages = false};
}

struct Batch {
  std::vector<uint32_t> ids, lengths;
  nn::Sequences sequences() const { return {ids, lengths}; }
};

struct Stage {
  double rate = 1.0;   // share of the learn rates
  double plain = 1.0;  // share of the steps, the first ones, without adversarial moves
};

class Tuning {
 public:
  Tuning(const SentenceEncoder& encoder, std::span<const TuningText> texts, size_t labels,
         const TuningOptions& options, Progress& progress)
      : encoder_(encoder),
        texts_(texts),
        options_(options),
        progress_(progress),
        tuner_(encoder.bert(), kept_layers(encoder), tuned_layers(encoder)),
        labels_(labels, encoder.width(), options.scale),
        layers_adam_(adam_options()),
        labels_adam_(adam_options()),
        rng_(options.seed) {
    for (const TuningText& text : texts) {
      ids_.push_back(encoder.first_window(text.text));
      if (ids_.back().size() > kMaxTokens) ids_.back().resize(kMaxTokens);
    }
  }

  // The first `learnt` texts alone, then all.
  TuningResult run(size_t learnt, size_t examples) {
    const std::vector<size_t> first = some_of(learnt), all = some_of(texts_.size());
    const size_t passes = passes_over(first.size());
    const size_t final_passes = std::min(options_.final_passes, passes_within_bound(all.size()));
    progress_.begin("tuning the encoder", batches_of(first.size()) * (passes + 1) +
                                              batches_of(all.size()) * final_passes);
    for_batches(first, [&](std::span<const size_t> rows) { begin_labels(rows); });
    TuningResult result;
    learn(first, passes, {.rate = 1.0, .plain = is_adversarial() ? options_.plain : 1.0});
    result.judged = finish(first, examples);
    learn(all, final_passes, {.rate = options_.final_rate, .plain = is_adversarial() ? 0.0 : 1.0});
    result.layers = finish(all, examples);
    progress_.end();
    return result;
  }

 private:
  bool is_adversarial() const {
    return options_.adversarial > 0.0 &&
           texts_.size() >= options_.adversarial_from * labels_.labels();
  }
  size_t passes_within_bound(size_t texts) const {
    return std::max<size_t>(1, options_.most_visits / texts);
  }
  size_t passes_over(size_t texts) const {
    const size_t wanted =
        std::clamp((options_.visits + texts - 1) / texts, options_.min_passes, options_.max_passes);
    return std::min(wanted, passes_within_bound(texts));
  }
  size_t batches_of(size_t texts) const {
    return (texts + options_.batch_size - 1) / options_.batch_size;
  }

  // The numbers of the first `count` texts, or of as many of them as may be visited.
  std::vector<size_t> some_of(size_t count) const {
    std::vector<size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), size_t{0});
    if (count > options_.most_visits) {
      Rng(options_.seed).shuffle(numbers);
      numbers.resize(options_.most_visits);
    }
    return numbers;
  }

  // The rates rise, and fall to nothing.
  void learn(std::vector<size_t> order, size_t passes, const Stage& stage) {
    step_ = 0;
    steps_ = passes * batches_of(order.size());
    stage_ = stage;
    for (size_t pass = 0; pass < passes; ++pass) {
      rng_.shuffle(order);
      for_batches(order, [&](std::span<const size_t> rows) { learn(rows); });
    }
  }

  static size_t tuned_layers(const SentenceEncoder& encoder) {
    return (encoder.bert().config().layers + 1) / 2;
  }
  static size_t kept_layers(const SentenceEncoder& encoder) {
    return encoder.bert().config().layers - tuned_layers(encoder);
  }

  template <typename Run>
  void for_batches(std::span<const size_t> order, Run&& run) {
    for (size_t begin = 0; begin < order.size(); begin += options_.batch_size) {
      if (progress_.stop_requested()) {
        throw Error(ErrorKind::kInterrupted, "tuning the encoder was interrupted");
      }
      run(order.subspan(begin, std::min(options_.batch_size, order.size() - begin)));
      progress_.advance();
    }
  }

  Batch batch_of(std::span<const size_t> rows) const {
    Batch batch;
    for (size_t row : rows) {
      batch.ids.insert(batch.ids.end(), ids_[row].begin(), ids_[row].end());
      batch.lengths.push_back(static_cast<uint32_t>(ids_[row].size()));
    }
    return batch;
  }

  std::vector<nn::Target> targets_of(std::span<const size_t> rows) const {
    std::vector<nn::Target> targets;
    for (size_t row : rows) targets.push_back({texts_[row].label, texts_[row].weight});
    return targets;
  }

  // Labels begin at the mean of their texts.
  void begin_labels(std::span<const size_t> rows) {
    tuner_.forward(batch_of(rows).sequences(), sums_);
    labels_.add(targets_of(rows), sums_);
  }

  void learn(std::span<const size_t> rows) {
    const Batch batch = batch_of(rows);
    const std::vector<nn::Target> targets = targets_of(rows);
    labels_.begin_step();
    tuner_.forward(batch.sequences(), sums_);
    if (static_cast<double>(step_) >= stage_.plain * static_cast<double>(steps_)) {
      labels_.backward(targets, sums_);
      tuner_.backward(sums_, &moves_);
      nn::scale_moves(tuner_.inputs(), batch.lengths, options_.adversarial, moves_);
      tuner_.forward_moved(moves_, sums_);
    }
    labels_.backward(targets, sums_);
    tuner_.backward(sums_);
    labels_.end_step();
    step();
  }

  void step() {
    const double done = static_cast<double>(step_), all = static_cast<double>(steps_);
    const double rate = stage_.rate * std::min((done + 1.0) / (kWarmUp * all),
                                               (all - done) / ((1.0 - kWarmUp) * all));
    layers_adam_.set_learn_rate(options_.learn_rate * rate);
    labels_adam_.set_learn_rate(options_.label_learn_rate * rate);
    for (nn::Param* param : tuner_.params()) layers_adam_.step(*param);
    labels_adam_.step(labels_.vectors());
    ++step_;
  }

  std::shared_ptr<const TunedLayers> finish(std::span<const size_t> rows, size_t examples) const {
    const Batch sample = batch_of(rows.first(std::min(kSampleTexts, rows.size())));
    SafetensorsWriter weights;
    tuner_.write(encoder_.precision(), sample.sequences(), weights);
    return std::make_shared<const TunedLayers>(TunedLayers{.first = kept_layers(encoder_),
                                                           .count = tuned_layers(encoder_),
                                                           .precision = encoder_.precision(),
                                                           .weights = weights.finish(),
                                                           .encoder = encoder_.fingerprint(),
                                                           .examples = examples});
  }

  const SentenceEncoder& encoder_;
  std::span<const TuningText> texts_;
  const TuningOptions& options_;
  Progress& progress_;
  nn::BertTuner tuner_;
  nn::CosineSoftmax labels_;
  nn::Adam layers_adam_, labels_adam_;
  Rng rng_;
  std::vector<std::vector<uint32_t>> ids_;
  size_t step_ = 0, steps_ = 0;
  Stage stage_;
  Matrix sums_, moves_;
};

}  // namespace

bool left_out_of_tuning(std::string_view text) {
  return murmur2_64a(text.data(), text.size(), kLeftOutSeed) % kLeftOutOf == 0;
}

TuningResult tune_layers(const SentenceEncoder& encoder, std::span<const TuningText> texts,
                         size_t labels, const TuningOptions& options, Progress& progress) {
  std::vector<TuningText> ordered(texts.begin(), texts.end());
  const auto left_out =
      std::stable_partition(ordered.begin(), ordered.end(),
                            [](const TuningText& text) { return !left_out_of_tuning(text.text); });
  const auto learnt = static_cast<size_t>(left_out - ordered.begin());
  if (learnt == 0) throw Error(ErrorKind::kInvalidInput, "there is no text to learn from");
  return Tuning(encoder, ordered, labels, options, progress).run(learnt, texts.size());
}

std::shared_ptr<const SentenceVectors> tuned_vectors(std::shared_ptr<const SentenceVectors> vectors,
                                                     const TunedLayers& layers) {
  const auto encoder = vectors == nullptr ? nullptr : vectors->encoder();
  if (encoder == nullptr || encoder->fingerprint() != layers.encoder) return vectors;
  return vectors_of(encoder->with_layers(layers));
}

}  // namespace pawl
