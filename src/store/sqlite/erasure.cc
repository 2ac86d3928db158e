// What goes for good: a person's rows, what was learnt since a sequence, and what is too old.
#include "base/hash.h"
#include "base/json.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {
namespace {

#define PAWL_THEIR_TURNS "(SELECT turn_id FROM turns WHERE tenant_id = ?1 AND user_id = ?2)"

#define PAWL_KNOWN_TEXTS                                    \
  "(SELECT text_key FROM turns WHERE tenant_id = ?1 UNION " \
  "SELECT text_key FROM examples WHERE tenant_id = ?1)"

// Documents that configure the workspace name nobody but its operators.
#define PAWL_NO_CONFIGURATION "kind NOT IN ('key', 'schedule', 'secret', 'reputation')"

std::string encoded(std::span<const std::string> items) {
  return encode_strings({items.begin(), items.end()});
}

}  // namespace

// As a JSON text, or as one within the JSON text of an answer that was kept.
int64_t SqliteTransaction::drop_documents_naming(std::string_view tenant,
                                                 std::string_view user_id) {
  Query(writing(),
        "WITH names (quoted) AS MATERIALIZED (SELECT json_quote(?2) UNION "
        "SELECT json_quote(turn_id) FROM turns WHERE tenant_id = ?1 AND user_id = ?2 UNION "
        "SELECT json_quote(conversation_id) FROM turns WHERE tenant_id = ?1 AND user_id = ?2 UNION "
        "SELECT json_quote(user_text) FROM turns WHERE tenant_id = ?1 AND user_id = ?2 AND "
        "user_text <> '') "
        "DELETE FROM documents WHERE tenant_id IN (?1, '') AND " PAWL_NO_CONFIGURATION
        " AND EXISTS (SELECT 1 FROM names WHERE instr(body, quoted) > 0 OR "
        "instr(body, replace(replace(quoted, '\\', '\\\\'), '\"', '\\\"')) > 0)")
      .bind(tenant, user_id)
      .run();
  const int64_t naming = changes();
  Query(writing(),
        "DELETE FROM documents WHERE tenant_id = ? AND kind = 'reputation' AND document_id = ?")
      .bind(tenant, user_id)
      .run();
  return naming + changes();
}

ErasedCounts SqliteTransaction::erase_user(std::string_view tenant, std::string_view user_id) {
  const auto erase = [&](const char* sql) {
    Query(writing(), sql).bind(tenant, user_id).run();
    return changes();
  };
  ErasedCounts counts;
  erase(
      "DELETE FROM documents WHERE tenant_id = ?1 AND kind = 'belief' AND document_id IN "
      "(SELECT text_key FROM turns WHERE tenant_id = ?1 AND user_id = ?2 UNION SELECT t.text_key "
      "FROM evidence e JOIN turns t ON t.tenant_id = ?1 AND t.turn_id = e.turn_id "
      "WHERE e.tenant_id = ?1 AND e.author = ?2)");
  counts.documents = drop_documents_naming(tenant, user_id);
  erase("DELETE FROM stored_values WHERE tenant_id = ?1 AND value IN " PAWL_THEIR_TURNS);
  counts.quarantine = erase(
      "DELETE FROM quarantine WHERE tenant_id = ?1 AND (subject = ?2 OR "
      "subject IN " PAWL_THEIR_TURNS ")");
  // Before the turns, which take what belongs to them along uncounted.
  counts.evidence = erase(
      "DELETE FROM evidence WHERE tenant_id = ?1 AND (author = ?2 OR turn_id IN " PAWL_THEIR_TURNS
      ")");
  counts.feedback = erase(
      "DELETE FROM feedback WHERE tenant_id = ?1 AND (author = ?2 OR turn_id IN " PAWL_THEIR_TURNS
      ")");
  counts.turns = erase("DELETE FROM turns WHERE tenant_id = ?1 AND user_id = ?2");
  counts.examples = drop_example_versions(tenant, user_id);
  counts.memories = erase("DELETE FROM memories WHERE tenant_id = ?1 AND user_id = ?2");
  forget_orphans(tenant);
  erase("DELETE FROM learning_changes WHERE tenant_id = ?1 AND name = ?2");
  Query(writing(), "DELETE FROM first_seen WHERE tenant_id = ? AND person = ?")
      .bind(tenant, person_key(user_id))
      .run();
  return counts;
}

