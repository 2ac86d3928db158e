#include "learn/train_candidate.h"

#include <algorithm>
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

std::unique_ptr<TrainableComponent> fresh_component(const Recipe& recipe, Head head,
                                                    const Language& live,
                                                    std::span<const Example> examples,
                                                    uint64_t seed) {
  std::unique_ptr<Component> made =
      make_component(std::string(component_name(head)), recipe.config, live.shared_vocab());
  auto* trainable = dynamic_cast<TrainableComponent*>(made.get());
  if (trainable == nullptr) throw Error(ErrorKind::kInternal, recipe.name + ": is not trainable");
  made.release();
  std::unique_ptr<TrainableComponent> component(trainable);
  Rng rng(seed ^ kInitSeed);
  component->initialize(examples, rng);
  return component;
}

class HeadCandidates {
 public:
  HeadCandidates(const Language& live, Head head, const CandidateData& data,
                 const CandidateOptions& options, Progress& progress)
      : live_(live),
        head_(head),
        options_(options),
        progress_(progress),
        incumbent_(find_head(live, head)) {
    auto fresh = of_split(data.fresh, Split::kTrain);
    auto train = balanced_memory(of_split(data.memory, Split::kTrain), head, options.replay);
    train.insert(train.end(), fresh.begin(), fresh.end());
    auto select = of_split(data.memory, Split::kSelect);
    for (const auto& e : of_split(data.fresh, Split::kSelect)) select.push_back(e);
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
    const bool cheap = data_.train.size() <= options_.scratch_limit;
    if (incumbent_ == nullptr || (cheap && head_ != Head::kEntities)) {
      for (const Recipe& recipe : recipes(head_)) {
        TrainOptions train = options_.train;
        train.learn_rate *= recipe.step;
        consider(chosen, recipe.name,
                 train_head(fresh_component(recipe, head_, live_, data_.train, train.seed), data_,
                            nullptr, train, progress_));
      }
    }
    if (incumbent_ != nullptr) consider(chosen, "warm", train_warm());
    return chosen;
  }

 private:
  TrainedHead train_warm() {
    auto component = clone_head(*incumbent_, live_.shared_vocab());
    bool grown = false;
    for (const auto& label : labels_) grown |= component->add_label(to_category(head_, label));
    if (grown) component->weights_changed();
    return train_head(std::move(component), data_, incumbent_, options_.train, progress_);
  }

  void consider(CandidateHead& chosen, const std::string& name, TrainedHead trained) {
    trained.recipe = name;
    chosen.tried.push_back(scored_name(name, trained.select_score));
    const bool first = chosen.trained.component == nullptr;
    const bool informed = data_.select.size() >= kFewSelect;
    if (first || (informed && trained.select_score > chosen.trained.select_score))
      chosen.trained = std::move(trained);
  }

  const Language& live_;
  Head head_;
  const CandidateOptions& options_;
  Progress& progress_;
  const TrainableComponent* incumbent_;
  HeadData data_;
  std::vector<std::string> labels_;
};

}  // namespace

std::vector<CandidateHead> train_candidates(const Language& live, const CandidateData& data,
                                            const CandidateOptions& options, Progress& progress,
                                            Warnings& warnings) {
  std::vector<CandidateHead> candidates;
  for (Head head : kHeads) {
    const bool news = std::any_of(data.fresh.begin(), data.fresh.end(),
                                  [&](const auto& e) { return e.knows(head); });
    if (!news) continue;
    HeadCandidates trainer(live, head, data, options, progress);
    if (!trainer.any()) {
      warnings.push_back(std::string(head_name(head)) +
                         ": no example in the train split, head left as it is");
      continue;
    }
    candidates.push_back(trainer.best());
  }
  return candidates;
}

}  // namespace pawl::learn
