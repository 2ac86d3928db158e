#include <algorithm>

#include "service/workspace.h"

namespace pawl::service {
namespace {

Json result_of(const CycleRecord& cycle) {
  Json result = parse_json(cycle.result);
  if (result.is_object() && result.find("cycle_id") != nullptr) return result;
  Json running = Json::object();
  running["cycle_id"] = cycle.cycle_id;
  running["tenant_id"] = cycle.tenant_id;
  running["status"] = cycle.status;
  running["started_at"] = format_time(cycle.started_at);
  return running;
}

double train_seconds(const Json& result) {
  const Json* timings = result.find("timings");
  const Json* train = timings != nullptr && timings->is_object() ? timings->find("train") : nullptr;
  return train != nullptr ? train->as_double() : 0;
}

uint64_t count_of(const std::map<std::string, int64_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found != counts.end() ? static_cast<uint64_t>(found->second) : 0;
}

}  // namespace

Json Workspace::status() {
  constexpr size_t kRecent = 10;
  require_tenant();
  auto transaction = store_->begin_read();
  const auto counts = transaction->count_cycles(options_.tenant);
  const auto recent = transaction->recent_cycles(options_.tenant, 1000);
  const auto live = transaction->live(options_.tenant);
  uint64_t total = 0, improvements = 0, trained = 0;
  double seconds = 0;
  for (const auto& [status, count] : counts) total += static_cast<uint64_t>(count);
  Json shown = Json::array();
  for (const CycleRecord& cycle : recent) {
    const Json result = result_of(cycle);
    const Json* improved = result.find("model_improved");
    improvements += improved != nullptr && improved->as_bool();
    if (const double s = train_seconds(result); s > 0) seconds += s, ++trained;
    if (shown.as_array().size() < kRecent) shown.push_back(result);
  }
  Json out = Json::object();
  out["tenant_id"] = options_.tenant;
  out["live_generation"] = live ? Json(live->generation_id) : Json();
  out["live_since"] = live ? Json(format_time(live->at)) : Json();
  out["live_reason"] = live ? Json(live->reason) : Json();
  out["total_cycles"] = total;
  out["successful_cycles"] = count_of(counts, "completed");
  out["failed_cycles"] = count_of(counts, "failed");
  out["skipped_cycles"] = count_of(counts, "skipped");
  out["model_improvements"] = improvements;
  out["average_training_time"] = trained > 0 ? seconds / static_cast<double>(trained) : 0.0;
  out["last_cycle"] = recent.empty() ? Json() : result_of(recent.front());
  out["recent_cycles"] = std::move(shown);
  out["turns"] = static_cast<uint64_t>(transaction->count_turns(options_.tenant, {}));
  Json counters = Json::object();
  for (const auto& [name, value] : transaction->counters(options_.tenant)) counters[name] = value;
  out["counters"] = std::move(counters);
  out["settings"] = options_.settings.to_json();
  return out;
}

}  // namespace pawl::service
