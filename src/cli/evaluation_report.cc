#include "cli/evaluation_report.h"

#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "cli/pipeline_options.h"
#include "cli/streams.h"
#include "training/evaluate.h"

namespace pawl::cli {
namespace {

// spaCy's rows, in its order; KEY stands for the group of spans that --spans-key names.
constexpr std::pair<const char*, const char*> kRows[] = {
    {"TOK", "token_acc"},      {"TAG", "tag_acc"},        {"POS", "pos_acc"},
    {"MORPH", "morph_acc"},    {"LEMMA", "lemma_acc"},    {"UAS", "dep_uas"},
    {"LAS", "dep_las"},        {"NER P", "ents_p"},       {"NER R", "ents_r"},
    {"NER F", "ents_f"},       {"TEXTCAT", "cats_score"}, {"SENT P", "sents_p"},
    {"SENT R", "sents_r"},     {"SENT F", "sents_f"},     {"SPAN P", "spans_KEY_p"},
    {"SPAN R", "spans_KEY_r"}, {"SPAN F", "spans_KEY_f"}, {"SPEED", "speed"}};

constexpr std::pair<const char*, const char*> kTypeTables[] = {
    {"morph_per_feat", "MORPH (per feat)"},
    {"dep_las_per_type", "LAS (per type)"},
    {"ents_per_type", "NER (per type)"},
    {"spans_KEY_per_type", "SPANS (per type)"},
    {"cats_f_per_type", "Textcat F (per label)"}};

std::string key_of(std::string_view key, const std::string& spans_key) {
  const size_t at = key.find("KEY");
  std::string out(key);
  return at == std::string_view::npos ? out : out.replace(at, 3, spans_key);
}

std::string percent(const Json& value, const char* format = "%.2f") {
  if (!value.is_number()) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value.as_double() * 100);
  return buffer;
}

void print_scores(const Json& scores, const std::string& spans_key) {
  print_line("");
  print_line("================================== Results ==================================");
  print_line("");
  for (const auto& [title, key] : kRows) {
    const Json* value = scores.find(key_of(key, spans_key));
    if (!value) continue;
    char line[96];
    const bool speed = std::string_view(key) == "speed";
    const std::string shown = speed && value->is_number()
                                  ? std::to_string(static_cast<int64_t>(value->as_double()))
                                  : percent(*value);
    const Json* kind =
        std::string_view(title) == "TEXTCAT" ? scores.find("cats_score_desc") : nullptr;
    const std::string name =
        kind && kind->is_string() ? "TEXTCAT (" + kind->as_string() + ")" : title;
    std::snprintf(line, sizeof line, "%-20s %s", name.c_str(), shown.c_str());
    print_line(line);
  }
}

void print_types(const Json& scores, const std::string& key, const char* title) {
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

void print_areas(const Json& scores) {
  const Json* areas = scores.find("cats_auc_per_type");
  if (!areas || !areas->is_object() || areas->as_object().empty()) return;
  size_t width = 0;
  for (const auto& [label, area] : areas->as_object()) width = std::max(width, label.size());
  print_line("");
  print_line("Textcat ROC AUC (per label)");
  print_line("");
  print_line(std::string(width, ' ') + "   ROC AUC");
  for (const auto& [label, area] : areas->as_object()) {
    char number[32] = "None";
    if (area.is_number()) std::snprintf(number, sizeof number, "%.2f", area.as_double());
    char line[48];
    std::snprintf(line, sizeof line, "   %7s", number);
    print_line(label + std::string(width - label.size(), ' ') + line);
  }
}

}  // namespace

void EvaluationArguments::declare(Options& options) {
  options.positional("model", model, "Pipeline: a folder or the name of an installed package",
                     true);
  options.positional("data", data, "Annotated texts: .spacy, .jsonl or a folder of them", true);
  options.text("-o,--output", output, "File to write all scores to, as JSON");
  options.text("--spans-key", spans_key, "Group of spans whose scores are shown");
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
    print_scores(scores, arguments.spans_key);
    for (const auto& [key, title] : kTypeTables)
      print_types(scores, key_of(key, arguments.spans_key), title);
    print_areas(scores);
  }
  return kDone;
}

}  // namespace pawl::cli
