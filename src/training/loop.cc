#include "training/loop.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <numeric>
#include <unordered_map>

#include "base/error.h"
#include "base/folder_writer.h"
#include "training/batcher.h"
#include "training/evaluate.h"

namespace pawl {

namespace {

void replace_folder(Env& env, const Language& language, const Path& target) {
  write_folder_atomically(env, target, [&](const Path& folder) { language.to_disk(env, folder); },
                          {.replace = true, .mode = 0777});
}

bool all_finite(const float* values, size_t size) {
  constexpr uint32_t kExponent = 0x7f800000;
  bool bad = false;
  for (size_t i = 0; i < size; ++i)
    bad |= (std::bit_cast<uint32_t>(values[i]) & kExponent) == kExponent;
  return !bad;
}

class Trainer {
 public:
  Trainer(Env& env, Language& language, const TrainingSettings& settings, TrainingData data,
          std::span<const GoldDoc> dev, Rng& rng, const std::optional<Path>& output,
          const TrainingCallbacks& callbacks, Progress& progress)
      : env_(env),
        language_(language),
        settings_(settings),
        data_(std::move(data)),
        dev_(dev),
        rng_(rng),
        output_(output),
        callbacks_(callbacks),
        progress_(progress),
        batcher_(settings.batcher, "training.batcher"),
        dropout_(settings.dropout, "training.dropout"),
        learn_rate_(settings.learn_rate, "training.optimizer.learn_rate"),
        optimizer_(first_options()) {
    update_.rng = &rng_;
    update_.exclude = settings.frozen_components;
    update_.annotating = settings.annotating_components;
  }

  TrainingResult run() {
    if (!data_.stream && data_.examples.empty())
      throw Error(ErrorKind::kInvalidInput, "training: there are no examples");
    if (output_) env_.create_directories(*output_);
    progress_.begin("training", settings_.max_steps);
    bool more = true;
    for (uint64_t epoch = 0; more && !epochs_done(epoch); ++epoch) more = run_epoch(epoch);
    progress_.end();
    finish();
    return result_;
  }

 private:
  nn::AdamOptions first_options() {
    nn::AdamOptions options = settings_.optimizer;
    options.learn_rate = learn_rate_.next();
    return options;
  }

  bool epochs_done(uint64_t epoch) const {
    return settings_.max_epochs >= 1 && epoch >= settings_.max_epochs;
  }

  bool run_epoch(uint64_t epoch) {
    return data_.stream ? run_streamed_epoch(epoch) : run_shuffled_epoch(epoch);
  }

  [[noreturn]] static void no_batches() {
    throw Error(ErrorKind::kInvalidInput,
                "training.batcher: every example is longer than a batch may be");
  }

  bool run_shuffled_epoch(uint64_t epoch) {
    std::vector<Example>& examples = data_.examples;
    rng_.shuffle(examples);
    std::vector<uint32_t> lengths;
    for (const Example& example : examples)
      lengths.push_back(static_cast<uint32_t>(example.predicted.size()));
    const Batches batches = batcher_.cut(lengths);
    if (batches.empty()) no_batches();
    for (const auto& indices : batches) {
      std::vector<Example> batch;
      for (const uint32_t i : indices) batch.push_back(std::move(examples[i]));
      const bool more = run_batch(epoch, batch);
      for (size_t i = 0; i < indices.size(); ++i) examples[indices[i]] = std::move(batch[i]);
      if (!more) return false;
    }
    return true;
  }

  // Keeps only the examples whose batch is not complete.
  bool run_streamed_epoch(uint64_t epoch) {
    std::unordered_map<uint32_t, Example> waiting;
    uint32_t number = 0;
    bool more = true, any = false;
    const auto run_all = [&](const Batches& batches) {
      for (const auto& indices : batches) {
        std::vector<Example> batch;
        for (const uint32_t i : indices) batch.push_back(std::move(waiting.extract(i).mapped()));
        any = true;
        more = more && run_batch(epoch, batch);
      }
    };
    data_.stream([&](Example example) {
      const auto length = static_cast<uint32_t>(example.predicted.size());
      waiting.emplace(number, std::move(example));
      Batches batches;
      batcher_.add(number++, length, batches);
      run_all(batches);
      return more;
    });
    Batches rest;
    batcher_.finish(rest);
    if (more) run_all(rest);
    if (!any) no_batches();
    return more;
  }

  // False when training is over.
  bool run_batch(uint64_t epoch, std::vector<Example>& batch) {
    if (progress_.stop_requested()) stop();
    take_step(epoch, batch);
    if (!go_on()) return false;
    ++step_;
    return true;
  }

  void take_step(uint64_t epoch, std::vector<Example>& batch) {
    update_.dropout = dropout_.next();
    std::vector<uint32_t> all(batch.size());
    std::iota(all.begin(), all.end(), 0u);
    for (const auto& part : subdivide(batch, all, settings_.accumulate_gradient))
      update_on(batch, part);
    finish_update(language_, optimizer_, update_);
    if (!learn_rate_.is_constant()) optimizer_.set_learn_rate(learn_rate_.next());
    for (const Example& example : batch) words_ += example.predicted.size();
    result_.steps = step_ + 1;
    if (step_ % settings_.eval_frequency == 0) evaluate_step(epoch);
    progress_.advance();
  }

  void update_on(std::vector<Example>& batch, const std::vector<uint32_t>& part) {
    std::vector<Example> piece;
    piece.reserve(part.size());
    for (const uint32_t i : part) piece.push_back(std::move(batch[i]));
    update_pipeline(language_, piece, update_, losses_);
    for (size_t i = 0; i < part.size(); ++i) batch[part[i]] = std::move(piece[i]);
  }

