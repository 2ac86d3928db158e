// A database as the program of schema 2 wrote it: what workspaces that were made before hold.
#pragma once

namespace pawl::test {

inline constexpr const char* kSchema2 = R"sql(
PRAGMA application_id=0x7061776C;
PRAGMA journal_mode=WAL;
CREATE TABLE migrations (version INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
INSERT INTO migrations VALUES (1, 5), (2, 5);
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

// A generation that is live, one that it replaced, and three cycles: the second deployed the intent
// head, the third kept it and left its forerunner's outcomes.
inline constexpr const char* kSchema2Rows = R"sql(
UPDATE sequence SET value = 100;
INSERT INTO generations VALUES
  (1, 't', 'g0001-aaaaaa', '', '', 'ready', 1, 'h1', '', 'first', '{}', '{}'),
  (2, 't', 'g0002-bbbbbb', 'g0001-aaaaaa', 'c2', 'ready', 2, 'h2', '', 'better', '{}', '{}');
INSERT INTO live VALUES
  (3, 't', 'g0001-aaaaaa', '', 'init', 'first', '', 1),
  (4, 't', 'g0002-bbbbbb', 'g0001-aaaaaa', 'deploy', 'better', 'c2', 2);
INSERT INTO leases VALUES ('t', 'somebody', 9);
INSERT INTO cycles VALUES
  (5, 't', 'c1', 'completed', 1, 2, 'o', 0, 10, '', 'kept', '{"curation": {"named": 3, "unnamed": 1}}',
   '{"validation": {"heads": {"intent": {"deployed": false, "judged": true, "reason": "kept"}}}}'),
  (6, 't', 'c2', 'completed', 3, 4, 'o', 10, 20, 'g0002-bbbbbb', 'better', '{"curation": {"named": 4}}',
   '{"validation": {"heads": {"intent": {"deployed": true, "judged": true, "reason": "better"}}}}'),
  (7, 't', 'c3', 'completed', 5, 6, 'o', 20, 30, '', 'kept',
   '{"unseen": {"intent": {"incumbent": "w2", "outcomes": [["a", "b", "a"], ["c", "c", "d"]]}}}',
   '{"validation": {"heads": {"intent": {"deployed": false, "judged": true, "reason": "kept"}}}}'),
  (8, 't', 'c4', 'skipped', 7, 8, 'o', 30, 40, '', 'too few', '{}', '{"validation": null}');
INSERT INTO turns VALUES (9, 't', 'u1', 'talk', 'ann', '', 1, 1, 'wake me at six', '', '', '[]', '[]', '');
INSERT INTO feedback (sequence, tenant_id, feedback_id, turn_id, author, received_at, corrected_intent, comment)
  VALUES (10, 't', 'f1', 'u1', 'ann', 2, 'alarm', '');
INSERT INTO examples VALUES (11, 't', 'u1', 'u1', 'talk', 'ann', 'c1', 'g0001-aaaaaa', 'wake me at six', 'k',
  'alarm', NULL, NULL, NULL, 'train', 'conversation', 'active', 1.0, '{"source": "correction", "intent": 0.9}', 3);
)sql";

}  // namespace pawl::test
