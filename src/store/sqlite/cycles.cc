#include "base/error.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_CYCLE_COLUMNS                                                                   \
  "tenant_id, cycle_id, status, started_at, finished_at, owner, from_sequence, to_sequence," \
  "generation_id, reason, payload, result, sequence"

CycleRecord read_cycle(Query& row) {
  CycleRecord cycle;
  cycle.tenant_id = row.text();
  cycle.cycle_id = row.text();
  cycle.status = row.text();
  cycle.started_at = row.integer();
  cycle.finished_at = row.optional_integer();
  cycle.owner = row.text();
  cycle.from_sequence = row.integer();
  cycle.to_sequence = row.integer();
  cycle.generation_id = row.text();
  cycle.reason = row.text();
  cycle.payload = row.text();
  cycle.result = row.text();
  cycle.sequence = row.integer();
  return cycle;
}

}  // namespace

void SqliteTransaction::put_cycle(const CycleRecord& cycle) {
  Query query(writing(),
              "INSERT INTO cycles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT (tenant_id, cycle_id) DO UPDATE SET status = excluded.status, "
              "started_at = excluded.started_at, finished_at = excluded.finished_at, "
              "owner = excluded.owner, from_sequence = excluded.from_sequence, "
              "to_sequence = excluded.to_sequence, generation_id = excluded.generation_id, "
              "reason = excluded.reason, payload = excluded.payload, result = excluded.result");
  query.bind(next_sequence(), cycle.tenant_id, cycle.cycle_id, cycle.status, cycle.started_at,
             cycle.finished_at, cycle.owner, cycle.from_sequence, cycle.to_sequence,
             cycle.generation_id, cycle.reason, cycle.payload, cycle.result);
  query.run();
}

std::optional<CycleRecord> SqliteTransaction::cycle(std::string_view tenant,
                                                    std::string_view cycle_id) {
  Query query(*connection_,
              "SELECT " PAWL_CYCLE_COLUMNS " FROM cycles WHERE tenant_id = ? AND cycle_id = ?");
  if (!query.bind(tenant, cycle_id).step()) return std::nullopt;
  return read_cycle(query);
}

std::optional<CycleRecord> SqliteTransaction::unfinished_cycle(std::string_view tenant) {
  Query query(*connection_, "SELECT " PAWL_CYCLE_COLUMNS
                            " FROM cycles WHERE tenant_id = ? AND finished_at IS NULL "
                            "ORDER BY sequence LIMIT 1");
  if (!query.bind(tenant).step()) return std::nullopt;
  return read_cycle(query);
}

std::vector<CycleRecord> SqliteTransaction::recent_cycles(std::string_view tenant, size_t limit) {
  Query rows(*connection_, "SELECT " PAWL_CYCLE_COLUMNS
                           " FROM cycles WHERE tenant_id = ? ORDER BY sequence DESC LIMIT ?");
  rows.bind(tenant, limit);
  std::vector<CycleRecord> cycles;
  while (rows.step()) cycles.push_back(read_cycle(rows));
  return cycles;
}

std::vector<CycleRecord> SqliteTransaction::cycles_since(std::string_view tenant,
                                                         int64_t sequence) {
  Query rows(*connection_, "SELECT " PAWL_CYCLE_COLUMNS
                           " FROM cycles WHERE tenant_id = ? AND sequence >= ? ORDER BY sequence");
  rows.bind(tenant, sequence);
  std::vector<CycleRecord> cycles;
  while (rows.step()) cycles.push_back(read_cycle(rows));
  return cycles;
}

std::optional<CycleRecord> SqliteTransaction::last_completed_cycle(std::string_view tenant) {
  Query query(*connection_, "SELECT " PAWL_CYCLE_COLUMNS
                            " FROM cycles WHERE tenant_id = ? AND status = 'completed' "
                            "ORDER BY sequence DESC LIMIT 1");
  if (!query.bind(tenant).step()) return std::nullopt;
  return read_cycle(query);
}

std::map<std::string, int64_t> SqliteTransaction::count_cycles(std::string_view tenant) {
  Query rows(*connection_,
             "SELECT status, count(*) FROM cycles WHERE tenant_id = ? GROUP BY status");
  rows.bind(tenant);
  std::map<std::string, int64_t> counts;
  while (rows.step()) {
    const std::string status = rows.text();
    counts[status] = rows.integer();
  }
  return counts;
}

std::optional<LeaseRecord> SqliteTransaction::lease(std::string_view tenant) {
  Query query(*connection_, "SELECT owner, token, expires_at FROM leases WHERE tenant_id = ?");
  if (!query.bind(tenant).step()) return std::nullopt;
  LeaseRecord lease;
  lease.owner = query.text();
  lease.token = query.integer();
  lease.expires_at = query.integer();
  return lease;
}

int64_t SqliteTransaction::take_lease(std::string_view tenant, std::string_view owner,
                                      int64_t expires_at) {
  const int64_t token = next_sequence();
  Query(writing(), "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)")
      .bind(tenant, owner, token, expires_at)
      .run();
  return token;
}

void SqliteTransaction::require_lease(std::string_view tenant, int64_t token) {
  const auto held = lease(tenant);
  if (held && held->token == token) return;
  throw Error(ErrorKind::kBusy, "another process has taken over the learning cycle of tenant \"" +
                                    std::string(tenant) + "\"; this one ends without a change");
}

void SqliteTransaction::renew_lease(std::string_view tenant, int64_t token, int64_t expires_at) {
  require_lease(tenant, token);
  Query(writing(), "UPDATE leases SET expires_at = ? WHERE tenant_id = ? AND token = ?")
      .bind(expires_at, tenant, token)
      .run();
}

void SqliteTransaction::release_lease(std::string_view tenant, int64_t token) {
  Query(writing(), "DELETE FROM leases WHERE tenant_id = ? AND token = ?")
      .bind(tenant, token)
      .run();
}

}  // namespace pawl::sqlite
