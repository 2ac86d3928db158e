// How "pawl train" tells of its evaluations: spaCy's table or JSON, on standard output and in the
// files that [training.logger] names.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "training/loop.h"

namespace pawl::cli {

class TrainingTable {
 public:
  // With `json` rows are JSON whatever the settings say. A file of results that exists already is
  // not touched, and a warning says so, as spaCy does.
  TrainingTable(Context& context, const Language& language, const TrainingSettings& settings,
                bool json);

  void print_head() const;
  void print_step(const TrainingStep& step);
  void print_result(const TrainingResult& result) const;

 private:
  void print_row(const std::vector<std::string>& cells, bool left) const;

  void open_results(Context& context, const TrainingSettings& settings);
  void save_step(const TrainingStep& step);
  void print_cells(const TrainingStep& step) const;

  bool json_, table_ = false;
  std::vector<std::ofstream> results_;
  std::vector<std::string> pipeline_, loss_names_, score_names_;
  std::vector<size_t> widths_;
};

// The bar that [training.logger] asks for: over all steps, up to the next evaluation, or none.
// Asks `inner` whether to stop.
class TrainingProgress : public Progress {
 public:
  TrainingProgress(Progress& inner, const TrainingSettings& settings);

  void begin(std::string_view stage, uint64_t total) override;
  void advance(uint64_t steps) override;
  void end() override;
  bool stop_requested() const override { return inner_.stop_requested(); }

 private:
  Progress& inner_;
  std::string kind_;
  uint64_t every_, done_ = 0;
};

}  // namespace pawl::cli
