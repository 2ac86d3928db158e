#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/utf8.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_TURN_COLUMNS                                                                         \
  "t.tenant_id, t.turn_id, t.conversation_id, t.user_id, t.session_id, t.said_at, t.received_at," \
  "t.user_text, t.assistant_response, t.persona, t.context_used, t.edits, t.generation_id, "      \
  "t.sequence, t.text_key"

// What others than the model said within (?2, ?3], by the turn it is about and when it was first
// said.
#define PAWL_JUDGED                                                                    \
  "WITH said (turn_id, at) AS ("                                                       \
  "SELECT turn_id, sequence FROM evidence WHERE tenant_id = ?1 AND sequence > ?2 AND " \
  "sequence <= ?3 AND source NOT IN ('self', 'shadow') UNION ALL "                     \
  "SELECT turn_id, sequence FROM feedback WHERE tenant_id = ?1 AND sequence > ?2 AND " \
  "sequence <= ?3) "

// Rows that arrived within (?2, ?3], by the turn they belong to.
#define PAWL_TOUCHED                                                                              \
  "WITH touched (turn_id) AS ("                                                                   \
  "SELECT turn_id FROM turns WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3 UNION "    \
  "SELECT turn_id FROM evidence WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3 UNION " \
  "SELECT turn_id FROM feedback WHERE tenant_id = ?1 AND sequence > ?2 AND sequence <= ?3) "

// A column that something else wrote over is empty, and the row says so: one such row must not take
// everything else that is read along with it.
template <typename Decode>
auto readable(const char* column, std::string& damage, Decode&& decode) -> decltype(decode()) {
  try {
    return decode();
  } catch (const std::exception& error) {
    damage += (damage.empty() ? "" : "; ") + std::string(column) + ": " + error.what();
    return {};
  }
}

std::string readable_text(const char* column, std::string text, std::string& damage) {
  if (utf8::find_invalid(text) == utf8::kValid) return text;
  damage += (damage.empty() ? "" : "; ") + std::string(column) + " is not UTF-8";
  return "";
}

std::optional<double> finite(const char* column, std::optional<double> number,
                             std::string& damage) {
  if (!number || std::isfinite(*number)) return number;
  damage += (damage.empty() ? "" : "; ") + std::string(column) + " is no number";
  return std::nullopt;
}

TurnRecord read_turn(Query& row) {
  TurnRecord turn;
  turn.tenant_id = row.text();
  turn.turn_id = row.text();
  turn.conversation_id = row.text();
  turn.user_id = row.text();
  turn.session_id = row.text();
  turn.said_at = row.integer();
  turn.received_at = row.integer();
  turn.user_text = readable_text("user_text", row.text(), turn.damage);
  turn.assistant_response = readable_text("assistant_response", row.text(), turn.damage);
  turn.persona = readable_text("persona", row.text(), turn.damage);
  const std::string context = row.text(), edits = row.text();
  turn.context_used =
      readable("context_used", turn.damage, [&] { return decode_strings(context); });
  turn.edits = readable("edits", turn.damage, [&] { return decode_edits(edits); });
  turn.generation_id = row.text();
  turn.sequence = row.integer();
  turn.text_key = row.text();
  return turn;
}

EvidenceRecord read_evidence(Query& row) {
  EvidenceRecord evidence;
  evidence.tenant_id = row.text();
  evidence.turn_id = row.text();
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

FeedbackRecord read_feedback(Query& row) {
  FeedbackRecord feedback;
  feedback.tenant_id = row.text();
  feedback.turn_id = row.text();
  feedback.feedback_id = row.text();
  feedback.author = row.text();
  feedback.received_at = row.integer();
  feedback.satisfaction_score = finite("satisfaction_score", row.optional_real(), feedback.damage);
  feedback.response_quality = finite("response_quality", row.optional_real(), feedback.damage);
  if (const auto flag = row.optional_integer()) feedback.needs_correction = *flag != 0;
  feedback.corrected_intent = row.optional_text();
  feedback.corrected_sentiment = row.optional_text();
  const auto entities = row.optional_text();
  feedback.corrected_entities =
      readable("corrected_entities", feedback.damage, [&] { return decode_entities(entities); });
  feedback.preferred_persona = row.optional_text();
  feedback.comment = readable_text("comment", row.text(), feedback.damage);
  feedback.sequence = row.integer();
  return feedback;
}

}  // namespace

