// How "pawl train" tells of its evaluations: spaCy's table, or JSON.
#pragma once

#include <string>
#include <vector>

#include "training/loop.h"

namespace pawl::cli {

class TrainingTable {
 public:
  TrainingTable(const Language& language, const TrainingSettings& settings, bool json);

  void print_head() const;
  void print_step(const TrainingStep& step) const;
  void print_result(const TrainingResult& result) const;

 private:
  void print_row(const std::vector<std::string>& cells, bool left) const;

  bool json_;
  std::vector<std::string> pipeline_, loss_names_, score_names_;
  std::vector<size_t> widths_;
};

}  // namespace pawl::cli
