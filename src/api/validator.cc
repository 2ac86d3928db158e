#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "api/values.h"
#include "base/error.h"
#include "pawl/learner.h"

namespace pawl::v1 {
namespace {

struct Counts {
  double gold = 0, predicted = 0, right = 0;
};

// Of one head: share that is right, and macro averages over the labels that examples have.
struct Figures {
  double accuracy = 0, precision = 0, recall = 0, f1_score = 0;
};

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double f_score(double precision, double recall) {
  return ratio(2 * precision * recall, precision + recall);
}

Figures figures_of_labels(const std::vector<std::pair<std::string, std::string>>& outcomes) {
  std::map<std::string, Counts> counts;
  double right = 0;
  for (const auto& [gold, predicted] : outcomes) {
    ++counts[gold].gold;
    ++counts[predicted].predicted;
    if (gold != predicted) continue;
    ++counts[gold].right;
    ++right;
  }
  Figures out;
  double labels = 0;
  for (const auto& [label, c] : counts) {
    if (c.gold == 0) continue;
    ++labels;
    const double precision = ratio(c.right, c.predicted), recall = ratio(c.right, c.gold);
    out.precision += precision;
    out.recall += recall;
    out.f1_score += f_score(precision, recall);
  }
  out.accuracy = ratio(right, static_cast<double>(outcomes.size()));
  out.precision /= labels;
  out.recall /= labels;
  out.f1_score /= labels;
  return out;
}

using Spans = std::set<std::tuple<int64_t, int64_t, std::string>>;

Figures figures_of_spans(const std::vector<std::pair<Spans, Spans>>& outcomes) {
  Counts counts;
  for (const auto& [gold, predicted] : outcomes) {
    counts.gold += static_cast<double>(gold.size());
    counts.predicted += static_cast<double>(predicted.size());
    for (const auto& span : predicted) counts.right += gold.contains(span);
  }
  Figures out;
  out.precision = ratio(counts.right, counts.predicted);
  out.recall = ratio(counts.right, counts.gold);
  out.f1_score = out.accuracy = f_score(out.precision, out.recall);
  return out;
}

// Pairs of what examples say and what the model says, for each head that examples know.
struct Outcomes {
  std::vector<std::pair<std::string, std::string>> intent, sentiment;
  std::vector<std::pair<Spans, Spans>> entities;

  void add(const TrainingExample& example, const Analysis& analysis) {
    if (example.expected_intent) intent.emplace_back(*example.expected_intent, analysis.intent);
    if (example.expected_sentiment)
      sentiment.emplace_back(*example.expected_sentiment, analysis.sentiment);
    if (!example.expected_entities) return;
    auto& [gold, predicted] = entities.emplace_back();
    for (const auto& e : *example.expected_entities) gold.emplace(e.start, e.end, e.label);
    for (const auto& e : analysis.entities) predicted.emplace(e.start, e.end, e.label);
  }

  ValidationScores scores() const {
    ValidationScores out;
    std::vector<Figures> heads;
    if (!intent.empty())
      out.intent_accuracy = heads.emplace_back(figures_of_labels(intent)).accuracy;
    if (!sentiment.empty())
      out.sentiment_accuracy = heads.emplace_back(figures_of_labels(sentiment)).accuracy;
    if (!entities.empty())
      out.entity_accuracy = heads.emplace_back(figures_of_spans(entities)).accuracy;
    const double share = 1.0 / static_cast<double>(heads.size());
    for (const Figures& head : heads) {
      out.accuracy += share * head.accuracy;
      out.precision += share * head.precision;
      out.recall += share * head.recall;
      out.f1_score += share * head.f1_score;
    }
    return out;
  }
};

}  // namespace

SettingsGroup ModelValidator::validation_thresholds() const {
  return SettingsGroup(engine_, "validation");
}

ValidationResult ModelValidator::validate(std::span<const TrainingExample> examples,
                                          std::string_view tenant) const {
  std::vector<std::string> texts;
  for (const auto& example : examples) texts.push_back(example.text);
  const auto analyses = engine_.analyze(texts, tenant);
  Outcomes outcomes;
  for (size_t i = 0; i < examples.size(); ++i) outcomes.add(examples[i], analyses[i]);
  if (outcomes.intent.empty() && outcomes.sentiment.empty() && outcomes.entities.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "no example says an intent, a sentiment or entities; there is nothing to measure");
  }
  ValidationResult result;
  static_cast<ValidationScores&>(result) = result.incumbent = outcomes.scores();
  const auto passes = [&](const char* setting, const std::optional<double>& value) {
    return !value || *value >= std::get<double>(engine_.setting(setting));
  };
  result.passed_threshold = passes("validation.accuracy", result.accuracy) &&
                            passes("validation.intent_accuracy", result.intent_accuracy) &&
                            passes("validation.sentiment_accuracy", result.sentiment_accuracy) &&
                            passes("validation.entity_accuracy", result.entity_accuracy);
  return result;
}

}  // namespace pawl::v1
