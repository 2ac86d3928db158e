#include "cli/evaluation_report.h"

#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "training/evaluate.h"

namespace pawl::cli {
namespace {

constexpr std::pair<const char*, const char*> kRows[] = {
    {"TOK", "token_acc"}, {"NER P", "ents_p"},       {"NER R", "ents_r"},
    {"NER F", "ents_f"},  {"TEXTCAT", "cats_score"}, {"SPEED", "speed"}};

std::string percent(const Json& value, const char* format = "%.2f") {
  if (!value.is_number()) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value.as_double() * 100);
  return buffer;
}

void print_scores(const Json& scores) {
  print_line("");
  print_line("================================== Results ==================================");
  print_line("");
  for (const auto& [title, key] : kRows) {
    const Json* value = scores.find(key);
    if (!value || !value->is_number()) continue;
    char line[96];
    const bool speed = std::string_view(key) == "speed";
    const std::string shown =
        speed ? std::to_string(static_cast<int64_t>(value->as_double())) : percent(*value);
    const Json* kind =
        std::string_view(title) == "TEXTCAT" ? scores.find("cats_score_desc") : nullptr;
    const std::string name =
        kind && kind->is_string() ? "TEXTCAT (" + kind->as_string() + ")" : title;
    std::snprintf(line, sizeof line, "%-20s %s", name.c_str(), shown.c_str());
    print_line(line);
  }
}

void print_types(const Json& scores, const char* key, const char* title) {
  const Json* types = scores.find(key);
  if (!types || !types->is_object() || types->as_object().empty()) return;
  size_t width = 5;
  for (const auto& [label, score] : types->as_object()) width = std::max(width, label.size());
  print_line("");
  print_line(title);
  print_line("");
  char head[64];
  std::snprintf(head, sizeof head, "   %6s   %6s   %6s", "P", "R", "F");
  print_line(std::string(width, ' ') + head);
  for (const auto& [label, score] : types->as_object()) {
    std::string line = label + std::string(width - label.size(), ' ');
    for (const char* part : {"p", "r", "f"}) {
      char number[32];
      std::snprintf(number, sizeof number, "   %6s", percent(score.at(part)).c_str());
      line += number;
    }
    print_line(line);
  }
}

}  // namespace

void EvaluationArguments::declare(Options& options) {
  options.positional("model", model, "Pipeline: a folder or the name of an installed package",
                     true);
  options.positional("data", data, "Annotated texts: .spacy, .jsonl or a folder of them", true);
  options.text("-o,--output", output, "File to write all scores to, as JSON");
  options.flag("--per-component", per_component, "Scores of each component by itself, as JSON");
  options.flag("--json", json, "Print all scores as one line of JSON");
}

int run_evaluation(Context& context, const EvaluationArguments& arguments) {
  const auto language = load_pipeline(context, arguments.model);
  const auto corpus = load_corpus(context, arguments.data, *language);
  const Json scores =
      evaluate(*language, corpus, {.per_component = arguments.per_component}, context.progress);
  if (!arguments.output.empty()) {
    write_file_atomically(context.env, arguments.output, to_json(scores, {.indent = 2}) + "\n",
                          0644);
  }
  if (arguments.json || arguments.per_component) {
    print_json(scores);
  } else {
    print_scores(scores);
    print_types(scores, "ents_per_type", "NER (per type)");
    print_types(scores, "cats_f_per_type", "Textcat F (per label)");
  }
  return kDone;
}

}  // namespace pawl::cli
