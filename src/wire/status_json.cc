#include "wire/status_json.h"

#include <utility>

#include "base/env.h"
#include "wire/generation_json.h"

namespace pawl::wire {

Json to_json_value(const service::CycleView& cycle) {
  if (!cycle.result.empty()) return parse_json(cycle.result);
  Json running = Json::object();
  running["cycle_id"] = cycle.cycle_id;
  running["tenant_id"] = cycle.tenant_id;
  running["status"] = cycle.status;
  running["started_at"] = format_time(cycle.started_at);
  return running;
}

Json to_json_value(const service::Status& status) {
  Json out = Json::object();
  out["tenant_id"] = status.tenant_id;
  out["live_generation"] = status.live.generation;
  out["live_since"] = format_time(status.live.since);
  out["live_reason"] = status.live.reason;
  out["live_phase"] = status.live.rollout.phase.empty() ? Json() : Json(status.live.rollout.phase);
  out["rollout"] = to_json_value(status.live.rollout);
  out["shadow_generation"] = status.shadowing.empty() ? Json() : Json(status.shadowing);
  if (!status.shadowing.empty()) out["shadow_rollout"] = to_json_value(status.shadow);
  out["total_cycles"] = status.total_cycles;
  out["successful_cycles"] = status.successful_cycles;
  out["failed_cycles"] = status.failed_cycles;
  out["skipped_cycles"] = status.skipped_cycles;
  out["model_improvements"] = status.model_improvements;
  out["average_training_time"] = status.average_training_seconds;
  out["average_training_time_unit"] = "seconds";
  const auto& recent = status.recent_cycles;
  out["last_cycle"] = recent.empty() ? Json() : to_json_value(recent.front());
  Json shown = Json::array();
  for (const auto& cycle : recent) shown.push_back(to_json_value(cycle));
  out["recent_cycles"] = std::move(shown);
  out["turns"] = status.turns;
  Json damaged = Json::array();
  for (const QuarantineRecord& item : status.damaged)
    damaged.push_back(Json::Object{{"row", item.subject}, {"what", item.reason}});
  out["damaged_rows"] = std::move(damaged);
  Json counters = Json::object();
  for (const auto& [name, value] : status.counters) counters[name] = value;
  out["counters"] = std::move(counters);
  out["settings"] = status.settings.to_json();
  return out;
}

}  // namespace pawl::wire
