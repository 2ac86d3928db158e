#include "learn/deploy/live_pointer.h"

#include <algorithm>
#include <set>

#include "base/json.h"

namespace pawl::learn {
namespace {

// The generation and its ancestors, as far as they are known; the nearest first.
std::vector<GenerationRecord> line_of(Transaction& tx, std::string_view tenant,
                                      const std::string& generation_id) {
  std::vector<GenerationRecord> line;
  std::set<std::string> seen;  // damaged rows must not lead in circles
  std::string next = generation_id;
  while (!next.empty() && seen.insert(next).second) {
    auto record = tx.generation(tenant, next);
    if (!record) break;
    next = record->parent_id;
    line.push_back(*std::move(record));
  }
  return line;
}

}  // namespace

std::string live_id(Transaction& tx, std::string_view tenant) {
  const auto live = tx.live(tenant);
  return live ? live->generation_id : "";
}

bool is_rejected(Transaction& tx, std::string_view tenant, const std::string& generation_id) {
  const auto line = line_of(tx, tenant, generation_id);
  return std::any_of(line.begin(), line.end(),
                     [](const GenerationRecord& record) { return !record.rejected.empty(); });
}

void set_live(Transaction& tx, const std::string& tenant, const LiveChange& change, int64_t now) {
  const std::string previous = live_id(tx, tenant);
  tx.set_live({.tenant_id = tenant,
               .generation_id = change.generation_id,
               .previous_id = previous,
               .kind = change.kind,
               .reason = change.reason,
               .cycle_id = change.cycle_id,
               .at = now});
  EventRecord event;
  event.tenant_id = tenant;
  event.at = now;
  event.actor = "pawl";
  event.kind = "generation.live";
  event.subject = change.generation_id;
  Json details = Json::Object{
      {"kind", change.kind}, {"previous", previous}, {"cycle", change.cycle_id}};
  // A person's own words. Those of a cycle name labels, which are what users said.
  if (change.kind == "rollback") details["reason"] = change.reason;
  event.details = to_json(details);
  tx.add_event(event);
}

void reject_line(Transaction& tx, std::string_view tenant, const std::string& from,
                 const std::string& to, const std::string& why) {
  const auto kept = line_of(tx, tenant, to);
  std::set<std::string> kept_ids;
  for (GenerationRecord record : kept) {
    kept_ids.insert(record.generation_id);
    if (record.rejected.empty()) continue;
    record.rejected.clear();
    tx.put_generation(record);
  }
  for (GenerationRecord record : line_of(tx, tenant, from)) {
    if (kept_ids.contains(record.generation_id)) break;
    record.rejected = why;
    tx.put_generation(record);
  }
}

std::vector<GenerationRecord> answering_order(Transaction& tx, std::string_view tenant,
                                              const LiveRecord& live) {
  std::vector<GenerationRecord> order;
  std::set<std::string> listed;
  const auto list = [&](GenerationRecord record) {
    const bool usable = record.generation_id == live.generation_id ||
                        (record.rejected.empty() && record.state != "unusable");
    if (usable && listed.insert(record.generation_id).second) order.push_back(std::move(record));
  };
  for (GenerationRecord& record : line_of(tx, tenant, live.generation_id)) list(std::move(record));
  for (const LiveRecord& earlier : tx.live_history(tenant, SIZE_MAX)) {
    if (listed.contains(earlier.generation_id)) continue;
    auto record = tx.generation(tenant, earlier.generation_id);
    if (record && !is_rejected(tx, tenant, earlier.generation_id)) list(*std::move(record));
  }
  return order;
}

}  // namespace pawl::learn
