#include "store/sqlite/migrations.h"

#include <iterator>

#include "base/error.h"
#include "store/sqlite/text_functions.h"

namespace pawl::sqlite {

namespace {

constexpr int64_t kApplicationId = 0x7061776C;  // "pawl"

constexpr const char* kInitial = R"sql(
CREATE TABLE sequence (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO sequence VALUES (1, 0);

CREATE TABLE turns (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  said_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  user_text TEXT NOT NULL,
  assistant_response TEXT NOT NULL,
  persona TEXT NOT NULL,
  context_used TEXT NOT NULL,
  edits TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  UNIQUE (tenant_id, turn_id)
) STRICT;
CREATE INDEX turns_by_sequence ON turns (tenant_id, sequence);
CREATE INDEX turns_by_conversation ON turns (tenant_id, conversation_id, sequence);
CREATE INDEX turns_by_user ON turns (tenant_id, user_id);

CREATE TABLE feedback (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  feedback_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  author TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  satisfaction_score REAL,
  response_quality REAL,
  needs_correction INTEGER,
  corrected_intent TEXT,
  corrected_sentiment TEXT,
  corrected_entities TEXT,
  preferred_persona TEXT,
  comment TEXT NOT NULL,
  UNIQUE (tenant_id, feedback_id),
  FOREIGN KEY (tenant_id, turn_id) REFERENCES turns (tenant_id, turn_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX feedback_by_sequence ON feedback (tenant_id, sequence);
CREATE INDEX feedback_by_turn ON feedback (tenant_id, turn_id, sequence);
CREATE INDEX feedback_by_author ON feedback (tenant_id, author);

CREATE TABLE evidence (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  head TEXT NOT NULL,
  source TEXT NOT NULL,
  value TEXT NOT NULL,
  score REAL NOT NULL,
  author TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  FOREIGN KEY (tenant_id, turn_id) REFERENCES turns (tenant_id, turn_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX evidence_by_sequence ON evidence (tenant_id, sequence);
CREATE INDEX evidence_by_turn ON evidence (tenant_id, turn_id, sequence);
CREATE INDEX evidence_by_author ON evidence (tenant_id, author);

CREATE TABLE examples (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  example_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  text TEXT NOT NULL,
  text_key TEXT NOT NULL,
  intent TEXT,
  sentiment TEXT,
  persona TEXT,
  entities TEXT,
  split TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  weight REAL NOT NULL,
  details TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, example_id)
) STRICT;
CREATE INDEX examples_by_sequence ON examples (tenant_id, sequence);
CREATE INDEX examples_by_split ON examples (tenant_id, split, state, sequence);
CREATE INDEX examples_by_cycle ON examples (tenant_id, cycle_id, sequence);
CREATE INDEX examples_by_user ON examples (tenant_id, user_id);

CREATE TABLE generation_examples (
  tenant_id TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  example_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, generation_id, example_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX generation_examples_by_example ON generation_examples (tenant_id, example_id);

CREATE TABLE cycles (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  owner TEXT NOT NULL,
  from_sequence INTEGER NOT NULL,
  to_sequence INTEGER NOT NULL,
  generation_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL,
  result TEXT NOT NULL,
  UNIQUE (tenant_id, cycle_id)
) STRICT;
CREATE INDEX cycles_by_sequence ON cycles (tenant_id, sequence);

CREATE TABLE leases (
  tenant_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE generations (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  manifest_hash TEXT NOT NULL,
  backup_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  metrics TEXT NOT NULL,
  details TEXT NOT NULL,
  UNIQUE (tenant_id, generation_id)
) STRICT;
CREATE INDEX generations_by_sequence ON generations (tenant_id, sequence);

CREATE TABLE live (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  generation_id TEXT NOT NULL,
  previous_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, generation_id)
) STRICT;
CREATE INDEX live_by_sequence ON live (tenant_id, sequence);
CREATE INDEX live_by_generation ON live (tenant_id, generation_id);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_sequence ON events (tenant_id, sequence);

CREATE TABLE counters (
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  released INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_by_sequence ON quarantine (tenant_id, released, sequence);

CREATE TABLE stored_values (
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kSentenceVectors = R"sql(
CREATE TABLE sentence_vectors (
  tenant_id TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  text_key TEXT NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (tenant_id, text_hash, fingerprint)
) STRICT;
CREATE INDEX sentence_vectors_by_key ON sentence_vectors (tenant_id, text_key);
CREATE INDEX examples_by_key ON examples (tenant_id, text_key);
)sql";

// Generations that a person took back, and the fencing token of the lease.
constexpr const char* kRejectedGenerations = R"sql(
ALTER TABLE generations ADD COLUMN rejected TEXT NOT NULL DEFAULT '';

DROP TABLE leases;
CREATE TABLE leases (
  tenant_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Turns are found by their text; examples are versions that are superseded, never overwritten, and
// know all their authors; a text keeps its split; what a cycle had no room for waits.
constexpr const char* kExampleVersions = R"sql(
ALTER TABLE turns ADD COLUMN text_key TEXT NOT NULL DEFAULT '';
UPDATE turns SET text_key = pawl_text_key(user_text);
CREATE INDEX turns_by_text ON turns (tenant_id, text_key, sequence);

ALTER TABLE examples ADD COLUMN heads TEXT NOT NULL DEFAULT '{}';
ALTER TABLE examples ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE examples ADD COLUMN superseded_by TEXT NOT NULL DEFAULT '';
UPDATE examples SET text_key = pawl_text_key(text), heads = json_patch('{}', json_object(
  'intent', CASE WHEN intent IS NULL THEN NULL ELSE json_object('label', intent,
    'weight', coalesce(json_extract(details, '$.intent'), 1.0),
    'support', CASE WHEN user_id = '' THEN json_array() ELSE json_array(user_id) END) END,
  'sentiment', CASE WHEN sentiment IS NULL THEN NULL ELSE json_object('label', sentiment,
    'weight', coalesce(json_extract(details, '$.sentiment'), 1.0),
    'support', CASE WHEN user_id = '' THEN json_array() ELSE json_array(user_id) END) END,
  'entities', CASE WHEN entities IS NULL THEN NULL ELSE json_object('spans', json(entities),
    'weight', coalesce(json_extract(details, '$.entities'), 1.0),
    'support', CASE WHEN user_id = '' THEN json_array() ELSE json_array(user_id) END) END));
ALTER TABLE examples DROP COLUMN intent;
ALTER TABLE examples DROP COLUMN sentiment;
ALTER TABLE examples DROP COLUMN persona;
ALTER TABLE examples DROP COLUMN entities;
UPDATE examples AS e SET superseded_by = (
  SELECT o.example_id FROM examples o WHERE o.tenant_id = e.tenant_id AND o.text_key = e.text_key
  ORDER BY o.origin = 'seed' DESC, o.sequence DESC LIMIT 1);
UPDATE examples SET superseded_by = '' WHERE superseded_by = example_id;
CREATE INDEX examples_current ON examples (tenant_id, superseded_by, sequence);

CREATE TABLE example_authors (
  tenant_id TEXT NOT NULL,
  example_id TEXT NOT NULL,
  author TEXT NOT NULL,
  PRIMARY KEY (tenant_id, example_id, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX example_authors_by_author ON example_authors (tenant_id, author);
INSERT OR IGNORE INTO example_authors SELECT tenant_id, example_id, user_id FROM examples
  WHERE user_id <> '';
INSERT OR IGNORE INTO example_authors SELECT e.tenant_id, e.example_id, v.author
  FROM examples e JOIN evidence v ON v.tenant_id = e.tenant_id AND v.turn_id = e.turn_id
  WHERE v.source <> 'self' AND v.author <> '';

CREATE TABLE text_splits (
  tenant_id TEXT NOT NULL,
  group_key TEXT NOT NULL,
  split TEXT NOT NULL,
  PRIMARY KEY (tenant_id, group_key)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO text_splits SELECT tenant_id, pawl_group_key(text), split FROM examples
  ORDER BY sequence;
UPDATE examples AS e SET split = (SELECT s.split FROM text_splits s
  WHERE s.tenant_id = e.tenant_id AND s.group_key = pawl_group_key(e.text));

CREATE TABLE waiting_texts (
  tenant_id TEXT NOT NULL,
  text_key TEXT NOT NULL,
  PRIMARY KEY (tenant_id, text_key)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kDocuments = R"sql(
CREATE TABLE documents (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  document_id TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (tenant_id, kind, document_id)
) STRICT;
CREATE INDEX documents_by_time ON documents (tenant_id, kind, at);

CREATE TABLE memories (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  memory_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  memory_type TEXT NOT NULL,
  content TEXT NOT NULL,
  tags TEXT NOT NULL,
  ai_generated INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (tenant_id, memory_id)
) STRICT;
CREATE INDEX memories_by_sequence ON memories (tenant_id, sequence);
CREATE INDEX memories_by_user ON memories (tenant_id, user_id);
CREATE VIRTUAL TABLE memory_words USING fts5 (content, content='memories', content_rowid='sequence');
INSERT INTO memory_words (memory_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER memory_added AFTER INSERT ON memories BEGIN
  INSERT INTO memory_words (rowid, content) VALUES (new.sequence, new.content);
END;
CREATE TRIGGER memory_removed AFTER DELETE ON memories BEGIN
  INSERT INTO memory_words (memory_words, rowid, content)
  VALUES ('delete', old.sequence, old.content);
END;
)sql";

// What cycles judged, found by head however many cycles there were; it was JSON within their rows.
constexpr const char* kVerdicts = R"sql(
CREATE INDEX cycles_by_status ON cycles (tenant_id, status, sequence);
CREATE INDEX cycles_unfinished ON cycles (tenant_id, sequence) WHERE finished_at IS NULL;

CREATE TABLE head_verdicts (
  tenant_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  head TEXT NOT NULL,
  cycle_sequence INTEGER NOT NULL,
  judged INTEGER NOT NULL,
  deployed INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  PRIMARY KEY (tenant_id, cycle_id, head)
) STRICT, WITHOUT ROWID;
CREATE INDEX head_verdicts_by_head ON head_verdicts (tenant_id, head, deployed, cycle_sequence);
INSERT INTO head_verdicts SELECT c.tenant_id, c.cycle_id, h.key, c.sequence,
  coalesce(json_extract(h.value, '$.judged'), 1), coalesce(json_extract(h.value, '$.deployed'), 0),
  h.value
  FROM cycles c, json_each(c.result, '$.validation.heads') h WHERE c.status = 'completed';

CREATE TABLE forerunner_outcomes (
  tenant_id TEXT NOT NULL,
  head TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  incumbent TEXT NOT NULL,
  gold TEXT NOT NULL,
  said_before TEXT NOT NULL,
  said_now TEXT NOT NULL,
  PRIMARY KEY (tenant_id, head, cycle_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO forerunner_outcomes SELECT c.tenant_id, h.key, c.cycle_id, o.key,
  json_extract(h.value, '$.incumbent'), json_extract(o.value, '$[0]'),
  json_extract(o.value, '$[1]'), json_extract(o.value, '$[2]')
  FROM cycles c, json_each(c.payload, '$.unseen') h, json_each(h.value, '$.outcomes') o
  WHERE c.sequence = (SELECT max(l.sequence) FROM cycles l
    WHERE l.tenant_id = c.tenant_id AND l.status = 'completed');

INSERT INTO counters SELECT tenant_id, 'curation.named',
  CAST(sum(coalesce(json_extract(payload, '$.curation.named'), 0)) AS INTEGER)
  FROM cycles WHERE finished_at IS NOT NULL GROUP BY tenant_id;
INSERT INTO counters SELECT tenant_id, 'curation.unnamed',
  CAST(sum(coalesce(json_extract(payload, '$.curation.unnamed'), 0)) AS INTEGER)
  FROM cycles WHERE finished_at IS NOT NULL GROUP BY tenant_id;
)sql";

constexpr const char* kMemoryVectors = R"sql(
CREATE TABLE memory_vectors (
  sequence INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE INDEX memory_vectors_by_encoder ON memory_vectors (tenant_id, fingerprint, sequence);
CREATE TRIGGER memory_vector_removed AFTER DELETE ON memories BEGIN
  DELETE FROM memory_vectors WHERE sequence = old.sequence;
END;
)sql";

// Step i + 1 leads from version i to version i + 1. Steps that were released never change.
constexpr const char* kMigrations[] = {kInitial,         kSentenceVectors, kRejectedGenerations,
                                       kExampleVersions, kDocuments,       kVerdicts,
                                       kMemoryVectors};

int64_t single_integer(Connection& connection, const char* sql) {
  Query query(connection, sql);
  return query.step() ? query.integer() : 0;
}

// 0 for an empty file.
int64_t version_of(Connection& connection) {
  const int64_t tables = single_integer(connection, "SELECT count(*) FROM sqlite_schema");
  if (tables == 0) return 0;
  if (single_integer(connection, "PRAGMA application_id") != kApplicationId) {
    throw Error(ErrorKind::kFormat, connection.file().string() + " is not a pawl database");
  }
  return single_integer(connection, "SELECT max(version) FROM migrations");
}

[[noreturn]] void refuse_newer(const Connection& connection, int64_t version) {
  throw Error(ErrorKind::kUnsupported,
              connection.file().string() + " was written by a newer pawl (schema " +
                  std::to_string(version) + ", this one knows " + std::to_string(schema_version()) +
                  "); update pawl to use this workspace");
}

// The file as it was, beside it. The write lock is ours: nobody changes it meanwhile.
void keep_copy(Env& env, const Path& file, int64_t version) {
  const Path copy = schema_copy(file, version);
  if (env.exists(copy)) return;
  Path temporary = copy;
  temporary += ".tmp-" + new_uuid(env);
  try {
    env.write_file(temporary, "", false);  // SQLite fills an empty file, which has our mode
    {
      Connection reader(file, Access::kReadOnly, 1000);
      Query(reader, "VACUUM INTO ?").bind(temporary.string()).run();
    }
    env.sync_file(temporary);
    env.rename(temporary, copy);
    env.sync_directory(copy.has_parent_path() ? copy.parent_path() : Path("."));
  } catch (...) {
    env.remove_all(temporary);
    throw;
  }
}

void apply_steps(Connection& connection, int64_t now) {
  int64_t version = version_of(connection);
  if (version > schema_version()) refuse_newer(connection, version);
  if (version == 0) {
    connection.execute("PRAGMA application_id=0x7061776C");
    connection.execute(
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT");
  }
  for (; version < schema_version(); ++version) {
    connection.execute(kMigrations[version]);
    Query(connection, "INSERT INTO migrations VALUES (?, ?)").bind(version + 1, now).run();
  }
}

}  // namespace

int schema_version() {
  return static_cast<int>(std::size(kMigrations));
}

Path schema_copy(const Path& file, int64_t version) {
  return file.string() + ".schema-" + std::to_string(version);
}

void migrate(Env& env, Connection& connection) {
  const int64_t version = version_of(connection);
  if (version > schema_version()) refuse_newer(connection, version);
  if (version == schema_version()) return;
  add_text_functions(connection);
  connection.execute("BEGIN IMMEDIATE");
  try {
    const int64_t now = version_of(connection);  // another process may have been quicker
    if (now > 0 && now < schema_version()) keep_copy(env, connection.file(), now);
    apply_steps(connection, env.now_micros());
    connection.execute("COMMIT");
  } catch (...) {
    try {
      connection.execute("ROLLBACK");
    } catch (const Error&) {
      // SQLite rolls back by itself after some errors.
    }
    throw;
  }
}

void require_current_schema(Connection& connection) {
  const int64_t version = version_of(connection);
  if (version > schema_version()) refuse_newer(connection, version);
  if (version < schema_version()) {
    throw Error(ErrorKind::kUnsupported,
                connection.file().string() +
                    " was written by an older pawl and cannot be brought up to "
                    "date while it is read-only; open it once for writing");
  }
}

}  // namespace pawl::sqlite
