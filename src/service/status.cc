#include "service/status.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "learn/data/damage.h"
#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

constexpr size_t kRecent = 10;
constexpr size_t kLooked = 1000;  // cycles that sums are taken over

double train_seconds(const Json& result) {
  const Json* timings = result.find("timings");
  const Json* train = timings != nullptr && timings->is_object() ? timings->find("train") : nullptr;
  return train != nullptr && train->is_number() ? train->as_double() : 0;
}

std::string text_in(const Json& object, const char* key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

CycleView view_of(const CycleRecord& cycle) {
  CycleView view;
  view.cycle_id = cycle.cycle_id;
  view.tenant_id = cycle.tenant_id;
  view.status = cycle.status;
  view.started_at = cycle.started_at;
  view.finished_at = cycle.finished_at;
  view.reason = cycle.reason;
  view.generation = cycle.generation_id;
  const Json result = readable_json(cycle.result);
  if (!result.is_object() || result.find("cycle_id") == nullptr) return view;
  view.result = cycle.result;
  const Json* improved = result.find("model_improved");
  view.model_improved = improved != nullptr && improved->is_bool() && improved->as_bool();
  view.training_seconds = train_seconds(result);
  view.reason = text_in(result, "reason");
  view.generation = text_in(result, "generation");
  return view;
}

RolloutView rollout_of(Transaction& t, const std::string& tenant, const std::string& generation,
                       bool live) {
  const auto record = t.generation(tenant, generation);
  if (!record) return {};
  return rollout_view(learn::read_rollout(t, tenant, generation), *record, live);
}

uint64_t count_of(const std::map<std::string, int64_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found != counts.end() ? static_cast<uint64_t>(found->second) : 0;
}

void add_cycles(Status& status, const std::vector<CycleRecord>& recent) {
  uint64_t trained = 0;
  double seconds = 0;
  for (const CycleRecord& cycle : recent) {
    CycleView view = view_of(cycle);
    status.model_improvements += view.model_improved;
    if (view.training_seconds > 0) seconds += view.training_seconds, ++trained;
    if (status.recent_cycles.size() < kRecent) status.recent_cycles.push_back(std::move(view));
  }
  if (trained > 0) status.average_training_seconds = seconds / static_cast<double>(trained);
}

}  // namespace

Status Tenant::status() const {
  auto transaction = engine_->store().begin_read();
  const auto live = transaction->live(id_);
  if (!live) fail_without_generation(id_);
  Status status;
  status.tenant_id = id_;
  status.live = {live->generation_id, live->reason, live->at,
                 rollout_of(*transaction, id_, live->generation_id, true)};
  status.shadowing = learn::shadowing_id(*transaction, id_);
  if (!status.shadowing.empty())
    status.shadow = rollout_of(*transaction, id_, status.shadowing, false);
  const auto counts = transaction->count_cycles(id_);
  for (const auto& [name, count] : counts) status.total_cycles += static_cast<uint64_t>(count);
  status.successful_cycles = count_of(counts, "completed");
  status.failed_cycles = count_of(counts, "failed");
  status.skipped_cycles = count_of(counts, "skipped");
  add_cycles(status, transaction->recent_cycles(id_, kLooked));
  status.turns = static_cast<uint64_t>(transaction->count_turns(id_, {}));
  for (QuarantineRecord& item : transaction->quarantine(id_, false)) {
    if (item.kind == learn::kDamagedKind) status.damaged.push_back(std::move(item));
  }
  status.counters = transaction->counters(id_);
  status.settings = engine_->settings();
  return status;
}

std::vector<CycleView> Tenant::cycles(size_t limit) const {
  require();
  const auto rows =
      read_from(engine_->store(), [&](Transaction& t) { return t.recent_cycles(id_, limit); });
  std::vector<CycleView> out;
  for (const CycleRecord& row : rows) out.push_back(view_of(row));
  return out;
}

CycleView Tenant::cycle(const std::string& cycle_id) const {
  require();
  const auto row =
      read_from(engine_->store(), [&](Transaction& t) { return t.cycle(id_, cycle_id); });
  if (row) return view_of(*row);
  throw Error(ErrorKind::kNotFound,
              "there is no cycle \"" + cycle_id + "\"; 'pawl status' lists the newest");
}

}  // namespace pawl::service