// What is kept by the hash of a text goes with the last who said it.
void SqliteTransaction::forget_orphans(std::string_view tenant) {
  const auto forget = [&](const char* sql) { Query(writing(), sql).bind(tenant).run(); };
  forget("DELETE FROM waiting_texts WHERE tenant_id = ?1 AND text_key NOT IN " PAWL_KNOWN_TEXTS);
  forget(
      "DELETE FROM learning_changes WHERE tenant_id = ?1 AND kind = 'waiting' AND "
      "name NOT IN " PAWL_KNOWN_TEXTS);
  forget("DELETE FROM sentence_vectors WHERE tenant_id = ?1 AND text_key NOT IN " PAWL_KNOWN_TEXTS);
}

// What is kept of an author goes with the last that the author said.
void SqliteTransaction::forget_absent(std::string_view tenant) {
#define PAWL_PRESENT                                        \
  "(SELECT user_id FROM turns WHERE tenant_id = ?1 UNION "  \
  "SELECT author FROM evidence WHERE tenant_id = ?1 UNION " \
  "SELECT author FROM example_authors WHERE tenant_id = ?1)"
  const auto forget = [&](const char* sql) { Query(writing(), sql).bind(tenant).run(); };
  forget(
      "DELETE FROM documents WHERE tenant_id = ?1 AND kind = 'reputation' AND "
      "document_id NOT IN " PAWL_PRESENT);
  forget(
      "DELETE FROM quarantine WHERE tenant_id = ?1 AND kind = 'burst' AND "
      "subject NOT IN " PAWL_PRESENT);
  forget(
      "DELETE FROM learning_changes WHERE tenant_id = ?1 AND kind = 'reputation' AND "
      "name NOT IN " PAWL_PRESENT);
#undef PAWL_PRESENT
}

std::optional<int64_t> SqliteTransaction::first_row_of(std::string_view tenant,
                                                       std::string_view user_id) {
  Query query(
      *connection_,
      "SELECT min(first) FROM ("
      "SELECT min(sequence) AS first FROM turns WHERE tenant_id = ?1 AND user_id = ?2 "
      "UNION ALL SELECT min(sequence) FROM evidence WHERE tenant_id = ?1 AND author = ?2 "
      "UNION ALL SELECT min(sequence) FROM feedback WHERE tenant_id = ?1 AND author = ?2 "
      "UNION ALL SELECT min(coalesce((SELECT c.to_sequence FROM cycles c WHERE c.tenant_id = "
      "?1 AND c.cycle_id = e.cycle_id), e.sequence)) FROM examples e JOIN example_authors "
      "a ON a.tenant_id = e.tenant_id AND a.example_id = e.example_id "
      "WHERE a.tenant_id = ?1 AND a.author = ?2 "
      "UNION ALL SELECT sequence FROM first_seen WHERE tenant_id = ?1 AND person = ?3)");
  return query.bind(tenant, user_id, person_key(user_id)).step() ? query.optional_integer()
                                                                 : std::nullopt;
}

// Nobody is known by it who is not asked for by name.
std::string SqliteTransaction::person_key(std::string_view user_id) {
  return blake2b_hex(value("", "id_secret").value_or("") + "\n" + std::string(user_id));
}

