#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_GENERATION_COLUMNS                                                      \
  "tenant_id, generation_id, parent_id, cycle_id, state, created_at, manifest_hash," \
  "backup_id, reason, metrics, details, rejected, sequence"

#define PAWL_LIVE_QUERY                                                                 \
  "SELECT tenant_id, generation_id, previous_id, kind, reason, cycle_id, at, sequence " \
  "FROM live WHERE tenant_id = ? ORDER BY sequence DESC LIMIT ?"

GenerationRecord read_generation(Query& row) {
  GenerationRecord generation;
  generation.tenant_id = row.text();
  generation.generation_id = row.text();
  generation.parent_id = row.text();
  generation.cycle_id = row.text();
  generation.state = row.text();
  generation.created_at = row.integer();
  generation.manifest_hash = row.text();
  generation.backup_id = row.text();
  generation.reason = row.text();
  generation.metrics = row.text();
  generation.details = row.text();
  generation.rejected = row.text();
  generation.sequence = row.integer();
  return generation;
}

LiveRecord read_live(Query& row) {
  LiveRecord live;
  live.tenant_id = row.text();
  live.generation_id = row.text();
  live.previous_id = row.text();
  live.kind = row.text();
  live.reason = row.text();
  live.cycle_id = row.text();
  live.at = row.integer();
  live.sequence = row.integer();
  return live;
}

}  // namespace

void SqliteTransaction::put_generation(const GenerationRecord& generation) {
  Query query(
      writing(),
      "INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (tenant_id, generation_id) DO UPDATE SET parent_id = excluded.parent_id, "
      "cycle_id = excluded.cycle_id, state = excluded.state, created_at = excluded.created_at, "
      "manifest_hash = excluded.manifest_hash, backup_id = excluded.backup_id, "
      "reason = excluded.reason, metrics = excluded.metrics, details = excluded.details, "
      "rejected = excluded.rejected");
  query.bind(next_sequence(), generation.tenant_id, generation.generation_id, generation.parent_id,
             generation.cycle_id, generation.state, generation.created_at, generation.manifest_hash,
             generation.backup_id, generation.reason, generation.metrics, generation.details,
             generation.rejected);
  query.run();
}

std::optional<GenerationRecord> SqliteTransaction::generation(std::string_view tenant,
                                                              std::string_view generation_id) {
  Query query(*connection_, "SELECT " PAWL_GENERATION_COLUMNS
                            " FROM generations WHERE tenant_id = ? AND generation_id = ?");
  if (!query.bind(tenant, generation_id).step()) return std::nullopt;
  return read_generation(query);
}

std::vector<GenerationRecord> SqliteTransaction::generations(std::string_view tenant) {
  Query rows(*connection_, "SELECT " PAWL_GENERATION_COLUMNS
                           " FROM generations WHERE tenant_id = ? ORDER BY sequence DESC");
  rows.bind(tenant);
  std::vector<GenerationRecord> generations;
  while (rows.step()) generations.push_back(read_generation(rows));
  return generations;
}

void SqliteTransaction::set_live(const LiveRecord& live) {
  Query query(writing(), "INSERT INTO live VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), live.tenant_id, live.generation_id, live.previous_id, live.kind,
             live.reason, live.cycle_id, live.at);
  query.run();
}

std::vector<std::string> SqliteTransaction::tenants() {
  Query rows(*connection_, "SELECT DISTINCT tenant_id FROM live ORDER BY tenant_id");
  std::vector<std::string> tenants;
  while (rows.step()) tenants.push_back(rows.text());
  return tenants;
}

std::optional<LiveRecord> SqliteTransaction::live(std::string_view tenant) {
  Query query(*connection_, PAWL_LIVE_QUERY);
  if (!query.bind(tenant, 1).step()) return std::nullopt;
  return read_live(query);
}

std::vector<LiveRecord> SqliteTransaction::live_history(std::string_view tenant, size_t limit) {
  Query rows(*connection_, PAWL_LIVE_QUERY);
  rows.bind(tenant, limit);
  std::vector<LiveRecord> history;
  while (rows.step()) history.push_back(read_live(rows));
  return history;
}

}  // namespace pawl::sqlite
