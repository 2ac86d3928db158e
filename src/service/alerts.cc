#include "service/alerts.h"

#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "service/memory.h"

namespace pawl::service {
namespace {

constexpr size_t kRecent = 10;  // cycles that the share of failures is of
constexpr int64_t kHour = int64_t{3600} * 1'000'000;
constexpr uint64_t kEnoughTurns = 50;  // for a share of corrections to mean something

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
  findings.push_back({"audit_chain", tenant,
                      "the audit trail's hashes do not fit: events were changed",
                      trail_broken_[tenant]});
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
  const double most = settings.number("alerts.correction_share");
  const double share = facts.turns >= kEnoughTurns ? static_cast<double>(facts.corrections) /
                                                         static_cast<double>(facts.turns)
                                                   : 0;
  findings.push_back({"corrections", "", percent(share) + " of the answers were corrected",
                      most > 0 && share > most});
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
