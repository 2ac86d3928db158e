#include "learn/cycle/verdict_json.h"

namespace pawl::learn {
namespace {

Json scores_to_json(const HeadScores& s) {
  return Json::Object{{"accuracy", s.accuracy},
                      {"precision", s.precision},
                      {"recall", s.recall},
                      {"f1_score", s.f1_score},
                      {"support", static_cast<uint64_t>(s.support)}};
}

HeadScores scores_from_json(const Json& json) {
  HeadScores s;
  s.accuracy = json.at("accuracy").as_double();
  s.precision = json.at("precision").as_double();
  s.recall = json.at("recall").as_double();
  s.f1_score = json.at("f1_score").as_double();
  s.support = json.at("support").as_uint();
  return s;
}

GateTest test_from_json(const Json& json) {
  GateTest test{.name = json.at("name").as_string(),
                .statistic = json.at("statistic").as_double(),
                .p_value = json.at("p_value").as_double(),
                .passed = json.at("passed").as_bool()};
  if (const Json* bound = json.find("bound")) test.bound = bound->as_double();
  if (const Json* raw = json.find("uncorrected_p_value")) test.uncorrected = raw->as_double();
  if (const Json* gained = json.find("gained"))
    test.counts = Discordant{gained->as_uint(), json.at("lost").as_uint()};
  return test;
}

}  // namespace

Json test_to_json(const GateTest& test) {
  Json out = Json::Object{{"name", test.name},
                          {"statistic", test.statistic},
                          {"p_value", test.p_value},
                          {"passed", test.passed}};
  if (test.bound) out["bound"] = *test.bound;
  if (test.uncorrected) out["uncorrected_p_value"] = *test.uncorrected;
  if (test.counts) {
    out["gained"] = static_cast<uint64_t>(test.counts->gained);
    out["lost"] = static_cast<uint64_t>(test.counts->lost);
  }
  return out;
}

Json verdict_to_json(const HeadVerdict& v) {
  Json tests = Json::array(), labels = Json::object();
  for (const GateTest& t : v.tests) tests.push_back(test_to_json(t));
  for (const auto& [label, s] : v.per_label) {
    labels[label] = Json::Object{{"support", static_cast<uint64_t>(s.support)},
                                 {"incumbent_recall", s.incumbent_recall},
                                 {"candidate_recall", s.candidate_recall}};
  }
  return Json::Object{{"head", v.head},
                      {"deploy", v.deploy},
                      {"by_forerunners", static_cast<uint64_t>(v.by_forerunners)},
                      {"judged", v.judged},
                      {"attempt", static_cast<uint64_t>(v.attempt)},
                      {"passed_threshold", v.passed_threshold},
                      {"reason", v.reason},
                      {"incumbent", scores_to_json(v.incumbent)},
                      {"candidate", scores_to_json(v.candidate)},
                      {"tests", std::move(tests)},
                      {"per_label", std::move(labels)}};
}

HeadVerdict verdict_from_json(const Json& json) {
  HeadVerdict v;
  v.head = json.at("head").as_string();
  v.deploy = json.at("deploy").as_bool();
  v.by_forerunners = json.at("by_forerunners").as_uint();
  v.judged = json.at("judged").as_bool();
  v.passed_threshold = json.at("passed_threshold").as_bool();
  v.reason = json.at("reason").as_string();
  v.incumbent = scores_from_json(json.at("incumbent"));
  v.candidate = scores_from_json(json.at("candidate"));
  if (const Json* attempt = json.find("attempt")) v.attempt = attempt->as_uint();
  for (const Json& t : json.at("tests").as_array()) v.tests.push_back(test_from_json(t));
  for (const auto& [label, s] : json.at("per_label").as_object()) {
    v.per_label[label] = {s.at("support").as_uint(), s.at("incumbent_recall").as_double(),
                          s.at("candidate_recall").as_double()};
  }
  return v;
}

}  // namespace pawl::learn
