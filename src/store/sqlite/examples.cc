#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_EXAMPLE_COLUMNS                                                                 \
  "tenant_id, example_id, turn_id, conversation_id, user_id, cycle_id, generation_id, text," \
  "text_key, intent, sentiment, persona, entities, split, origin, state, weight, details,"   \
  "created_at, sequence"

#define PAWL_EXAMPLE_FILTER                                             \
  "SELECT " PAWL_EXAMPLE_COLUMNS                                        \
  " FROM examples WHERE tenant_id = ?1 AND (?2 IS NULL OR split = ?2) " \
  "AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR cycle_id = ?4) "   \
  "AND (?5 IS NULL OR user_id = ?5) ORDER BY sequence "

ExampleRecord read_example(Query& row) {
  ExampleRecord example;
  example.tenant_id = row.text();
  example.example_id = row.text();
  example.turn_id = row.text();
  example.conversation_id = row.text();
  example.user_id = row.text();
  example.cycle_id = row.text();
  example.generation_id = row.text();
  example.text = row.text();
  example.text_key = row.text();
  example.intent = row.optional_text();
  example.sentiment = row.optional_text();
  example.persona = row.optional_text();
  example.entities = decode_entities(row.optional_text());
  example.split = row.text();
  example.origin = row.text();
  example.state = row.text();
  example.weight = row.real();
  example.details = row.text();
  example.created_at = row.integer();
  example.sequence = row.integer();
  return example;
}

std::vector<std::string> read_ids(Query& rows) {
  std::vector<std::string> ids;
  while (rows.step()) ids.push_back(rows.text());
  return ids;
}

}  // namespace

void SqliteTransaction::put_example(const ExampleRecord& e) {
  Query query(
      writing(),
      "INSERT INTO examples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (tenant_id, example_id) DO UPDATE SET turn_id = excluded.turn_id, "
      "conversation_id = excluded.conversation_id, user_id = excluded.user_id, "
      "cycle_id = excluded.cycle_id, generation_id = excluded.generation_id, "
      "text = excluded.text, text_key = excluded.text_key, intent = excluded.intent, "
      "sentiment = excluded.sentiment, persona = excluded.persona, "
      "entities = excluded.entities, split = excluded.split, origin = excluded.origin, "
      "state = excluded.state, weight = excluded.weight, details = excluded.details, "
      "created_at = excluded.created_at");
  query.bind(next_sequence(), e.tenant_id, e.example_id, e.turn_id, e.conversation_id, e.user_id,
             e.cycle_id, e.generation_id, e.text, e.text_key, e.intent, e.sentiment, e.persona,
             encode_entities(e.entities), e.split, e.origin, e.state, e.weight, e.details,
             e.created_at);
  query.run();
}

std::optional<ExampleRecord> SqliteTransaction::example(std::string_view tenant,
                                                        std::string_view example_id) {
  Query query(*connection_, "SELECT " PAWL_EXAMPLE_COLUMNS
                            " FROM examples WHERE tenant_id = ? AND example_id = ?");
  if (!query.bind(tenant, example_id).step()) return std::nullopt;
  return read_example(query);
}

std::vector<ExampleRecord> SqliteTransaction::examples(std::string_view tenant,
                                                       const ExampleFilter& filter) {
  Query rows(*connection_, filter.newest_first ? PAWL_EXAMPLE_FILTER "DESC LIMIT ?6"
                                               : PAWL_EXAMPLE_FILTER "LIMIT ?6");
  rows.bind(tenant, filter.split, filter.state, filter.cycle_id, filter.user_id, filter.limit);
  std::vector<ExampleRecord> examples;
  while (rows.step()) examples.push_back(read_example(rows));
  return examples;
}

void SqliteTransaction::set_example_state(std::string_view tenant, std::string_view example_id,
                                          std::string_view state, std::string_view details) {
  Query(writing(),
        "UPDATE examples SET state = ?, details = ? WHERE tenant_id = ? AND example_id = ?")
      .bind(state, details, tenant, example_id)
      .run();
}

int64_t SqliteTransaction::drop_examples(std::string_view tenant) {
  Query(writing(), "DELETE FROM examples WHERE tenant_id = ?").bind(tenant).run();
  const int64_t dropped = changes();
  drop_vectors_without_example(tenant);
  return dropped;
}

void SqliteTransaction::add_generation_examples(std::string_view tenant,
                                                std::string_view generation_id,
                                                std::span<const std::string> example_ids) {
  for (const std::string& id : example_ids) {
    Query(writing(), "INSERT OR IGNORE INTO generation_examples VALUES (?, ?, ?)")
        .bind(tenant, generation_id, id)
        .run();
  }
}

std::vector<std::string> SqliteTransaction::generation_examples(std::string_view tenant,
                                                                std::string_view generation_id) {
  Query rows(*connection_,
             "SELECT example_id FROM generation_examples WHERE tenant_id = ? AND generation_id = ? "
             "ORDER BY example_id");
  rows.bind(tenant, generation_id);
  return read_ids(rows);
}

std::vector<std::string> SqliteTransaction::generations_that_saw(std::string_view tenant,
                                                                 std::string_view user_id) {
  Query rows(*connection_,
             "SELECT DISTINCT g.generation_id FROM examples e JOIN generation_examples g "
             "ON g.tenant_id = e.tenant_id AND g.example_id = e.example_id "
             "WHERE e.tenant_id = ? AND e.user_id = ? ORDER BY g.generation_id");
  rows.bind(tenant, user_id);
  return read_ids(rows);
}

}  // namespace pawl::sqlite