// Before their rows go.
void SqliteTransaction::note_first_seen(std::string_view tenant, const RetentionLimits& limits) {
  std::vector<std::pair<std::string, int64_t>> seen;
  {
    Query rows(
        *connection_,
        "SELECT person, min(sequence) FROM ("
        "SELECT user_id AS person, sequence FROM turns WHERE tenant_id = ?1 AND "
        "received_at < ?2 UNION ALL "
        "SELECT author, sequence FROM feedback WHERE tenant_id = ?1 AND received_at < ?3 "
        "UNION ALL SELECT author, sequence FROM evidence WHERE tenant_id = ?1 AND at < ?3 "
        "AND source <> 'self' UNION ALL "
        "SELECT a.author, coalesce((SELECT c.to_sequence FROM cycles c WHERE c.tenant_id = "
        "?1 AND c.cycle_id = e.cycle_id), e.sequence) FROM examples e JOIN example_authors a "
        "ON a.tenant_id = e.tenant_id AND a.example_id = e.example_id WHERE e.tenant_id = ?1 "
        "AND e.created_at < ?4) WHERE person <> '' GROUP BY person");
    rows.bind(tenant, limits.turns.value_or(0), limits.feedback.value_or(0),
              limits.examples.value_or(0));
    while (rows.step()) {
      std::string person = rows.text();
      seen.emplace_back(person_key(person), rows.integer());
    }
  }
  for (const auto& [person, sequence] : seen) {
    Query(writing(),
          "INSERT INTO first_seen VALUES (?1, ?2, ?3) ON CONFLICT (tenant_id, person) DO UPDATE "
          "SET sequence = min(sequence, ?3)")
        .bind(tenant, person, sequence)
        .run();
  }
}

void SqliteTransaction::unlearn_since(std::string_view tenant, int64_t sequence,
                                      std::span<const std::string> cycle_ids) {
  const std::string cycles = encoded(cycle_ids);
  for (const char* sql :
       {"DELETE FROM head_verdicts WHERE tenant_id = ? AND cycle_id IN "
        "(SELECT value FROM json_each(?))",
        "DELETE FROM quarantine WHERE tenant_id = ? AND cycle_id IN "
        "(SELECT value FROM json_each(?))",
        // Accounts of others' texts tell labels that nobody else knew.
        // Damaged ones nobody can read any more.
        "DELETE FROM documents WHERE tenant_id = ? AND kind = 'belief' AND "
        "CASE WHEN json_valid(body) THEN json_extract(body, '$.cycle') IN "
        "(SELECT value FROM json_each(?)) ELSE 1 END",
        "DELETE FROM cycles WHERE tenant_id = ? AND cycle_id IN (SELECT value FROM json_each(?))"})
    Query(writing(), sql).bind(tenant, cycles).run();
  const auto change = [&](const char* sql) { Query(writing(), sql).bind(tenant, sequence).run(); };
  undo_learning(tenant, sequence);
  // What nobody's turn stands behind any more cannot be made again.
  change(
      "DELETE FROM examples WHERE tenant_id = ?1 AND sequence >= ?2 AND cycle_id <> '' AND "
      "text_key IN (SELECT text_key FROM turns WHERE tenant_id = ?1)");
  change("DELETE FROM text_splits WHERE tenant_id = ?1 AND sequence >= ?2");
  Query(writing(),
        "DELETE FROM example_authors WHERE tenant_id = ?1 AND example_id NOT IN "
        "(SELECT example_id FROM examples WHERE tenant_id = ?1)")
      .bind(tenant)
      .run();
  Query(writing(),
        "UPDATE examples AS e SET superseded_by = '' WHERE tenant_id = ?1 AND superseded_by <> '' "
        "AND NOT EXISTS (SELECT 1 FROM examples o WHERE o.tenant_id = ?1 AND "
        "o.example_id = e.superseded_by)")
      .bind(tenant)
      .run();
  forget_orphans(tenant);
}