  // Weights that are no numbers would be saved, and could not be loaded again.
  void check_weights() const {
    for (TrainableComponent* component :
         trained_components(language_, settings_.frozen_components)) {
      for (nn::Node* node : nn::walk(component->model())) {
        for (const auto& param : node->params) {
          if (param->defined && !all_finite(param->value.data(), param->value.size())) {
            throw Error(ErrorKind::kInvalidInput,
                        "training: after " + std::to_string(result_.steps) +
                            " steps the weights of '" + component->name() +
                            "' have grown beyond all bounds, and they are not saved; lower "
                            "training.optimizer.learn_rate");
          }
        }
      }
    }
  }

  void check_scores(const Json& scores) const {
    for (const auto& [name, weight] : settings_.score_weights) {
      const Json* score = scores.find(name);
      if (score && !score->is_null() && !score->is_number()) {
        throw Error(ErrorKind::kInvalidInput,
                    "training.score_weights." + name +
                        ": this score is not a single number and cannot be weighed; set it to "
                        "null");
      }
    }
  }

  void evaluate_step(uint64_t epoch) {
    TrainingStep info;
    check_weights();
    AveragedWeights averaged(language_, optimizer_, settings_.frozen_components);
    info.scores = evaluate(language_, dev_);
    check_scores(info.scores);
    info.epoch = epoch;
    info.step = step_;
    info.losses = losses_;
    info.score = weighted_score(info.scores, settings_.score_weights);
    info.best = !evaluated_ || info.score >= result_.best_score;
    info.words = words_;
    info.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    // The earliest of equal scores counts as the best step, the latest is the one kept on disk.
    if (!evaluated_ || info.score > result_.best_score) {
      result_.best_score = info.score;
      result_.best_step = step_;
    }
    evaluated_ = true;
    losses_.clear();
    if (callbacks_.evaluated) callbacks_.evaluated(info);
    update_meta(info);
    if (!output_) return;
    replace_folder(env_, language_, *output_ / "model-last");
    if (info.best) replace_folder(env_, language_, *output_ / "model-best");
  }

  bool go_on() const {
    if (settings_.patience > 0 && step_ - result_.best_step >= settings_.patience) return false;
    return settings_.max_steps == 0 || step_ < settings_.max_steps;
  }

  void update_meta(const TrainingStep& info) {
    Json performance = Json::object();
    for (const std::string& name : settings_.score_names) {
      const Json* score = info.scores.find(name);
      performance[name] = score ? *score : Json(0.0);
    }
    for (const auto& [name, loss] : info.losses) performance[name + "_loss"] = loss;
    language_.meta()["performance"] = std::move(performance);
  }

  void finish() {
    check_weights();
    AveragedWeights averaged(language_, optimizer_, settings_.frozen_components);
    averaged.keep();
    for (TrainableComponent* component :
         trained_components(language_, settings_.frozen_components)) {
      optimizer_.settle(component->model());
    }
    if (output_) replace_folder(env_, language_, *output_ / "model-last");
  }

  [[noreturn]] void stop() {
    progress_.end();
    finish();
    throw Error(ErrorKind::kInterrupted,
                "training stopped after " + std::to_string(result_.steps) + " steps" +
                    (output_ ? "; the last state is in " + (*output_ / "model-last").string()
                             : std::string()));
  }

  Env& env_;
  Language& language_;
  const TrainingSettings& settings_;
  TrainingData data_;
  std::span<const GoldDoc> dev_;
  Rng& rng_;
  const std::optional<Path>& output_;
  const TrainingCallbacks& callbacks_;
  Progress& progress_;
  Batcher batcher_;
  Schedule dropout_, learn_rate_;
  nn::Adam optimizer_;
  PipelineUpdate update_;
  Losses losses_;
  TrainingResult result_;
  uint64_t step_ = 0, words_ = 0;
  bool evaluated_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

double weighted_score(const Json& scores,
                      const std::vector<std::pair<std::string, double>>& weights) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    const Json* score = scores.find(name);
    if (score && score->is_number()) sum += score->as_double() * weight;
  }
  return sum;
}

std::vector<std::vector<uint32_t>> subdivide(std::span<const Example> examples,
                                             std::vector<uint32_t> batch, uint64_t parts) {
  std::stable_sort(batch.begin(), batch.end(), [&](uint32_t a, uint32_t b) {
    return examples[a].predicted.size() < examples[b].predicted.size();
  });
  const size_t size = batch.size() / parts;
  std::vector<std::vector<uint32_t>> out;
  size_t start = 0;
  for (uint64_t i = 0; i < parts && size > 0; ++i, start += size) {
    out.emplace_back(batch.begin() + static_cast<ptrdiff_t>(start),
                     batch.begin() + static_cast<ptrdiff_t>(start + size));
  }
  if (start < batch.size())
    out.emplace_back(batch.begin() + static_cast<ptrdiff_t>(start), batch.end());
  return out;
}

TrainingResult train(Env& env, Language& language, const TrainingSettings& settings,
                     TrainingData data, std::span<const GoldDoc> dev, Rng& rng,
                     const std::optional<Path>& output, const TrainingCallbacks& callbacks,
                     Progress& progress) {
  return Trainer(env, language, settings, std::move(data), dev, rng, output, callbacks, progress)
      .run();
}

}  // namespace pawl
