#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_EXAMPLE_COLUMNS                                                                    \
  "tenant_id, example_id, version, turn_id, conversation_id, user_id, cycle_id, generation_id," \
  "text, text_key, heads, split, origin, state, weight, details, created_at, sequence,"         \
  "(SELECT json_group_array(author) FROM (SELECT author FROM example_authors a WHERE "          \
  "a.tenant_id = e.tenant_id AND a.example_id = e.example_id ORDER BY author))"

#define PAWL_EXAMPLE_FILTER                                                                      \
  "SELECT " PAWL_EXAMPLE_COLUMNS                                                                 \
  " FROM examples e WHERE tenant_id = ?1 AND superseded_by = '' AND (?2 IS NULL OR split = ?2) " \
  "AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR cycle_id = ?4) "                            \
  "AND (?5 IS NULL OR user_id = ?5) ORDER BY sequence "

// "+superseded_by" where the text leads to its few versions: by the index of what is current SQLite
// would look at every example.
ExampleRecord read_example(Query& row) {
  ExampleRecord example;
  example.tenant_id = row.text();
  example.example_id = row.text();
  example.version = row.integer();
  example.turn_id = row.text();
  example.conversation_id = row.text();
  example.user_id = row.text();
  example.cycle_id = row.text();
  example.generation_id = row.text();
  example.text = row.text();
  example.text_key = row.text();
  example.heads = row.text();
  example.split = row.text();
  example.origin = row.text();
  example.state = row.text();
  example.weight = row.real();
  example.details = row.text();
  example.created_at = row.integer();
  example.sequence = row.integer();
  try {
    example.authors = decode_strings(row.text());
  } catch (const std::exception& error) {
    example.damage = "authors: " + std::string(error.what());
  }
  return example;
}

std::vector<std::string> read_ids(Query& rows) {
  std::vector<std::string> ids;
  while (rows.step()) ids.push_back(rows.text());
  return ids;
}

}  // namespace

