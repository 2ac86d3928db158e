#include "cli/training_table.h"

#include <algorithm>
#include <cstdio>

#include "base/error.h"
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

// What both forms of JSON have: spaCy's keys.
Json step_json(const TrainingStep& step) {
  Json out = Json::object();
  out["epoch"] = step.epoch;
  out["step"] = step.step;
  Json losses = Json::object();
  for (const auto& [name, loss] : step.losses) losses[name] = loss;
  out["losses"] = std::move(losses);
  out["scores"] = step.scores;
  out["score"] = step.score;
  return out;
}

}  // namespace

TrainingTable::TrainingTable(Context& context, const Language& language,
                             const TrainingSettings& settings, bool json)
    : json_(json), pipeline_(language.pipe_names()) {
  for (const LoggerSettings& logger : settings.loggers) table_ = table_ || logger.table;
  open_results(context, settings);
  for (const TrainableComponent* component :
       trained_components(language, settings.frozen_components)) {
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

void TrainingTable::open_results(Context& context, const TrainingSettings& settings) {
  for (const LoggerSettings& logger : settings.loggers) {
    if (!logger.results) continue;
    const Path& file = *logger.results;
    if (context.env.exists(file)) {
      context.warn("training.logger.output_file: results are not saved, because " + file.string() +
                   " exists already");
      continue;
    }
    if (file.has_parent_path()) context.env.create_directories(file.parent_path(), 0777);
    results_.emplace_back(file);
    if (!results_.back()) {
      throw Error(ErrorKind::kIo,
                  "training.logger.output_file: " + file.string() + " cannot be written");
    }
  }
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
  if (json_ || !table_) return;
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

void TrainingTable::print_step(const TrainingStep& step) {
  save_step(step);
  if (json_) {
    Json out = step_json(step);
    out["best"] = step.best;
    out["words"] = step.words;
    out["seconds"] = step.seconds;
    print_json(out);
    flush_output();
  } else if (table_) {
    print_cells(step);
  }
}

void TrainingTable::save_step(const TrainingStep& step) {
  if (results_.empty()) return;
  Json line = step_json(step);
  Json scores = Json::object();
  for (const std::string& name : score_names_) {
    const Json* score = step.scores.find(name);
    const double value = score && score->is_number() ? score->as_double() : 0.0;
    scores[name] = name == "speed" ? value : value * 100;
  }
  line["scores"] = std::move(scores);
  for (std::ofstream& file : results_) file << to_json(line) << std::endl;
}

void TrainingTable::print_cells(const TrainingStep& step) const {
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

TrainingProgress::TrainingProgress(Progress& inner, const TrainingSettings& settings)
    : inner_(inner), every_(settings.eval_frequency) {
  for (const LoggerSettings& logger : settings.loggers) {
    if (!logger.progress.empty()) kind_ = logger.progress;
  }
}

void TrainingProgress::begin(std::string_view stage, uint64_t total) {
  if (!kind_.empty()) inner_.begin(stage, kind_ == "eval" ? every_ : total);
}

void TrainingProgress::advance(uint64_t steps) {
  if (kind_.empty()) return;
  done_ += steps;
  if (kind_ == "eval" && done_ % every_ == 1 % every_) {  // the first step has been evaluated
    inner_.end();
    inner_.begin("training", every_);
  } else {
    inner_.advance(steps);
  }
}

void TrainingProgress::end() {
  if (!kind_.empty()) inner_.end();
}

}  // namespace pawl::cli
