// How cycles judged: verdicts by head, and what forerunners said.
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

void SqliteTransaction::put_verdict(const VerdictRecord& v) {
  Query(writing(),
        "INSERT OR REPLACE INTO head_verdicts SELECT ?1, ?2, ?3, sequence, ?4, ?5, ?6 "
        "FROM cycles WHERE tenant_id = ?1 AND cycle_id = ?2")
      .bind(v.tenant_id, v.cycle_id, v.head, v.judged, v.deployed, v.verdict)
      .run();
}

std::vector<VerdictRecord> SqliteTransaction::verdicts(std::string_view tenant,
                                                       std::string_view cycle_id) {
  Query rows(*connection_,
             "SELECT head, judged, deployed, verdict FROM head_verdicts "
             "WHERE tenant_id = ? AND cycle_id = ? ORDER BY head");
  rows.bind(tenant, cycle_id);
  std::vector<VerdictRecord> verdicts;
  while (rows.step()) {
    VerdictRecord& v = verdicts.emplace_back();
    v.tenant_id = tenant;
    v.cycle_id = cycle_id;
    v.head = rows.text();
    v.judged = rows.integer() != 0;
    v.deployed = rows.integer() != 0;
    v.verdict = rows.text();
  }
  return verdicts;
}

int64_t SqliteTransaction::count_looks(std::string_view tenant, std::string_view head,
                                       std::string_view except_cycle) {
  Query query(*connection_,
              "SELECT count(*) FROM head_verdicts WHERE tenant_id = ?1 AND head = ?2 "
              "AND judged = 1 AND cycle_id <> ?3 AND cycle_sequence > "
              "(SELECT coalesce(max(cycle_sequence), -1) FROM head_verdicts "
              "WHERE tenant_id = ?1 AND head = ?2 AND deployed = 1)");
  return query.bind(tenant, head, except_cycle).step() ? query.integer() : 0;
}

void SqliteTransaction::put_outcomes(std::string_view tenant, std::string_view cycle_id,
                                     std::string_view head, std::string_view incumbent,
                                     std::span<const OutcomeRecord> outcomes) {
  Query(writing(),
        "INSERT INTO learning_changes (tenant_id, sequence, kind, name, before) "
        "SELECT ?1, (SELECT value FROM sequence), 'outcomes', ?2, (SELECT "
        "json_group_array(json_array(cycle_id, position, incumbent, gold, said_before, said_now)) "
        "FROM forerunner_outcomes WHERE tenant_id = ?1 AND head = ?2)")
      .bind(tenant, head)
      .run();
  Query(writing(), "DELETE FROM forerunner_outcomes WHERE tenant_id = ? AND head = ?")
      .bind(tenant, head)
      .run();
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const OutcomeRecord& o = outcomes[i];
    Query(writing(), "INSERT INTO forerunner_outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(tenant, head, cycle_id, i, incumbent, o.gold, o.incumbent, o.candidate)
        .run();
  }
}

std::vector<OutcomeRecord> SqliteTransaction::outcomes(std::string_view tenant,
                                                       std::string_view cycle_id,
                                                       std::string_view head,
                                                       std::string_view incumbent, size_t limit) {
  Query rows(*connection_,
             "SELECT gold, said_before, said_now FROM forerunner_outcomes WHERE tenant_id = ? "
             "AND head = ? AND cycle_id = ? AND incumbent = ? ORDER BY position LIMIT ?");
  rows.bind(tenant, head, cycle_id, incumbent, limit);
  std::vector<OutcomeRecord> outcomes;
  while (rows.step()) {
    OutcomeRecord& o = outcomes.emplace_back();
    o.gold = rows.text();
    o.incumbent = rows.text();
    o.candidate = rows.text();
  }
  return outcomes;
}

}  // namespace pawl::sqlite
