#include "cli/training_table.h"

#include <algorithm>
#include <cstdio>

#include "cli/streams.h"

namespace pawl::cli {
namespace {

constexpr size_t kMaxTitle = 13;

std::string two_digits(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

std::string title(std::string text) {
  if (text.size() > kMaxTitle) text = text.substr(0, kMaxTitle - 3) + "...";
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

TrainingTable::TrainingTable(const Language& language, const TrainingSettings& settings, bool json)
    : json_(json), pipeline_(language.pipe_names()) {
  for (TrainableComponent* component : trained_components(language, settings.frozen_components)) {
    loss_names_.push_back(component->name());
  }
  for (const auto& [name, weight] : settings.score_weights) score_names_.push_back(name);
  widths_ = {3, 6};
  for (const std::string& name : loss_names_)
    widths_.push_back(std::max<size_t>(8, title("Loss " + name).size()));
  for (const std::string& name : score_names_)
    widths_.push_back(std::max<size_t>(6, title(name).size()));
  widths_.push_back(6);
}

void TrainingTable::print_row(const std::vector<std::string>& cells, bool left) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths_[i] > cells[i].size() ? widths_[i] - cells[i].size() : 0, ' ');
    line += (i > 0 ? "  " : "") + (left ? cells[i] + padding : padding + cells[i]);
  }
  print_line(line);
  flush_output();
}

void TrainingTable::print_head() const {
  if (json_) return;
  std::string names;
  for (const std::string& name : pipeline_) names += (names.empty() ? "'" : ", '") + name + "'";
  print_line("Pipeline: [" + names + "]");
  std::vector<std::string> cells = {"E", "#"}, rules;
  for (const std::string& name : loss_names_) cells.push_back(title("Loss " + name));
  for (const std::string& name : score_names_) cells.push_back(title(name));
  cells.push_back("SCORE");
  for (const size_t width : widths_) rules.emplace_back(width, '-');
  print_row(cells, true);
  print_row(rules, true);
}

void TrainingTable::print_step(const TrainingStep& step) const {
  if (json_) {
    Json out = Json::object();
    out["epoch"] = step.epoch;
    out["step"] = step.step;
    Json losses = Json::object();
    for (const auto& [name, loss] : step.losses) losses[name] = loss;
    out["losses"] = std::move(losses);
    out["scores"] = step.scores;
    out["score"] = step.score;
    out["best"] = step.best;
    out["words"] = step.words;
    out["seconds"] = step.seconds;
    print_json(out);
    flush_output();
    return;
  }
  std::vector<std::string> cells = {std::to_string(step.epoch), std::to_string(step.step)};
  for (const std::string& name : loss_names_) {
    const auto loss = step.losses.find(name);
    cells.push_back(two_digits(loss == step.losses.end() ? 0.0 : loss->second));
  }
  for (const std::string& name : score_names_) {
    const Json* score = step.scores.find(name);
    const double value = score && score->is_number() ? score->as_double() : 0.0;
    cells.push_back(two_digits(name == "speed" ? value : value * 100));
  }
  cells.push_back(two_digits(step.score));
  print_row(cells, false);
}

void TrainingTable::print_result(const TrainingResult& result) const {
  Json out = Json::object();
  out["best_score"] = result.best_score;
  out["best_step"] = result.best_step;
  out["steps"] = result.steps;
  print_json(out);
}

}  // namespace pawl::cli
