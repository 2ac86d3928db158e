#include "learn/train/train_candidate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/rng.h"

namespace pawl::learn {
namespace {

constexpr uint64_t kInitSeed = 0x9e3779b97f4a7c15u;
// With fewer select examples than this their score says too little to prefer one recipe to another.
constexpr size_t kFewSelect = 100;

std::vector<LabeledExample> of_split(const std::vector<LabeledExample>& examples, Split split) {
  std::vector<LabeledExample> out;
  for (const auto& e : examples) {
    if (e.split == split) out.push_back(e);
  }
  return out;
}

std::string scored_name(const std::string& name, double score) {
  char text[32];
  std::snprintf(text, sizeof text, " %.3f", score);
  return name + text;
}

// Half the width of the interval in which the score of `count` examples may lie by chance.
double standard_error(double score, size_t count) {
  return std::sqrt(score * (1 - score) / static_cast<double>(count));
}

class HeadCandidates {
 public:
  HeadCandidates(const Language& live, Head head, const CandidateData& data,
                 const CandidateOptions& options, Progress& progress)
      : live_(live),
        head_(head),
        options_(options),
        progress_(progress),
        incumbent_(find_head(live, head)),
        encoder_(data.encoder) {
    auto fresh = of_split(data.fresh, Split::kTrain);
    auto train = balanced_memory(of_split(data.memory, Split::kTrain), head, options.replay);
    train.insert(train.end(), fresh.begin(), fresh.end());
    auto select = of_split(data.memory, Split::kSelect);
    for (const auto& e : of_split(data.fresh, Split::kSelect)) select.push_back(e);
    for (const auto* part : {&train, &select}) {
      for (const auto& e : *part) {
        if (e.knows(head) && !e.example_id.empty()) example_ids_.push_back(e.example_id);
      }
    }
    data_.head = head;
    data_.vocab = live.shared_vocab();
    data_.train = to_examples(train, head, live);
    data_.select = to_examples(select, head, live);
    labels_ = labels_of(train, head);
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
        consider(chosen, recipe.name, train_fresh(std::move(component), recipe));
      }
    }
    if (incumbent_ != nullptr && !options_.converging_only && !incumbent_->converges() &&
        (!converged || worth_comparing()))
      consider(chosen, "warm", train_warm());
    return chosen;
  }

 private:
  bool informed() const { return data_.select.size() >= kFewSelect; }

  // Beside a head that has converged already: whether another could be preferred to it, and at
  // what price.
  bool worth_comparing() const {
    return informed() && data_.train.size() <= options_.slow_recipe_limit;
  }

  TrainedHead train_fresh(std::unique_ptr<TrainableComponent> component, const Recipe& recipe) {
    TrainOptions train = options_.train;
    train.learn_rate *= recipe.step;
    // What the live head can name, its successor can.
    if (incumbent_ != nullptr && head_->kind == HeadKind::kLabel) {
      for (const auto& label : incumbent_->labels()) component->add_label(label);
    }
    Rng rng(train.seed ^ kInitSeed);
    if (incumbent_ != nullptr) component->inherit(*incumbent_);
    component->initialize(data_.train, rng, progress_);
    return train_head(std::move(component), data_, nullptr, train, progress_);
  }

  TrainedHead train_warm() {
    auto component = clone_head(*incumbent_, live_.shared_vocab());
    bool grown = false;
    for (const auto& label : labels_) grown |= component->add_label(to_category(head_, label));
    if (grown) component->weights_changed();
    return train_head(std::move(component), data_, incumbent_, options_.train, progress_);
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
  const TrainableComponent* incumbent_;
  EncoderLink encoder_;
  HeadData data_;
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
    if (!news || options.left_out.contains(head)) continue;
    HeadCandidates trainer(live, head, data, options, progress);
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
