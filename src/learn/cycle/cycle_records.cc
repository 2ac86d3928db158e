#include <cmath>

#include "base/json.h"
#include "learn/cycle/cycle.h"
#include "learn/cycle/verdict_json.h"

namespace pawl::learn {
namespace {

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

Json scores_json(const CycleResult& result, bool incumbent) {
  Json out = Json::object();
  double accuracy = 0, precision = 0, recall = 0, f1 = 0;
  for (const HeadVerdict& v : result.verdicts) {
    const HeadScores& s = incumbent ? v.incumbent : v.candidate;
    const double share = 1.0 / static_cast<double>(result.verdicts.size());
    accuracy += share * s.accuracy;
    precision += share * s.precision;
    recall += share * s.recall;
    f1 += share * s.f1_score;
  }
  out["accuracy"] = rounded(accuracy);
  out["precision"] = rounded(precision);
  out["recall"] = rounded(recall);
  out["f1_score"] = rounded(f1);
  for (const auto& [head, key] :
       {std::pair{"intent", "intent_accuracy"}, std::pair{"sentiment", "sentiment_accuracy"},
        std::pair{"entities", "entity_accuracy"}}) {
    out[key] = nullptr;
    for (const HeadVerdict& v : result.verdicts) {
      if (v.head == head) out[key] = rounded((incumbent ? v.incumbent : v.candidate).accuracy);
    }
  }
  return out;
}

Json tests_json(const CycleResult& result) {
  Json tests = Json::array();
  const auto add = [&](const GateTest& t) {
    Json test = test_to_json(t);
    test["statistic"] = rounded(t.statistic);
    tests.push_back(std::move(test));
  };
  for (const HeadVerdict& v : result.verdicts) {
    for (const GateTest& t : v.tests) add(t);
  }
  for (const GateTest& t : result.overall) add(t);
  return tests;
}

Json labels_json(const CycleResult& result) {
  Json heads = Json::object();
  for (const HeadVerdict& v : result.verdicts) {
    Json labels = Json::object();
    for (const auto& [label, s] : v.per_label) {
      Json one = Json::object();
      one["support"] = static_cast<uint64_t>(s.support);
      one["incumbent_recall"] = rounded(s.incumbent_recall);
      one["candidate_recall"] = rounded(s.candidate_recall);
      labels[label] = std::move(one);
    }
    heads[v.head] = std::move(labels);
  }
  return heads;
}

Json heads_json(const CycleResult& result) {
  Json heads = Json::object();
  for (const HeadVerdict& v : result.verdicts) {
    Json head = Json::object();
    head["deployed"] = v.deploy;
    head["judged"] = v.judged;
    head["by_forerunners"] = static_cast<uint64_t>(v.by_forerunners);
    head["passed_threshold"] = v.passed_threshold;
    head["support"] = static_cast<uint64_t>(v.candidate.support);
    head["reason"] = v.reason;
    heads[v.head] = std::move(head);
  }
  return heads;
}

Json validation_json(const CycleResult& result) {
  if (result.verdicts.empty()) return nullptr;
  Json validation = scores_json(result, false);
  bool passed = true;
  for (const HeadVerdict& v : result.verdicts) passed = passed && v.passed_threshold;
  for (const GateTest& t : result.overall) passed = passed && t.passed;
  validation["passed_threshold"] = passed;
  validation["incumbent"] = scores_json(result, true);
  validation["tests"] = tests_json(result);
  validation["per_label"] = labels_json(result);
  validation["heads"] = heads_json(result);
  return validation;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json to_json_value(const CycleResult& result) {
  Json out = Json::object();
  out["cycle_id"] = result.cycle_id;
  out["tenant_id"] = result.tenant_id;
  out["status"] = result.status;
  out["started_at"] = format_time(result.started_at);
  out["finished_at"] = result.finished_at > 0 ? Json(format_time(result.finished_at)) : Json();
  out["data_collected"] = static_cast<uint64_t>(result.data_collected);
  out["examples_created"] = static_cast<uint64_t>(result.examples_created);
  out["training_success"] = result.training_success;
  out["validation"] = validation_json(result);
  out["model_improved"] = result.model_improved;
  out["generation"] = text_or_null(result.generation);
  out["backup_id"] = text_or_null(result.backup_id);
  out["rollback_performed"] = result.rollback_performed;
  out["resumed"] = result.resumed;
  out["tuning_is_due"] = result.tuning_is_due;
  out["reason"] = text_or_null(result.reason);
  out["error_message"] = text_or_null(result.error_message);
  out["curation"] = result.curation;
  out["candidates"] = result.candidates;
  if (!result.teacher.is_null()) out["teacher"] = result.teacher;
  Json timings = Json::object();
  for (const auto& [step, seconds] : result.timings) timings[step] = rounded(seconds);
  out["timings"] = std::move(timings);
  out["expected_seconds"] =
      result.expected_seconds ? Json(rounded(*result.expected_seconds)) : Json();
  return out;
}

}  // namespace pawl::learn
