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

}  // namespace

Json verdict_to_json(const HeadVerdict& v) {
  Json tests = Json::array(), labels = Json::object();
  for (const GateTest& t : v.tests) {
    tests.push_back(Json::Object{{"name", t.name},
                                 {"statistic", t.statistic},
                                 {"p_value", t.p_value},
                                 {"passed", t.passed}});
  }
  for (const auto& [label, s] : v.per_label) {
    labels[label] = Json::Object{{"support", static_cast<uint64_t>(s.support)},
                                 {"incumbent_recall", s.incumbent_recall},
                                 {"candidate_recall", s.candidate_recall}};
  }
  return Json::Object{{"head", v.head},
                      {"deploy", v.deploy},
                      {"by_forerunners", static_cast<uint64_t>(v.by_forerunners)},
                      {"judged", v.judged},
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
  for (const Json& t : json.at("tests").as_array()) {
    v.tests.push_back({t.at("name").as_string(), t.at("statistic").as_double(),
                       t.at("p_value").as_double(), t.at("passed").as_bool()});
  }
  for (const auto& [label, s] : json.at("per_label").as_object()) {
    v.per_label[label] = {s.at("support").as_uint(), s.at("incumbent_recall").as_double(),
                          s.at("candidate_recall").as_double()};
  }
  return v;
}

}  // namespace pawl::learn