void SqliteTransaction::undo_learning(std::string_view tenant, int64_t sequence) {
  struct Change {
    std::string kind, name;
    std::optional<std::string> before;
  };
  std::vector<Change> undone;
  {
    Query rows(*connection_,
               "SELECT kind, name, before FROM learning_changes WHERE tenant_id = ? AND "
               "sequence >= ? ORDER BY change DESC");
    for (rows.bind(tenant, sequence); rows.step();) {
      Change& change = undone.emplace_back();
      change.kind = rows.text();
      change.name = rows.text();
      change.before = rows.optional_text();
    }
  }
  for (const Change& change : undone) undo_change(tenant, change.kind, change.name, change.before);
  Query(writing(), "DELETE FROM learning_changes WHERE tenant_id = ? AND sequence >= ?")
      .bind(tenant, sequence)
      .run();
}

void SqliteTransaction::undo_change(std::string_view tenant, const std::string& kind,
                                    const std::string& name,
                                    const std::optional<std::string>& before) {
  const auto change = [&](const char* sql, const auto&... values) {
    Query(writing(), sql).bind(tenant, std::string_view(name), values...).run();
  };
  if (kind == "waiting") {
    change(before ? "INSERT OR IGNORE INTO waiting_texts VALUES (?, ?)"
                  : "DELETE FROM waiting_texts WHERE tenant_id = ? AND text_key = ?");
  } else if (kind == "counter") {
    if (before)
      change("UPDATE counters SET value = CAST(?3 AS INTEGER) WHERE tenant_id = ?1 AND name = ?2",
             *before);
    else
      change("DELETE FROM counters WHERE tenant_id = ? AND name = ?");
  } else if (kind == "reputation" && before) {
    const Json was = readable_json(*before);
    if (!was.is_array() || was.as_array().size() != 2 || !was.as_array()[0].is_string() ||
        !was.as_array()[1].is_integer()) {
      remove_document(tenant, kind, name);  // damaged: as if nothing had been known of the author
      return;
    }
    put_document({.tenant_id = std::string(tenant),
                  .kind = kind,
                  .document_id = name,
                  .body = was.as_array()[0].as_string(),
                  .at = was.as_array()[1].as_int()});
  } else if (kind == "reputation") {
    remove_document(tenant, kind, name);
  } else if (kind == "outcomes") {
    change("DELETE FROM forerunner_outcomes WHERE tenant_id = ? AND head = ?");
    change(
        "INSERT INTO forerunner_outcomes SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, "
        "value ->> 3, value ->> 4, value ->> 5 FROM json_each(iif(json_valid(?3), ?3, '[]'))",
        before.value_or("[]"));
  }
}

void SqliteTransaction::forget_generations(std::string_view tenant,
                                           std::span<const std::string> generation_ids) {
  const std::string ids = encoded(generation_ids);
  for (const char* sql :
       {"UPDATE generations SET state = 'unusable', backup_id = '', metrics = '{}', "
        "details = '{}', cycle_id = '', reason = 'made of data that were erased', rejected = CASE "
        "WHEN rejected = "
        "'' THEN '' ELSE 'rolled back' END WHERE tenant_id = ?1 AND generation_id IN "
        "(SELECT value FROM json_each(?2))",
        "UPDATE live SET reason = '', cycle_id = '' WHERE tenant_id = ?1 AND generation_id IN "
        "(SELECT value FROM json_each(?2))",
        "DELETE FROM generation_examples WHERE tenant_id = ?1 AND generation_id IN "
        "(SELECT value FROM json_each(?2))",
        // What they said of turns that others answered, and how their deployment went.
        "DELETE FROM evidence WHERE tenant_id = ?1 AND source = 'shadow' AND (generation_id IN "
        "(SELECT value FROM json_each(?2)) OR author IN (SELECT value FROM json_each(?2)))",
        "DELETE FROM documents WHERE tenant_id = ?1 AND kind = 'rollout' AND document_id IN "
        "(SELECT value FROM json_each(?2))",
        "DELETE FROM stored_values WHERE tenant_id = ?1 AND name = 'rollout.shadowing' AND value "
        "IN "
        "(SELECT value FROM json_each(?2))"})
    Query(writing(), sql).bind(tenant, ids).run();
}

