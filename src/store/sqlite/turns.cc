#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_TURN_COLUMNS                                                                         \
  "t.tenant_id, t.turn_id, t.conversation_id, t.user_id, t.session_id, t.said_at, t.received_at," \
  "t.user_text, t.assistant_response, t.persona, t.context_used, t.edits, t.generation_id, "      \
  "t.sequence"

// Rows that arrived within (?2, ?3], by the turn they belong to.
#define PAWL_TOUCHED                                                                              \
  "WITH touched (turn_id) AS ("                                                                   \
  "SELECT turn_id FROM turns WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3 UNION "    \
  "SELECT turn_id FROM evidence WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3 UNION " \
  "SELECT turn_id FROM feedback WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3) "

TurnRecord read_turn(Query& row) {
  TurnRecord turn;
  turn.tenant_id = row.text();
  turn.turn_id = row.text();
  turn.conversation_id = row.text();
  turn.user_id = row.text();
  turn.session_id = row.text();
  turn.said_at = row.integer();
  turn.received_at = row.integer();
  turn.user_text = row.text();
  turn.assistant_response = row.text();
  turn.persona = row.text();
  turn.context_used = decode_strings(row.text());
  turn.edits = decode_edits(row.text());
  turn.generation_id = row.text();
  turn.sequence = row.integer();
  return turn;
}

EvidenceRecord read_evidence(Query& row, const TurnRecord& turn) {
  EvidenceRecord evidence;
  evidence.tenant_id = turn.tenant_id;
  evidence.turn_id = turn.turn_id;
  evidence.head = row.text();
  evidence.source = row.text();
  evidence.value = row.text();
  evidence.score = row.real();
  evidence.author = row.text();
  evidence.generation_id = row.text();
  evidence.at = row.integer();
  evidence.sequence = row.integer();
  return evidence;
}

FeedbackRecord read_feedback(Query& row, const TurnRecord& turn) {
  FeedbackRecord feedback;
  feedback.tenant_id = turn.tenant_id;
  feedback.turn_id = turn.turn_id;
  feedback.feedback_id = row.text();
  feedback.author = row.text();
  feedback.received_at = row.integer();
  feedback.satisfaction_score = row.optional_real();
  feedback.response_quality = row.optional_real();
  if (const auto flag = row.optional_integer()) feedback.needs_correction = *flag != 0;
  feedback.corrected_intent = row.optional_text();
  feedback.corrected_sentiment = row.optional_text();
  feedback.corrected_entities = decode_entities(row.optional_text());
  feedback.preferred_persona = row.optional_text();
  feedback.comment = row.text();
  feedback.sequence = row.integer();
  return feedback;
}

void load_evidence(Connection& connection, TurnBundle& bundle, int64_t up_to) {
  Query rows(connection,
             "SELECT head, source, value, score, author, generation_id, at, sequence FROM evidence "
             "WHERE tenant_id = ? AND turn_id = ? AND sequence <= ? ORDER BY sequence");
  rows.bind(bundle.turn.tenant_id, bundle.turn.turn_id, up_to);
  while (rows.step()) bundle.evidence.push_back(read_evidence(rows, bundle.turn));
}

void load_feedback(Connection& connection, TurnBundle& bundle, int64_t up_to) {
  Query rows(connection,
             "SELECT feedback_id, author, received_at, satisfaction_score, response_quality, "
             "needs_correction, corrected_intent, corrected_sentiment, corrected_entities, "
             "preferred_persona, comment, sequence FROM feedback "
             "WHERE tenant_id = ? AND turn_id = ? AND sequence <= ? ORDER BY sequence");
  rows.bind(bundle.turn.tenant_id, bundle.turn.turn_id, up_to);
  while (rows.step()) bundle.feedback.push_back(read_feedback(rows, bundle.turn));
}

}  // namespace

bool SqliteTransaction::add_turn(const TurnRecord& turn) {
  if (this->turn(turn.tenant_id, turn.turn_id)) return false;
  Query query(writing(), "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), turn.tenant_id, turn.turn_id, turn.conversation_id, turn.user_id,
             turn.session_id, turn.said_at, turn.received_at, turn.user_text,
             turn.assistant_response, turn.persona, encode_strings(turn.context_used),
             encode_edits(turn.edits), turn.generation_id);
  query.run();
  return true;
}

bool SqliteTransaction::add_feedback(const FeedbackRecord& feedback) {
  {
    Query known(writing(), "SELECT 1 FROM feedback WHERE tenant_id = ? AND feedback_id = ?");
    if (known.bind(feedback.tenant_id, feedback.feedback_id).step()) return false;
  }
  Query query(writing(), "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), feedback.tenant_id, feedback.feedback_id, feedback.turn_id,
             feedback.author, feedback.received_at, feedback.satisfaction_score,
             feedback.response_quality, feedback.needs_correction, feedback.corrected_intent,
             feedback.corrected_sentiment, encode_entities(feedback.corrected_entities),
             feedback.preferred_persona, feedback.comment);
  query.run();
  return true;
}

