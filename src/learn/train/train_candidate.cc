#include "learn/train/train_candidate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/rng.h"
#include "learn/train/entity_replay.h"
#include "pipeline/transition/component.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kInitSeed = 0x9e3779b97f4a7c15u;
// With fewer select examples than this their score says too little to prefer one recipe to another.
constexpr size_t kFewSelect = 100;
// Of the entities that the live head finds in texts it was not trained on, its successor must find
// at least this share.
constexpr double kEntitiesKept = 0.99;
// New labels that are too eager are held back as much as it takes, to within so much.
constexpr double kLowerBy = 0.1, kMostLowered = 6;
constexpr double kMayBeLost = 0.005;
constexpr size_t kReplayedPerExample = 5, kMostReplayed = 400;
// What scores new labels is small and all that moves: larger steps, less noise, more of them. Far
// beyond, new labels take more from the old, are held back for it, and fewer of them are found.
constexpr double kNewLabelStep = 2, kNewLabelDropout = 0.5, kNewLabelUpdates = 2.25;
constexpr size_t kRoom = 128;  // hidden units for new labels

std::vector<LabeledExample> of_split(const std::vector<LabeledExample>& examples, Split split) {
  std::vector<LabeledExample> out;
  for (const auto& e : examples) {
    if (e.split == split) out.push_back(e);
  }
  return out;
}

// What was trained on the select split, too, has no score.
std::string scored_name(const std::string& name, std::optional<double> score) {
  if (!score) return name;
  char text[32];
  std::snprintf(text, sizeof text, " %.3f", *score);
  return name + text;
}

