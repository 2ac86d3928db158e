#include "pipeline/encoder/encoder_tuning.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "base/msgpack.h"
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
  size_t number = 0;   // from 1
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
    if (options.checkpoint != nullptr) identity_ = identity();
  }

  // The first `learnt` texts alone, then all.
  TuningResult run(size_t learnt, size_t examples) {
    const std::vector<size_t> first = some_of(learnt), all = some_of(texts_.size());
    const size_t passes = passes_over(first.size());
    const size_t final_passes = std::min(options_.final_passes, passes_within_bound(all.size()));
    progress_.begin("tuning the encoder", batches_of(first.size()) * (passes + 1) +
                                              batches_of(all.size()) * final_passes);
    if (!resume())
      for_batches(first, [&](std::span<const size_t> rows) { begin_labels(rows); });
    else
      progress_.advance(batches_of(first.size()));
    TuningResult result;
    learn(first, passes,
          {.number = 1, .rate = 1.0, .plain = is_adversarial() ? options_.plain : 1.0});
    if (judged_.empty()) judged_ = finish(first, examples)->weights;
    result.judged = made_of(judged_, examples);
    learn(all, final_passes,
          {.number = 2, .rate = options_.final_rate, .plain = is_adversarial() ? 0.0 : 1.0});
    result.layers = finish(all, examples);
    progress_.end();
    return result;
  }

 private:
  // Other texts, labels, weights, options or another encoder make another tuning.
  std::string identity() const {
    std::string all = encoder_.fingerprint();
    const auto add = [&](const auto& value) { all += std::to_string(value) + ';'; };
    for (const double value : {options_.learn_rate, options_.label_learn_rate, options_.scale,
                               options_.final_rate, options_.adversarial, options_.plain})
      add(value);
    for (const size_t value :
         {options_.batch_size, options_.visits, options_.min_passes, options_.max_passes,
          options_.final_passes, options_.most_visits, options_.adversarial_from,
          static_cast<size_t>(options_.seed), labels_.labels(), texts_.size()})
      add(value);
    for (const TuningText& text : texts_) {
      all += text.text;
      all += '\0';
      add(text.label);
      add(text.weight);
    }
    return blake2b_hex(all);
  }

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
    const size_t batches = batches_of(order.size());
    if (stage.number < left_off_.stage) {  // before it was cut off
      progress_.advance(passes * batches);
      return;
    }
    step_ = 0;
    steps_ = passes * batches;
    stage_ = stage;
    if (stage.number == left_off_.stage) {
      step_ = left_off_.step;
      order = left_off_.order;
      progress_.advance(step_);
    }
    while (step_ < steps_) {
      if (step_ % batches == 0) rng_.shuffle(order);
      const size_t from = step_ % batches * options_.batch_size;
      for_batches(std::span(order).subspan(from), [&](std::span<const size_t> rows) {
        learn(rows);
        keep(order);
      });
    }
  }

  // What was left off: the weights, the optimizers' and the random numbers' state, and the place.
  struct LeftOff {
    size_t stage = 0, step = 0;  // stage 0: nothing was
    std::vector<size_t> order;
  };

  std::vector<nn::Param*> params() {
    std::vector<nn::Param*> all = tuner_.params();
    all.push_back(&labels_.vectors());
    return all;
  }

  void keep(const std::vector<size_t>& order) {
    if (options_.checkpoint == nullptr || !options_.checkpoint->is_due()) return;
    Msgpack::Map state;
    const auto put = [&](const char* name, Msgpack value) {
      state.emplace_back(Msgpack(name), std::move(value));
    };
    put("of", Msgpack(identity_));
    put("stage", Msgpack(static_cast<uint64_t>(stage_.number)));
    put("step", Msgpack(static_cast<uint64_t>(step_)));
    Msgpack::Array places, random, values;
    for (const size_t place : order) places.emplace_back(static_cast<uint64_t>(place));
    for (const uint64_t word : rng_.state()) random.emplace_back(word);
    for (const nn::Param* param : params())
      values.emplace_back(Msgpack::Binary{bytes_of(param->value)});
    put("order", Msgpack(std::move(places)));
    put("random", Msgpack(std::move(random)));
    put("values", Msgpack(std::move(values)));
    put("layers", Msgpack(Msgpack::Binary{layers_adam_.save_state(tuner_.params())}));
    nn::Param* const labels[] = {&labels_.vectors()};
    put("labels", Msgpack(Msgpack::Binary{labels_adam_.save_state(labels)}));
    put("judged", Msgpack(Msgpack::Binary{judged_}));
    options_.checkpoint->save(to_msgpack(Msgpack(std::move(state))));
  }

  // Whether there was something to go on from.
  bool resume() {
    const std::string kept = options_.checkpoint == nullptr ? "" : options_.checkpoint->load();
    if (kept.empty()) return false;
    try {
      const Msgpack state = parse_msgpack(kept);
      if (state.at("of").as_string() != identity_) return false;
      const Msgpack::Array &values = state.at("values").as_array(),
                           &random = state.at("random").as_array();
      const std::vector<nn::Param*> all = params();
      if (values.size() != all.size() || random.size() != 4) return false;
      for (size_t i = 0; i < all.size(); ++i) {
        if (values[i].as_bytes().size() != all[i]->value.size() * sizeof(float)) return false;
      }
      layers_adam_.load_state(tuner_.params(), state.at("layers").as_bytes());
      nn::Param* const labels[] = {&labels_.vectors()};
      labels_adam_.load_state(labels, state.at("labels").as_bytes());
      for (size_t i = 0; i < all.size(); ++i) {
        std::memcpy(all[i]->value.data(), values[i].as_bytes().data(), values[i].as_bytes().size());
        all[i]->changed();
      }
      rng_.set_state(
          {random[0].as_uint(), random[1].as_uint(), random[2].as_uint(), random[3].as_uint()});
      judged_ = state.at("judged").as_bytes();
      for (const Msgpack& place : state.at("order").as_array())
        left_off_.order.push_back(place.as_uint());
      left_off_.step = state.at("step").as_uint();
      left_off_.stage = state.at("stage").as_uint();
      return true;
    } catch (const Error&) {
      return false;  // damaged: from the beginning
    }
  }

  static std::string bytes_of(const FloatVector& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
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

  std::shared_ptr<const TunedLayers> made_of(std::string weights, size_t examples) const {
    return std::make_shared<const TunedLayers>(TunedLayers{.first = kept_layers(encoder_),
                                                           .count = tuned_layers(encoder_),
                                                           .precision = encoder_.precision(),
                                                           .weights = std::move(weights),
                                                           .encoder = encoder_.fingerprint(),
                                                           .examples = examples});
  }

  std::shared_ptr<const TunedLayers> finish(std::span<const size_t> rows, size_t examples) const {
    const Batch sample = batch_of(rows.first(std::min(kSampleTexts, rows.size())));
    SafetensorsWriter weights;
    tuner_.write(encoder_.precision(), sample.sequences(), weights);
    return made_of(weights.finish(), examples);
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
  std::string identity_;  // of texts and options
  LeftOff left_off_;
  std::string judged_;  // weights of the layers that have not seen all
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
  return vectors->remembered(vectors_of(encoder->with_layers(layers)));
}

}  // namespace pawl
