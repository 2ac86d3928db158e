// What the live head says of held-out examples, remembered for as long as its generation lives:
// a cycle runs it on those only that are new.
#pragma once

#include <map>
#include <span>
#include <string>

#include "learn/data/dataset.h"
#include "store/store.h"

namespace pawl::learn {

class LiveAnswers {
 public:
  // `store` must outlive it.
  LiveAnswers(Store& store, std::string tenant, std::string generation, Head head);

  // How many of these examples, all of which know the head, it labels rightly.
  double count_right(std::span<const LabeledExample> examples, const Language& nlp,
                     const TrainableComponent& component);
  // Of the examples counted last, for the next cycle.
  bool changed() const { return changed_; }
  void save(Transaction& transaction) const;

 private:
  std::map<std::string, bool> read() const;
  std::map<std::string, bool> ask(std::span<const LabeledExample* const> examples,
                                  const Language& nlp, const TrainableComponent& component) const;

  Store& store_;
  std::string tenant_, generation_;
  Head head_;
  std::map<std::string, bool> now_;  // whether it is right, by example
  bool changed_ = false;
};

}  // namespace pawl::learn