// Half the width of the interval in which the score of `count` examples may lie by chance.
double standard_error(double score, size_t count) {
  return std::sqrt(score * (1 - score) / static_cast<double>(count));
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

class HeadCandidates {
 public:
  HeadCandidates(const Language& live, Head head, const CandidateData& data,
                 const CandidateOptions& options, Progress& progress, Warnings& warnings)
      : live_(live),
        head_(head),
        options_(options),
        progress_(progress),
        warnings_(warnings),
        unlabelled_(data.unlabelled),
        incumbent_(find_head(live, head)),
        layers_(data.layers != nullptr ? data.layers : incumbent_),
        encoder_(data.encoder) {
    auto fresh = of_split(data.fresh, Split::kTrain);
    auto train = balanced_memory(of_split(data.memory, Split::kTrain), head, options.replay);
    train.insert(train.end(), fresh.begin(), fresh.end());
    auto select = of_split(data.memory, Split::kSelect);
    for (const auto& e : of_split(data.fresh, Split::kSelect)) select.push_back(e);
    std::vector<LabeledExample> all = train;
    all.insert(all.end(), select.begin(), select.end());
    for (const auto& e : all) {
      if (e.knows(head) && !e.example_id.empty()) example_ids_.push_back(e.example_id);
    }
    if (head->answers) even_out_labels(all, head);
    std::copy_n(all.begin(), train.size(), train.begin());
    data_.head = all_.head = head;
    data_.vocab = all_.vocab = live.shared_vocab();
    data_.train = to_examples(train, head, live);
    if (head->kind == HeadKind::kLabel) all_.train = to_examples(all, head, live);
    data_.select = to_examples(select, head, live);
    labels_ = labels_of(train, head);
    if (head->kind == HeadKind::kSpans) warn_of_misaligned(train);
    for (const auto& text : data.unlabelled) {
      if (data_.unlabelled.size() >= options.rehearsal) break;
      Doc doc = live.make_doc(text);
      if (doc.size() > 0) data_.unlabelled.push_back(std::move(doc));
    }
  }

  bool any() const { return !data_.train.empty(); }

  CandidateHead best() {
    CandidateHead chosen;
    chosen.head = head_;
    chosen.examples = data_.train.size();
    chosen.example_ids = example_ids_;
    const bool cheap = data_.train.size() <= options_.scratch_limit;
    bool converged = false;
    if (incumbent_ == nullptr || (cheap && head_->kind == HeadKind::kLabel)) {
      for (const Recipe& recipe : recipes(head_, encoder_.name)) {
        if (converged && !worth_comparing()) break;
        auto component = make_head(recipe, head_, live_.shared_vocab());
        if (options_.converging_only && !component->converges()) continue;
        link_vectors(*component, encoder_.vectors);
        converged |= component->converges();
        if (component->converges() && !worth_comparing())
          take_alone(chosen, recipe, std::move(component));
        else
          consider(chosen, recipe.name, train_fresh(std::move(component), recipe, data_));
      }
      if (worth_comparing()) train_on_all(chosen);
    }
    if (incumbent_ != nullptr && !options_.converging_only && !incumbent_->converges() &&
        (!converged || worth_comparing()))
      head_->kind == HeadKind::kSpans ? consider_entities(chosen)
                                      : consider(chosen, "warm", train_warm());
    chosen.tuning_is_due =
        chosen.trained.component != nullptr && chosen.trained.component->tuning_is_due();
    return chosen;
  }

 private:
  // By label and offsets: a user's text does not belong in a message.
  void warn_of_misaligned(const std::vector<LabeledExample>& train) {
    size_t count = 0, examples = 0;
    std::string first;
    for (const LabeledExample& example : train) {
      if (!example.knows(head_)) continue;
      const Doc doc = live_.make_doc(example.text);
      const size_t before = count;
      for (const EntityLabel& span : example.spans(head_)) {
        const auto [start, end] = doc.char_span(span.start, span.end);
        if (start < end) continue;
        if (count++ == 0) {
          first = "[" + std::to_string(span.start) + ", " + std::to_string(span.end) + ", \"" +
                  span.label + "\"]" +
                  (example.turn_id.empty() ? "" : " of turn " + example.turn_id);
        }
      }
      examples += count > before;
    }
    if (count == 0) return;
    warnings_.push_back("entities: " + std::to_string(count) + " in " + std::to_string(examples) +
                        " examples do not begin and end where words do, and nothing is learnt from "
                        "them; the first: " +
                        first);
  }

  bool informed() const { return data_.select.size() >= kFewSelect; }

  // Beside a head that has converged already: whether another could be preferred to it, and at
  // what price.
  bool worth_comparing() const {
    return informed() && !options_.converging_only &&
           data_.train.size() <= options_.slow_recipe_limit;
  }

  // Where nothing is chosen by the select split it trains as well.
  void take_alone(CandidateHead& chosen, const Recipe& recipe,
                  std::unique_ptr<TrainableComponent> component) {
    chosen.trained = train_fresh(std::move(component), recipe, all_);
    chosen.trained.recipe = recipe.name;
    chosen.examples = all_.train.size();
    chosen.tried.push_back(scored_name(recipe.name, std::nullopt));
  }

  // What was chosen by the select split learns from it after that.
  void train_on_all(CandidateHead& chosen) {
    for (const Recipe& recipe : recipes(head_, encoder_.name)) {
      if (recipe.name != chosen.trained.recipe || !chosen.trained.component->converges()) continue;
      auto component = make_head(recipe, head_, live_.shared_vocab());
      link_vectors(*component, encoder_.vectors);
      chosen.trained.component = train_fresh(std::move(component), recipe, all_).component;
      chosen.examples = all_.train.size();
    }
  }

  TrainedHead train_fresh(std::unique_ptr<TrainableComponent> component, const Recipe& recipe,
                          const HeadData& data) {
    TrainOptions train = options_.train;
    train.learn_rate *= recipe.step;
    // What the live head can name, its successor can.
    if (incumbent_ != nullptr && head_->kind == HeadKind::kLabel) {
      for (const auto& label : incumbent_->labels()) component->add_label(label);
    }
    Rng rng(train.seed ^ kInitSeed);
    if (layers_ != nullptr) component->inherit(*layers_);
    if (options_.postpone_tuning) component->postpone_tuning();
    if (options_.calibrated_as != nullptr) component->calibrate_as(*options_.calibrated_as);
    component->keep_checkpoint(options_.checkpoint);
    component->limit_batch(train.batch_size);
    component->initialize(data.train, rng, progress_);
    component->keep_checkpoint(nullptr);
    return train_head(std::move(component), data, nullptr, train, progress_);
  }

  std::unique_ptr<TrainableComponent> grown_copy() const {
    return grown(clone_head(*incumbent_, live_.shared_vocab()));
  }

  std::unique_ptr<TrainableComponent> grown(std::unique_ptr<TrainableComponent> component) const {
    bool grown = false;
    for (const auto& label : labels_) grown |= component->add_label(to_category(head_, label));
    if (grown) component->weights_changed();
    return component;
  }

  // What it has is told apart from what it gets.
  std::unique_ptr<TrainableComponent> copy_with_room() const {
    auto component = clone_head(*incumbent_, live_.shared_vocab());
    if (auto* recogniser = dynamic_cast<TransitionComponent*>(component.get())) {
      Rng rng(options_.train.seed ^ kInitSeed);
      recogniser->make_room(kRoom, rng);
    }
    return grown(std::move(component));
  }

  TrainedHead train_warm() {
    return train_head(grown_copy(), data_, incumbent_, options_.train, progress_);
  }

  // Few examples are repeated, so that they are heard among the replayed texts.
  static void mix(std::vector<Example>& examples, const std::vector<Example>& replayed) {
    const size_t given = examples.size();
    while (examples.size() * kReplayedPerExample < std::min(replayed.size(), kMostReplayed)) {
      for (size_t i = 0; i < given; ++i) examples.push_back(Example(examples[i]));
    }
    const size_t step = std::max<size_t>(1, replayed.size() / kMostReplayed);
    for (size_t i = 0; i < replayed.size(); i += step) examples.push_back(Example(replayed[i]));
  }

  // What is new gives way, no more than it takes, so that no more than may be lost of the old is
  // lost in any of the texts. The share that is kept.
  static double hold_back(TrainableComponent& component, const EntityReplay& replay) {
    const auto kept = [&] {
      return std::min(entities_kept(component, replay.held_out),
                      entities_kept(component, replay.train));
    };
    double share = kept();
    if (share >= 1 - kMayBeLost) return share;
    double lowered = 0, too_little = 0, enough = kMostLowered;
    const auto lower_to = [&](double by) {
      lower_new_labels(component, by - lowered);
      lowered = by;
      return share = kept();
    };
    while (enough - too_little > kLowerBy) {
      const double middle = (too_little + enough) / 2;
      (lower_to(middle) < 1 - kMayBeLost ? too_little : enough) = middle;
    }
    return lowered == enough ? share : lower_to(enough);
  }

  HeadData entity_data(const EntityReplay& replay) const {
    HeadData data{.head = head_,
                  .vocab = data_.vocab,
                  .train = data_.train,
                  .select = data_.select,
                  .unlabelled = data_.unlabelled};
    keep_untaught_labels(data.train, *incumbent_);
    mix(data.train, replay.train);
    return data;
  }

  // Labels that the recogniser did not come with get room of their own, and nothing else is
  // trained. False when that is not possible. `kept`: the share of the old that is left.
  bool consider_new_labels(CandidateHead& chosen, const EntityReplay& replay, double& kept) {
    auto component = copy_with_room();
    NewLabelsOnly new_labels(*component);
    if (!new_labels.possible()) return false;
    HeadData data = entity_data(replay);
    data.train = data_.train;
    keep_original_labels(data.train, *incumbent_);
    mix(data.train, replay.train);
    TrainOptions train = options_.train;
    train.new_labels = &new_labels;
    train.learn_rate *= kNewLabelStep;
    train.dropout *= kNewLabelDropout;
    train.min_updates =
        static_cast<size_t>(kNewLabelUpdates * static_cast<double>(train.min_updates));
    TrainedHead added = train_head(std::move(component), data, nullptr, train, progress_);
    kept = hold_back(*added.component, replay);
    if (kept < kEntitiesKept) return false;
    consider(chosen, "new labels", std::move(added));
    return true;
  }

  // Entities that the head finds must not be lost over new ones: it trains on its own predictions
  // beside the examples. Where labels are new or were once, or where it still forgot, all that it
  // came with is held fast; what forgets even so is no candidate.
  void consider_entities(CandidateHead& chosen) {
    const EntityReplay replay = make_entity_replay(live_, *incumbent_, data_.train, unlabelled_);
    double kept = 0;
    if (!has_new_labels() && !has_room()) {
      TrainedHead warm =
          train_head(grown_copy(), entity_data(replay), incumbent_, options_.train, progress_);
      kept = entities_kept(*warm.component, replay.held_out);
      if (kept >= kEntitiesKept) return consider(chosen, "warm", std::move(warm));
    }
    if (consider_new_labels(chosen, replay, kept)) return;
    warnings_.push_back("entities: training kept only " + percent(kept) +
                        " of the entities that the head finds; it stays as it is");
  }

  bool has_new_labels() const {
    const std::vector<std::string> known = incumbent_->labels();
    return std::any_of(labels_.begin(), labels_.end(), [&](const std::string& label) {
      return std::find(known.begin(), known.end(), to_category(head_, label)) == known.end();
    });
  }

  bool has_room() const {
    const auto* recogniser = dynamic_cast<const TransitionComponent*>(incumbent_);
    return recogniser != nullptr && recogniser->has_room();
  }

  // A later recipe must be better by more than chance would have it: the choice among several is
  // made on few examples.
  void consider(CandidateHead& chosen, const std::string& name, TrainedHead trained) {
    trained.recipe = name;
    chosen.tried.push_back(scored_name(name, trained.select_score));
    if (chosen.trained.component == nullptr) {
      chosen.trained = std::move(trained);
      return;
    }
    if (!informed()) return;
    const double best = chosen.trained.select_score;
    if (trained.select_score > best + standard_error(best, data_.select.size()))
      chosen.trained = std::move(trained);
  }

  const Language& live_;
  Head head_;
  const CandidateOptions& options_;
  Progress& progress_;
  Warnings& warnings_;
  const std::vector<std::string>& unlabelled_;
  const TrainableComponent* incumbent_;
  const TrainableComponent* layers_;
  EncoderLink encoder_;
  HeadData data_;
  HeadData all_;  // of a head of labels, its select split trained on
  std::vector<std::string> labels_;
  std::vector<std::string> example_ids_;
};

}  // namespace

std::vector<CandidateHead> train_candidates(const Language& live, const CandidateData& data,
                                            const CandidateOptions& options, Progress& progress,
                                            Warnings& warnings) {
  std::vector<CandidateHead> candidates;
  for (Head head : all_heads()) {
    const bool news = std::any_of(data.fresh.begin(), data.fresh.end(),
                                  [&](const auto& e) { return e.knows(head); });
    if ((!news && !options.without_news) || options.left_out.contains(head)) continue;
    HeadCandidates trainer(live, head, data, options, progress, warnings);
    if (!trainer.any()) {
      warnings.push_back(std::string(head_name(head)) +
                         ": no example in the train split, head left as it is");
      continue;
    }
    CandidateHead best = trainer.best();
    if (best.trained.component != nullptr) candidates.push_back(std::move(best));
  }
  return candidates;
}

}  // namespace pawl::learn
