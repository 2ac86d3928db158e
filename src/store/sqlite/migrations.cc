#include "store/sqlite/migrations.h"

#include <iterator>

#include "base/error.h"

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

// Step i + 1 leads from version i to version i + 1. Steps that were released never change.
constexpr const char* kMigrations[] = {kInitial, kSentenceVectors, kRejectedGenerations,
                                       kDocuments};

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
