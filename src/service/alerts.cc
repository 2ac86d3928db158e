#include "service/alerts.h"

#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "service/memory.h"

namespace pawl::service {
namespace {

constexpr size_t kRecent = 10;  // cycles that the share of failures is of
constexpr int64_t kHour = int64_t{3600} * 1'000'000;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kUsualDays = 14;     // that tell what is usual
constexpr int64_t kEnoughTurns = 50;   // for a share of corrections to mean something
constexpr double kClearlyMore = 0.05;  // shares are compared with

// Whether a cycle trained and none of its candidates was good enough.
bool refused(const CycleRecord& cycle) {
  if (cycle.status != "completed") return false;
  const Json result = readable_json(cycle.result);
  const Json* trained = result.is_object() ? result.find("training_success") : nullptr;
  const Json* improved = result.is_object() ? result.find("model_improved") : nullptr;
  return trained != nullptr && trained->is_bool() && trained->as_bool() && improved != nullptr &&
         improved->is_bool() && !improved->as_bool();
}

// How many of the newest finished cycles in a row were refused.
int64_t refused_in_row(const std::vector<CycleRecord>& cycles) {
  int64_t row = 0;
  for (const CycleRecord& cycle : cycles) {
    if (!cycle.finished_at || cycle.status == "skipped") continue;
    if (!refused(cycle)) break;
    ++row;
  }
  return row;
}

// Of the turns that arrived within the spans the share that was corrected, nothing when they are
// too few.
std::optional<double> correction_share(const std::vector<ActivityRecord>& spans, int64_t from,
                                       int64_t to) {
  int64_t turns = 0, corrections = 0;
  for (const ActivityRecord& span : spans) {
    if (span.from < from || span.from >= to) continue;
    turns += span.turns;
    corrections += span.corrections;
  }
  if (turns < kEnoughTurns) return std::nullopt;
  return static_cast<double>(corrections) / static_cast<double>(turns);
}

std::string percent(double share) {
  return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

}  // namespace

Alerts::Alerts(Engine& engine, std::function<ProcessFacts()> facts,
               std::function<void(const Alert&)> tell)
    : engine_(engine), facts_(std::move(facts)), tell_(std::move(tell)) {}

void Alerts::check() {
  const std::scoped_lock alone(checking_);
  std::vector<Finding> findings;
  const int64_t now = engine_.env().now_micros();
  const bool verify = now - trails_verified_at_ > kHour;
  if (verify) trails_verified_at_ = now;
  for (const std::string& tenant : engine_.tenants()) {
    if (verify) {
      trail_broken_[tenant] = read_from(engine_.store(), [&](Transaction& t) {
                                return t.verify_events(tenant);
                              }).has_value();
    }
    look_at_tenant(tenant, findings);
  }
  look_at_machine(findings);
  for (const Finding& finding : findings) settle(finding);
}

void Alerts::look_at_tenant(const std::string& tenant, std::vector<Finding>& findings) {
  const Settings settings = engine_.settings();
  const auto cycles =
      read_from(engine_.store(), [&](Transaction& t) { return t.recent_cycles(tenant, kRecent); });
  size_t finished = 0, failed = 0;
  for (const CycleRecord& cycle : cycles) {
    finished += cycle.finished_at.has_value() && cycle.status != "skipped";
    failed += cycle.status == "failed";
  }
  const double share =
      finished > 0 ? static_cast<double>(failed) / static_cast<double>(finished) : 0;
  findings.push_back({"failed_cycles", tenant, percent(share) + " of the last cycles failed",
                      share > settings.number("alerts.failed_share")});
  const auto newest = std::find_if(cycles.begin(), cycles.end(),
                                   [](const CycleRecord& c) { return c.finished_at.has_value(); });
  const bool rolled_back = newest != cycles.end() && newest->status == "rolled_back";
  findings.push_back(
      {"rolled_back", tenant, "the last cycle's generation was taken back", rolled_back});
  const int64_t row = settings.integer("alerts.refused_cycles");
  const int64_t refused_now = refused_in_row(cycles);
  findings.push_back({"refused", tenant,
                      "no candidate of the last " + std::to_string(refused_now) +
                          " cycles was better than the live model",
                      row > 0 && refused_now >= row});
  findings.push_back({"audit_chain", tenant,
                      "the audit trail's hashes do not fit: events were changed",
                      trail_broken_[tenant]});
  look_at_feedback(tenant, findings);
}

void Alerts::look_at_feedback(const std::string& tenant, std::vector<Finding>& findings) {
  const Settings settings = engine_.settings();
  const int64_t now = engine_.env().now_micros(), yesterday = now - kDay;
  const auto spans = read_from(engine_.store(), [&](Transaction& t) {
    return t.activity(tenant, yesterday - kUsualDays * kDay, kHour);
  });
  const auto share = correction_share(spans, yesterday, now);
  const auto usual = correction_share(spans, 0, yesterday);
  const double most = settings.number("alerts.correction_share");
  const double times = settings.number("alerts.correction_times");
  const bool many = share && most > 0 && *share > most;
  const bool unusual =
      share && usual && times > 0 && *share > times * *usual && *share > *usual + kClearlyMore;
  findings.push_back({"corrections", tenant,
                      percent(share.value_or(0)) + " of the last day's turns were corrected" +
                          (usual ? ", of the days before " + percent(*usual) : ""),
                      many || unusual});
  const double hours = settings.number("alerts.no_feedback_hours");
  if (hours <= 0) return;
  const auto turns = read_from(
      engine_.store(), [&](Transaction& t) { return t.recent_turns(tenant, INT64_MAX, "", 200); });
  int64_t latest = 0;
  for (const TurnBundle& turn : turns) {
    for (const FeedbackRecord& feedback : turn.feedback)
      latest = std::max(latest, feedback.received_at);
  }
  const auto age =
      static_cast<double>(engine_.env().now_micros() - latest) / static_cast<double>(kHour);
  findings.push_back({"no_feedback", tenant, "no feedback arrived within alerts.no_feedback_hours",
                      !turns.empty() && age > hours});
}

void Alerts::look_at_machine(std::vector<Finding>& findings) {
  const Settings settings = engine_.settings();
  std::error_code error;
  const auto space = std::filesystem::space(engine_.folder(), error);
  const auto free_mb = static_cast<int64_t>(space.available >> 20);
  findings.push_back({"disk_low", "",
                      std::to_string(free_mb) + " MiB are free on the workspace's disk",
                      !error && free_mb < settings.integer("alerts.min_free_disk_mb")});
  const ProcessFacts facts = facts_();
  std::string resting;
  for (const std::string& name : facts.resting_upstreams)
    resting += (resting.empty() ? "" : ", ") + name;
  findings.push_back({"upstream_failing", "", "upstreams that fail: " + resting, !resting.empty()});
}

// Only a change is told.
void Alerts::settle(const Finding& finding) {
  Alert alert;
  {
    const std::scoped_lock lock(mutex_);
    Alert& state = states_[finding.rule + "\n" + finding.tenant];
    const bool changed = state.firing != finding.firing;
    if (finding.firing || changed) state.message = finding.message;
    if (!changed) return;
    state.rule = finding.rule;
    state.tenant = finding.tenant;
    state.firing = finding.firing;
    state.since = engine_.env().now_micros();
    alert = state;
  }
  tell_(alert);
  if (!engine_.settings().flag("alerts.to_memory") || alert.tenant.empty()) return;
  store_memory(engine_, alert.tenant,
               {.content = std::string(alert.firing ? "alert" : "recovered") + ": " + alert.message,
                .user_id = "",
                .memory_type = "insight",
                .tags = {"alert", alert.rule},
                .ai_generated = true});
}

std::vector<Alert> Alerts::firing() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Alert> alerts;
  for (const auto& [key, state] : states_) {
    if (state.firing) alerts.push_back(state);
  }
  return alerts;
}

}  // namespace pawl::service