// Rows beside those that are there already keep their place in the order of what was said; a new
// one has a place before all of them, since what the model said is no news.
void SqliteTransaction::replace_answer(const TurnRecord& turn, std::string_view generation_id,
                                       std::span<const EvidenceRecord> statements) {
  constexpr int64_t kMostHeads = 64;
  std::vector<std::string> heads;
  for (const EvidenceRecord& said : statements) heads.push_back(said.head);
  Query(writing(),
        "DELETE FROM evidence WHERE tenant_id = ? AND turn_id = ? AND source = 'self' AND "
        "head NOT IN (SELECT value FROM json_each(?))")
      .bind(turn.tenant_id, turn.turn_id, encoded(heads))
      .run();
  for (size_t i = 0; i < statements.size(); ++i) {
    const EvidenceRecord& said = statements[i];
    Query(writing(),
          "UPDATE evidence SET value = ?4, score = ?5, author = ?6, generation_id = ?6 WHERE "
          "tenant_id = ?1 AND turn_id = ?2 AND source = 'self' AND head = ?3")
        .bind(turn.tenant_id, turn.turn_id, said.head, said.value, said.score, generation_id)
        .run();
    if (changes() > 0) continue;
    Query(writing(), "INSERT INTO evidence VALUES (?, ?, ?, ?, 'self', ?, ?, ?, ?, ?)")
        .bind(-(turn.sequence * kMostHeads + static_cast<int64_t>(i)), turn.tenant_id, turn.turn_id,
              said.head, said.value, said.score, generation_id, generation_id, turn.received_at)
        .run();
  }
  Query(writing(), "UPDATE turns SET generation_id = ? WHERE tenant_id = ? AND turn_id = ?")
      .bind(generation_id, turn.tenant_id, turn.turn_id)
      .run();
}

PrunedCounts SqliteTransaction::prune_older(std::string_view tenant,
                                            const RetentionLimits& limits) {
  const auto prune = [&](const std::optional<int64_t>& before, const char* sql) -> int64_t {
    if (!before) return 0;
    Query(writing(), sql).bind(tenant, *before).run();
    return changes();
  };
  PrunedCounts counts;
  note_first_seen(tenant, limits);
  prune(limits.feedback,
        "DELETE FROM evidence WHERE tenant_id = ? AND at < ? AND source <> 'self'");
  counts.feedback =
      prune(limits.feedback, "DELETE FROM feedback WHERE tenant_id = ? AND received_at < ?");
  counts.turns = prune(limits.turns, "DELETE FROM turns WHERE tenant_id = ? AND received_at < ?");
  counts.examples = prune(limits.examples,
                          "DELETE FROM examples WHERE tenant_id = ?1 AND created_at < ?2 AND "
                          "cycle_id <> '' AND text_key NOT IN "
                          "(SELECT text_key FROM turns WHERE tenant_id = ?1)");
  counts.memories = prune(limits.memories, "DELETE FROM memories WHERE tenant_id = ? AND at < ?");
  if (limits.events) counts.events = prune_events(tenant, *limits.events);
  if (counts.turns + counts.feedback + counts.examples == 0) return counts;
  Query(writing(),
        "DELETE FROM example_authors WHERE tenant_id = ?1 AND example_id NOT IN "
        "(SELECT example_id FROM examples WHERE tenant_id = ?1)")
      .bind(tenant)
      .run();
  Query(writing(),
        "DELETE FROM stored_values WHERE tenant_id = ?1 AND name GLOB 'silence.*' AND value NOT IN "
        "(SELECT turn_id FROM turns WHERE tenant_id = ?1)")
      .bind(tenant)
      .run();
  forget_orphans(tenant);
  forget_absent(tenant);
  set_value(tenant, kPrunedAt, std::to_string(next_sequence()));
  return counts;
}

}  // namespace pawl::sqlite