bool SqliteTransaction::add_turn(const TurnRecord& turn) {
  if (this->turn(turn.tenant_id, turn.turn_id)) return false;
  Query query(writing(), "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(next_sequence(), turn.tenant_id, turn.turn_id, turn.conversation_id, turn.user_id,
             turn.session_id, turn.said_at, turn.received_at, turn.user_text,
             turn.assistant_response, turn.persona, encode_strings(turn.context_used),
             encode_edits(turn.edits), turn.generation_id, turn.text_key);
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

// Two queries for all of them, whatever their number. CROSS JOIN: turn by turn; in the order of the
// sequence SQLite would walk through all that was ever said.
std::vector<TurnBundle> SqliteTransaction::bundles(std::vector<TurnRecord> turns, int64_t up_to) {
  std::vector<TurnBundle> found;
  if (turns.empty()) return found;
  const std::string tenant = turns.front().tenant_id;
  std::vector<std::string> ids;
  std::unordered_map<std::string, size_t> places;
  for (TurnRecord& turn : turns) {
    ids.push_back(turn.turn_id);
    places.emplace(turn.turn_id, found.size());
    found.push_back({std::move(turn), {}, {}});
  }
  const std::string wanted = encode_strings(ids);
  Query evidence(
      *connection_,
      "SELECT e.tenant_id, turn_id, head, source, e.value, score, author, generation_id, "
      "at, sequence FROM json_each(?3) k CROSS JOIN evidence e ON e.tenant_id = ?1 AND "
      "e.turn_id = k.value AND e.sequence <= ?2 ORDER BY e.sequence");
  for (evidence.bind(tenant, up_to, wanted); evidence.step();) {
    EvidenceRecord record = read_evidence(evidence);
    found[places.at(record.turn_id)].evidence.push_back(std::move(record));
  }
  Query feedback(*connection_,
                 "SELECT tenant_id, turn_id, feedback_id, author, received_at, "
                 "satisfaction_score, response_quality, needs_correction, corrected_intent, "
                 "corrected_sentiment, corrected_entities, preferred_persona, comment, sequence "
                 "FROM json_each(?3) k CROSS JOIN feedback f ON f.tenant_id = ?1 AND "
                 "f.turn_id = k.value AND f.sequence <= ?2 ORDER BY f.sequence");
  for (feedback.bind(tenant, up_to, wanted); feedback.step();) {
    FeedbackRecord record = read_feedback(feedback);
    found[places.at(record.turn_id)].feedback.push_back(std::move(record));
  }
  return found;
}

std::vector<TurnBundle> SqliteTransaction::turns_touched(std::string_view tenant,
                                                         const SequenceRange& range) {
  std::vector<TurnRecord> turns;
  Query rows(*connection_, PAWL_TOUCHED "SELECT " PAWL_TURN_COLUMNS
                                        " FROM turns t JOIN touched USING (turn_id) "
                                        "WHERE t.tenant_id = ?1 ORDER BY t.sequence LIMIT ?4");
  for (rows.bind(tenant, range.after, range.up_to, range.limit); rows.step();)
    turns.push_back(read_turn(rows));
  return bundles(std::move(turns), range.up_to);
}

std::vector<TurnBundle> SqliteTransaction::turns_of_texts(std::string_view tenant,
                                                          std::span<const std::string> text_keys,
                                                          int64_t up_to) {
  std::vector<TurnRecord> turns;
  Query rows(*connection_, "SELECT " PAWL_TURN_COLUMNS
                           " FROM json_each(?2) k CROSS JOIN turns t ON t.sequence IN ("
                           "SELECT s.sequence FROM turns s WHERE s.tenant_id = ?1 AND "
                           "s.text_key = k.value AND s.sequence <= ?3 AND EXISTS (SELECT 1 FROM "
                           "evidence e WHERE e.tenant_id = ?1 AND e.turn_id = s.turn_id AND "
                           "e.source NOT IN ('self', 'shadow') AND e.sequence <= ?3) "
                           "ORDER BY s.sequence DESC LIMIT ?4) ORDER BY t.sequence");
  constexpr int64_t kNewest = 100;
  rows.bind(tenant, encode_strings({text_keys.begin(), text_keys.end()}), up_to, kNewest);
  while (rows.step()) turns.push_back(read_turn(rows));
  return bundles(std::move(turns), up_to);
}

int64_t SqliteTransaction::count_turns_judged(std::string_view tenant, const SequenceRange& range) {
  Query query(*connection_, PAWL_JUDGED "SELECT count(DISTINCT turn_id) FROM said");
  return query.bind(tenant, range.after, range.up_to).step() ? query.integer() : 0;
}

std::vector<std::string> SqliteTransaction::texts_judged(std::string_view tenant,
                                                         const SequenceRange& range) {
  Query rows(*connection_, PAWL_JUDGED
             "SELECT t.text_key FROM said CROSS JOIN turns t ON t.tenant_id = ?1 AND "
             "t.turn_id = said.turn_id GROUP BY t.text_key ORDER BY min(said.at) LIMIT ?4");
  std::vector<std::string> keys;
  for (rows.bind(tenant, range.after, range.up_to, range.limit); rows.step();)
    keys.push_back(rows.text());
  return keys;
}

std::vector<TurnInConversation> SqliteTransaction::turns_in_conversations(
    std::string_view tenant, std::span<const std::string> turn_ids, int64_t up_to) {
  Query rows(*connection_,
             "WITH places (at, before, after) AS (SELECT s.sequence, "
             "(SELECT max(p.sequence) FROM turns p INDEXED BY turns_by_conversation WHERE "
             "p.tenant_id = ?1 AND p.conversation_id = "
             "s.conversation_id AND p.session_id = s.session_id AND p.sequence < s.sequence), "
             "(SELECT min(n.sequence) FROM turns n INDEXED BY turns_by_conversation WHERE "
             "n.tenant_id = ?1 AND n.conversation_id = "
             "s.conversation_id AND n.session_id = s.session_id AND n.sequence > s.sequence AND "
             "n.sequence <= ?3) FROM (SELECT DISTINCT value FROM json_each(?2)) k CROSS JOIN turns "
             "s ON s.tenant_id = ?1 AND s.turn_id = k.value AND s.sequence <= ?3) "
             "SELECT p.at, " PAWL_TURN_COLUMNS
             " FROM places p CROSS JOIN turns t ON t.sequence IN (p.at, p.before, p.after) "
             "ORDER BY p.at, t.sequence");
  std::vector<TurnInConversation> places;
  int64_t last = -1;
  for (rows.bind(tenant, encode_strings({turn_ids.begin(), turn_ids.end()}), up_to); rows.step();) {
    const int64_t at = rows.integer();
    if (at != last) places.emplace_back();
    last = at;
    TurnRecord turn = read_turn(rows);
    if (turn.sequence < at)
      places.back().before = std::move(turn);
    else if (turn.sequence > at)
      places.back().after = std::move(turn);
    else
      places.back().turn = std::move(turn);
  }
  return places;
}

std::vector<TurnBundle> SqliteTransaction::followed_turns(std::string_view tenant,
                                                          const SequenceRange& range) {
  std::vector<TurnRecord> turns;
  Query rows(
      *connection_,
      "SELECT " PAWL_TURN_COLUMNS
      " FROM turns t WHERE t.tenant_id = ?1 AND t.sequence > ?2 AND t.sequence <= ?3 AND "
      "t.user_text <> '' AND EXISTS (SELECT 1 FROM turns n INDEXED BY turns_by_conversation WHERE "
      "n.tenant_id = ?1 AND "
      "n.conversation_id = t.conversation_id AND n.session_id = t.session_id AND "
      "n.user_id = t.user_id AND n.sequence > t.sequence AND n.sequence <= ?3) AND NOT "
      "EXISTS (SELECT 1 FROM evidence e WHERE e.tenant_id = ?1 AND e.turn_id = t.turn_id "
      "AND e.source NOT IN ('self', 'shadow') AND e.sequence <= ?3) ORDER BY t.sequence LIMIT ?4");
  for (rows.bind(tenant, range.after, range.up_to, range.limit); rows.step();)
    turns.push_back(read_turn(rows));
  return bundles(std::move(turns), range.up_to);
}

std::vector<std::string> SqliteTransaction::unjudged_texts(std::string_view tenant,
                                                           const SequenceRange& range) {
  Query rows(
      *connection_,
      "SELECT t.user_text FROM turns t WHERE t.tenant_id = ?1 AND t.sequence > ?2 AND "
      "t.sequence <= ?3 AND t.user_text <> '' AND NOT EXISTS (SELECT 1 FROM evidence e "
      "WHERE e.tenant_id = ?1 AND e.turn_id = t.turn_id AND e.source NOT IN ('self', 'shadow') AND "
      "e.sequence <= ?3) AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.tenant_id = ?1 "
      "AND f.turn_id = t.turn_id AND f.sequence <= ?3) ORDER BY t.sequence LIMIT ?4");
  std::vector<std::string> texts;
  for (rows.bind(tenant, range.after, range.up_to, range.limit); rows.step();)
    texts.push_back(rows.text());
  return texts;
}

bool SqliteTransaction::withdraw_turn(std::string_view tenant, std::string_view turn_id) {
  const auto known = turn(tenant, turn_id);
  if (!known) return false;
  Query(writing(), "DELETE FROM turns WHERE tenant_id = ? AND turn_id = ?")
      .bind(tenant, turn_id)
      .run();
  // An operator's example of the same text is nobody's.
  Query(writing(),
        "DELETE FROM example_authors WHERE tenant_id = ?1 AND example_id IN (SELECT example_id "
        "FROM examples WHERE tenant_id = ?1 AND text_key = ?2 AND origin <> 'seed')")
      .bind(tenant, known->text_key)
      .run();
  Query(writing(), "DELETE FROM examples WHERE tenant_id = ? AND text_key = ? AND origin <> 'seed'")
      .bind(tenant, known->text_key)
      .run();
  Query(writing(),
        "DELETE FROM documents WHERE tenant_id = ? AND kind = 'belief' AND document_id = ?")
      .bind(tenant, known->text_key)
      .run();
  Query others(*connection_, "SELECT 1 FROM turns WHERE tenant_id = ? AND text_key = ? LIMIT 1");
  if (others.bind(tenant, known->text_key).step()) wait_for(tenant, known->text_key);
  drop_vectors_without_example(tenant);
  note_withdrawal(tenant);
  return true;
}

// What was learnt before can no longer be learnt again in the same way.
void SqliteTransaction::note_withdrawal(std::string_view tenant) {
  set_value(tenant, kWithdrawnAt, std::to_string(next_sequence()));
}

int64_t SqliteTransaction::withdraw_evidence(std::string_view tenant, std::string_view turn_id,
                                             std::string_view source, std::string_view author) {
  const auto known = turn(tenant, turn_id);
  if (!known) return 0;
  Query(writing(),
        "DELETE FROM evidence WHERE tenant_id = ? AND turn_id = ? AND source = ? AND author = ?")
      .bind(tenant, turn_id, source, author)
      .run();
  const int64_t taken_back = changes();
  if (taken_back == 0) return 0;
  wait_for(tenant, known->text_key);
  note_withdrawal(tenant);
  return taken_back;
}

void SqliteTransaction::reconsider(std::string_view tenant, std::string_view author) {
  Query(writing(),
        "INSERT OR IGNORE INTO waiting_texts SELECT DISTINCT ?1, t.text_key FROM evidence e JOIN "
        "turns t ON t.tenant_id = ?1 AND t.turn_id = e.turn_id WHERE e.tenant_id = ?1 AND "
        "e.author = ?2 AND e.source = 'correction'")
      .bind(tenant, author)
      .run();
}

// Rows arrive in the order of their sequence, so the walk from the newest one ends early.
std::vector<ActivityRecord> SqliteTransaction::activity(std::string_view tenant, int64_t since,
                                                        int64_t span) {
  std::map<int64_t, ActivityRecord> spans;
  const auto span_of = [&](int64_t at) -> ActivityRecord& {
    ActivityRecord& found = spans[at / span * span];
    found.from = at / span * span;
    return found;
  };
  Query turns(*connection_,
              "SELECT received_at FROM turns WHERE tenant_id = ? ORDER BY sequence DESC");
  for (turns.bind(tenant); turns.step();) {
    const int64_t at = turns.integer();
    if (at < since) break;
    ++span_of(at).turns;
  }
  Query feedback(*connection_,
                 "SELECT received_at, coalesce(corrected_intent, corrected_sentiment, "
                 "corrected_entities) IS NOT NULL FROM feedback WHERE tenant_id = ? "
                 "ORDER BY sequence DESC");
  for (feedback.bind(tenant); feedback.step();) {
    const int64_t at = feedback.integer();
    if (at < since) break;
    ++span_of(at).feedback;
    span_of(at).corrections += feedback.integer();
  }
  std::vector<ActivityRecord> found;
  for (const auto& [from, record] : spans) found.push_back(record);
  return found;
}

std::vector<TurnBundle> SqliteTransaction::recent_turns(std::string_view tenant, int64_t before,
                                                        std::string_view text, size_t limit) {
  std::vector<TurnRecord> turns;
  Query rows(*connection_, "SELECT " PAWL_TURN_COLUMNS
                           " FROM turns t WHERE t.tenant_id = ?1 AND t.sequence < ?2 "
                           "AND (?3 = '' OR instr(lower(t.user_text), lower(?3)) > 0) "
                           "ORDER BY t.sequence DESC LIMIT ?4");
  for (rows.bind(tenant, before, text, limit); rows.step();) turns.push_back(read_turn(rows));
  return bundles(std::move(turns), INT64_MAX);
}

std::vector<TurnRecord> SqliteTransaction::turns_answered(std::string_view tenant,
                                                          const SequenceRange& range) {
  std::vector<TurnRecord> turns;
  Query rows(*connection_, "SELECT " PAWL_TURN_COLUMNS
                           " FROM turns t WHERE t.tenant_id = ? AND t.sequence > ? AND "
                           "t.sequence <= ? AND t.generation_id <> '' ORDER BY t.sequence LIMIT ?");
  for (rows.bind(tenant, range.after, range.up_to, range.limit); rows.step();)
    turns.push_back(read_turn(rows));
  return turns;
}

std::vector<TurnBundle> SqliteTransaction::turns_answered_by(std::string_view tenant,
                                                             std::string_view generation,
                                                             const SequenceRange& range) {
  std::vector<TurnRecord> turns;
  Query rows(*connection_, "SELECT " PAWL_TURN_COLUMNS
                           " FROM turns t WHERE t.tenant_id = ?1 AND t.sequence > ?2 AND "
                           "t.sequence <= ?3 AND t.generation_id = ?5 "
                           "ORDER BY t.sequence DESC LIMIT ?4");
  for (rows.bind(tenant, range.after, range.up_to, range.limit, generation); rows.step();)
    turns.push_back(read_turn(rows));
  std::reverse(turns.begin(), turns.end());
  return bundles(std::move(turns), INT64_MAX);
}

int64_t SqliteTransaction::count_turns(std::string_view tenant, const SequenceRange& range) {
  Query query(*connection_,
              "SELECT count(*) FROM turns WHERE tenant_id = ? AND sequence > ? AND sequence <= ?");
  return query.bind(tenant, range.after, range.up_to).step() ? query.integer() : 0;
}

PersonaHistory SqliteTransaction::persona_history(std::string_view tenant,
                                                  std::string_view user_id) {
  PersonaHistory history;
  Query stated(*connection_,
               "SELECT preferred_persona FROM feedback WHERE tenant_id = ? AND author = ? AND "
               "preferred_persona <> '' ORDER BY sequence DESC LIMIT 1");
  if (stated.bind(tenant, user_id).step()) history.stated = stated.text();
  Query rated(*connection_,
              "SELECT coalesce(nullif(t.persona, ''), (SELECT e.value FROM evidence e WHERE "
              "e.tenant_id = t.tenant_id AND e.turn_id = t.turn_id AND e.source = 'self' AND "
              "e.head = 'persona' LIMIT 1)) AS persona, sum(coalesce(f.satisfaction_score, "
              "f.response_quality)), count(*) FROM (SELECT * FROM turns WHERE tenant_id = ?1 AND "
              "user_id = ?2 ORDER BY sequence DESC LIMIT 1000) t JOIN feedback f ON f.tenant_id = "
              "t.tenant_id AND f.turn_id = t.turn_id AND f.author = ?2 WHERE "
              "coalesce(f.satisfaction_score, f.response_quality) IS NOT NULL GROUP BY 1");
  for (rated.bind(tenant, user_id); rated.step();) {
    const std::string persona = rated.optional_text().value_or("");
    PersonaHistory::Ratings ratings;
    ratings.sum = rated.real();
    ratings.count = static_cast<size_t>(rated.integer());
    if (!persona.empty()) history.ratings[persona] = ratings;
  }
  return history;
}

}  // namespace pawl::sqlite