void SqliteTransaction::add_evidence(const EvidenceRecord& evidence) {
  Query query(writing(), "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), evidence.tenant_id, evidence.turn_id, evidence.head, evidence.source,
             evidence.value, evidence.score, evidence.author, evidence.generation_id, evidence.at);
  query.run();
}

std::optional<TurnRecord> SqliteTransaction::turn(std::string_view tenant,
                                                  std::string_view turn_id) {
  Query query(*connection_,
              "SELECT " PAWL_TURN_COLUMNS " FROM turns t WHERE t.tenant_id = ? AND t.turn_id = ?");
  if (!query.bind(tenant, turn_id).step()) return std::nullopt;
  return read_turn(query);
}

std::optional<TurnRecord> SqliteTransaction::last_turn_of(std::string_view tenant,
                                                          std::string_view conversation) {
  Query query(*connection_, "SELECT " PAWL_TURN_COLUMNS
                            " FROM turns t WHERE t.tenant_id = ? AND t.conversation_id = ? "
                            "ORDER BY t.sequence DESC LIMIT 1");
  if (!query.bind(tenant, conversation).step()) return std::nullopt;
  return read_turn(query);
}

std::vector<TurnBundle> SqliteTransaction::turns_touched(std::string_view tenant,
                                                         const SequenceRange& range) {
  std::vector<TurnBundle> bundles;
  {
    Query rows(*connection_, PAWL_TOUCHED "SELECT " PAWL_TURN_COLUMNS
                                          " FROM turns t JOIN touched USING (turn_id) "
                                          "WHERE t.tenant_id = ?1 ORDER BY t.sequence LIMIT ?4");
    rows.bind(tenant, range.after, range.up_to, range.limit);
    while (rows.step()) bundles.push_back({read_turn(rows), {}, {}});
  }
  for (TurnBundle& bundle : bundles) {
    load_evidence(*connection_, bundle, range.up_to);
    load_feedback(*connection_, bundle, range.up_to);
  }
  return bundles;
}

std::vector<TurnBundle> SqliteTransaction::recent_turns(std::string_view tenant, int64_t before,
                                                        std::string_view text, size_t limit) {
  std::vector<TurnBundle> bundles;
  {
    Query rows(*connection_, "SELECT " PAWL_TURN_COLUMNS
                             " FROM turns t WHERE t.tenant_id = ?1 AND t.sequence < ?2 "
                             "AND (?3 = '' OR instr(lower(t.user_text), lower(?3)) > 0) "
                             "ORDER BY t.sequence DESC LIMIT ?4");
    rows.bind(tenant, before, text, limit);
    while (rows.step()) bundles.push_back({read_turn(rows), {}, {}});
  }
  for (TurnBundle& bundle : bundles) {
    load_evidence(*connection_, bundle, INT64_MAX);
    load_feedback(*connection_, bundle, INT64_MAX);
  }
  return bundles;
}

int64_t SqliteTransaction::count_turns(std::string_view tenant, const SequenceRange& range) {
  Query query(*connection_,
              "SELECT count(*) FROM turns WHERE tenant_id = ? AND sequence > ? AND sequence <= ?");
  return query.bind(tenant, range.after, range.up_to).step() ? query.integer() : 0;
}

int64_t SqliteTransaction::count_turns_touched(std::string_view tenant,
                                               const SequenceRange& range) {
  Query query(*connection_, PAWL_TOUCHED "SELECT count(*) FROM touched");
  return query.bind(tenant, range.after, range.up_to).step() ? query.integer() : 0;
}

int64_t SqliteTransaction::count_turns_judged(std::string_view tenant, const SequenceRange& range) {
  Query query(*connection_,
              "SELECT count(DISTINCT turn_id) FROM feedback "
              "WHERE tenant_id = ? AND sequence > ? AND sequence <= ?");
  return query.bind(tenant, range.after, range.up_to).step() ? query.integer() : 0;
}

ErasedCounts SqliteTransaction::erase_user(std::string_view tenant, std::string_view user_id) {
  const auto erase = [&](const char* sql) {
    Query(writing(), sql).bind(tenant, user_id).run();
    return changes();
  };
  ErasedCounts counts;
  // Before the turns, which take what belongs to them along uncounted.
  counts.evidence = erase(
      "DELETE FROM evidence WHERE tenant_id = ?1 AND (author = ?2 OR turn_id IN "
      "(SELECT turn_id FROM turns WHERE tenant_id = ?1 AND user_id = ?2))");
  counts.feedback = erase(
      "DELETE FROM feedback WHERE tenant_id = ?1 AND (author = ?2 OR turn_id IN "
      "(SELECT turn_id FROM turns WHERE tenant_id = ?1 AND user_id = ?2))");
  counts.turns = erase("DELETE FROM turns WHERE tenant_id = ?1 AND user_id = ?2");
  counts.examples = erase("DELETE FROM examples WHERE tenant_id = ?1 AND user_id = ?2");
  erase("DELETE FROM memories WHERE tenant_id = ?1 AND user_id = ?2");
  drop_vectors_without_example(tenant);
  return counts;
}

}  // namespace pawl::sqlite