void SqliteTransaction::put_example(const ExampleRecord& e) {
  Query query(writing(),
              "INSERT OR REPLACE INTO examples (sequence, tenant_id, example_id, version, turn_id, "
              "conversation_id, user_id, cycle_id, generation_id, text, text_key, heads, split, "
              "origin, state, weight, details, created_at) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), e.tenant_id, e.example_id, e.version, e.turn_id, e.conversation_id,
             e.user_id, e.cycle_id, e.generation_id, e.text, e.text_key, e.heads, e.split, e.origin,
             e.state, e.weight, e.details, e.created_at);
  query.run();
  Query(writing(),
        "UPDATE examples SET superseded_by = ?3 WHERE tenant_id = ?1 AND text_key = ?2 AND "
        "+superseded_by = '' AND example_id <> ?3")
      .bind(e.tenant_id, e.text_key, e.example_id)
      .run();
  std::vector<std::string> authors = e.authors;
  if (!e.user_id.empty()) authors.push_back(e.user_id);
  for (const std::string& author : authors) {
    Query(writing(), "INSERT OR IGNORE INTO example_authors VALUES (?, ?, ?)")
        .bind(e.tenant_id, e.example_id, author)
        .run();
  }
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

std::vector<ExampleRecord> SqliteTransaction::examples_of_texts(
    std::string_view tenant, std::span<const std::string> text_keys) {
  Query rows(*connection_, "SELECT " PAWL_EXAMPLE_COLUMNS
                           " FROM (SELECT DISTINCT value FROM json_each(?2)) k CROSS JOIN examples "
                           "e ON e.tenant_id = ?1 AND "
                           "e.text_key = k.value AND +e.superseded_by = '' ORDER BY sequence");
  rows.bind(tenant, encode_strings({text_keys.begin(), text_keys.end()}));
  std::vector<ExampleRecord> examples;
  while (rows.step()) examples.push_back(read_example(rows));
  return examples;
}

void SqliteTransaction::put_split(std::string_view tenant, std::string_view group_key,
                                  std::string_view split) {
  Query(writing(), "INSERT OR IGNORE INTO text_splits VALUES (?, ?, ?, ?)")
      .bind(tenant, group_key, split, next_sequence())
      .run();
}

std::map<std::string, std::string> SqliteTransaction::splits(
    std::string_view tenant, std::span<const std::string> group_keys) {
  Query rows(*connection_,
             "SELECT group_key, split FROM text_splits WHERE tenant_id = ? AND group_key IN "
             "(SELECT value FROM json_each(?))");
  rows.bind(tenant, encode_strings({group_keys.begin(), group_keys.end()}));
  std::map<std::string, std::string> found;
  while (rows.step()) {
    std::string key = rows.text();
    found.emplace(std::move(key), rows.text());
  }
  return found;
}

void SqliteTransaction::wait_for(std::string_view tenant, std::string_view text_key) {
  Query(writing(), "INSERT OR IGNORE INTO waiting_texts VALUES (?, ?)")
      .bind(tenant, text_key)
      .run();
}

void SqliteTransaction::set_waiting(std::string_view tenant,
                                    std::span<const std::string> text_keys) {
  const std::string keys = encode_strings({text_keys.begin(), text_keys.end()});
  Query(writing(),
        "DELETE FROM waiting_texts WHERE tenant_id = ?1 AND text_key NOT IN "
        "(SELECT value FROM json_each(?2))")
      .bind(tenant, keys)
      .run();
  Query(writing(), "INSERT OR IGNORE INTO waiting_texts SELECT ?1, value FROM json_each(?2)")
      .bind(tenant, keys)
      .run();
}

std::vector<std::string> SqliteTransaction::waiting(std::string_view tenant) {
  Query rows(*connection_,
             "SELECT text_key FROM waiting_texts WHERE tenant_id = ? ORDER BY text_key");
  rows.bind(tenant);
  return read_ids(rows);
}

// Every version in which the author had a part. Of the versions before, the last one that is left
// is current again, until the text is looked at anew.
int64_t SqliteTransaction::drop_example_versions(std::string_view tenant, std::string_view author) {
  Query(writing(),
        "INSERT OR IGNORE INTO waiting_texts SELECT DISTINCT tenant_id, text_key FROM examples e "
        "WHERE tenant_id = ?1 AND EXISTS (SELECT 1 FROM example_authors a WHERE a.tenant_id = ?1 "
        "AND a.example_id = e.example_id AND a.author = ?2)")
      .bind(tenant, author)
      .run();
  Query(writing(),
        "DELETE FROM examples WHERE tenant_id = ?1 AND example_id IN "
        "(SELECT example_id FROM example_authors WHERE tenant_id = ?1 AND author = ?2)")
      .bind(tenant, author)
      .run();
  const int64_t dropped = changes();
  Query(writing(),
        "DELETE FROM example_authors WHERE tenant_id = ?1 AND example_id IN "
        "(SELECT example_id FROM example_authors WHERE tenant_id = ?1 AND author = ?2)")
      .bind(tenant, author)
      .run();
  Query(writing(),
        "UPDATE examples AS e SET superseded_by = '' WHERE tenant_id = ?1 AND superseded_by <> '' "
        "AND text_key IN (SELECT text_key FROM waiting_texts WHERE tenant_id = ?1) AND NOT EXISTS "
        "(SELECT 1 FROM examples o WHERE o.tenant_id = ?1 AND o.text_key = e.text_key AND "
        "o.sequence > e.sequence)")
      .bind(tenant)
      .run();
  return dropped;
}

int64_t SqliteTransaction::drop_examples(std::string_view tenant) {
  Query(writing(), "DELETE FROM examples WHERE tenant_id = ?").bind(tenant).run();
  const int64_t dropped = changes();
  Query(writing(), "DELETE FROM example_authors WHERE tenant_id = ?").bind(tenant).run();
  Query(writing(), "DELETE FROM text_splits WHERE tenant_id = ?").bind(tenant).run();
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
                                                                 std::string_view author) {
  Query rows(*connection_,
             "SELECT DISTINCT g.generation_id FROM example_authors a JOIN generation_examples g "
             "ON g.tenant_id = a.tenant_id AND g.example_id = a.example_id "
             "WHERE a.tenant_id = ? AND a.author = ? ORDER BY g.generation_id");
  rows.bind(tenant, author);
  return read_ids(rows);
}

std::vector<std::pair<std::string, std::string>> SqliteTransaction::generations_of_text(
    std::string_view tenant, std::string_view text_key) {
  Query rows(*connection_,
             "SELECT g.generation_id, g.example_id FROM examples e JOIN generation_examples g "
             "ON g.tenant_id = e.tenant_id AND g.example_id = e.example_id JOIN generations n "
             "ON n.tenant_id = g.tenant_id AND n.generation_id = g.generation_id "
             "WHERE e.tenant_id = ? AND e.text_key = ? ORDER BY n.sequence, e.version");
  rows.bind(tenant, text_key);
  std::vector<std::pair<std::string, std::string>> found;
  while (rows.step()) {
    std::string generation = rows.text();
    found.emplace_back(std::move(generation), rows.text());
  }
  return found;
}

}  // namespace pawl::sqlite
