// The driver: the row of steps, what is settled, and what a resumed run knows of it.
#include <chrono>

#include "learn/cycle/run.h"

namespace pawl::learn {
namespace {

constexpr const char* kSettled = "settled";  // in the payload: seconds by step

}  // namespace

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What the steps before settled, as far as the result tells of it.
void LearningCycle::Run::recall() {
  const auto text = [&](const char* key) {
    const Json* value = payload.find(key);
    return value != nullptr ? value->as_string() : std::string();
  };
  const auto count = [&](const char* key) {
    const Json* value = payload.find(key);
    return value != nullptr ? static_cast<size_t>(value->as_uint()) : size_t{0};
  };
  if (live_id.empty()) live_id = text("live");
  result.data_collected = count("data_collected");
  result.examples_created = count("examples_created");
  const Json* tried = payload.find("candidates");
  result.training_success = tried != nullptr && !tried->as_object().empty();
  result.tuning_is_due = payload.find(kTuningIsDue) != nullptr;
  if (const Json* expected = payload.find("expected_seconds"))
    result.expected_seconds = expected->as_double();
  result.reason = text("reason");
  result.rollback_performed = payload.find("rollback_performed") != nullptr;
  result.generation = text("generation");
  result.backup_id = text("backup_id");
  if (result.verdicts.empty() && is_settled("judge")) {
    result.verdicts = judgement_of(cycle.store_, record);
    result.overall = hold_to_bars(result.verdicts, settings().bars);
  }
}

bool LearningCycle::Run::is_settled(const std::string& step) const {
  const Json* settled = payload.find(kSettled);
  return settled != nullptr && settled->find(step) != nullptr;
}

std::vector<LearningCycle::Run::Step> LearningCycle::Run::steps() {
  std::vector<Step> all;
  if (settings().teacher.enabled && !request.tune)
    all.push_back({"teach", "collecting_data", "teach", [this] { teach(); },
                   // What the teacher said is looked at by this cycle.
                   [this](Transaction& t) { record.to_sequence = t.high_water(tenant()); }});
  const Step first[] = {
      {"load", "collecting_data", "load", [this] { load(); }},
      {"curate", "preprocessing", "preprocess", [this] { preprocess(); }},
  };
  all.insert(all.end(), std::begin(first), std::end(first));
  for (const Head head : all_heads()) {
    const std::string name(head_name(head));
    all.push_back({"train." + name, "training", "train", [this, head] { train(head); }});
    all.push_back(
        {"forerunner." + name, "training", "train", [this, head] { try_forerunners(head); }});
  }
  all.push_back({"judge", "validating", "validate", [this] { validate(); },
                 [this](Transaction& t) {
                   set_aside_harmful(t);
                   keep_what_waits(t);
                   keep_judgement(t, record, result.verdicts, payload);
                 }});
  all.push_back({"publish", "validating", "deploy", [this] { publish(); }});
  all.push_back({"shadow", "validating", "shadow", [this] { shadow(); },
                 [this](Transaction& t) { keep_shadow(t); }});
  all.push_back({"activate", "validating", "deploy", [this] { switch_live(); },
                 [this](Transaction& t) { keep_rollout(t); }});
  return all;
}

void LearningCycle::Run::settle(const Step& step, double seconds) {
  if (payload.find(kSettled) == nullptr) payload[kSettled] = Json::object();
  payload[kSettled][step.name] = seconds;
  payload["starts"] = int64_t{1};
  write([&](Transaction& t) {
    if (step.rows) step.rows(t);
    record.payload = to_json(payload);
    t.put_cycle(record);
  });
  if (request.settled) request.settled(step.name);
}

void LearningCycle::Run::run_steps() {
  for (const Step& step : steps()) {
    if (!is_settled(step.name)) {
      begin_step(step.status);
      const auto start = std::chrono::steady_clock::now();
      step.run();
      recall();
      settle(step, seconds_since(start));
    }
    result.timings[step.timing] += payload.at(kSettled).at(step.name).as_double();
  }
}

}  // namespace pawl::learn
