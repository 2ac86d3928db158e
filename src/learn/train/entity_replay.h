// What an entity head knows, kept while it learns: its own predictions on other texts are trained
// on beside the examples, and what became of them is measured.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learn/heads/heads.h"

namespace pawl::learn {

struct EntityReplay {
  std::vector<Example> train;     // texts with the head's predictions as reference
  std::vector<Example> held_out;  // others, never trained on: entities_kept() asks about them
};

// From texts of ours and `texts` (users' turns). Where an entity has the words of one that
// `taught` gives another label the people are right, and nothing is claimed. `head` is the live
// head of `live`.
EntityReplay make_entity_replay(const Language& live, const TrainableComponent& head,
                                std::span<const Example> taught,
                                std::span<const std::string> texts);

// Who labels something new does not label the old: where an example has nothing, entities that
// `head` predicts with a label that no example names join it.
void keep_untaught_labels(std::span<Example> examples, const TrainableComponent& head);

// Of the labels that `head` came with the examples say what it says itself, of those that it was
// taught what they said: they teach what is new and nothing else.
void keep_original_labels(std::span<Example> examples, const TrainableComponent& head);

// The share of the reference's entities that `candidate` predicts just so; 1 when there are none.
double entities_kept(const TrainableComponent& candidate, std::span<const Example> reference);

// While it lives, optimizer steps change nothing but what scores the labels that a recogniser did
// not come with, and the room made for them (TransitionComponent::make_room): the scores of all
// others stay what they are, on every text.
class NewLabelsOnly {
 public:
  // `component` has its labels and its room; its tok2vec is held fast from here on.
  explicit NewLabelsOnly(TrainableComponent& component);
  ~NewLabelsOnly();
  // False when no label was added, or when the labels' scores are not apart (no upper layer).
  bool possible() const;
  // Instead of the optimizer's step over the whole tree. Its L2 must be 0.
  void step(nn::Adam& optimizer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Lowers what a recogniser scores the labels that it did not come with.
void lower_new_labels(TrainableComponent& component, double by);

}  // namespace pawl::learn
