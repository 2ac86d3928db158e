#include "learn/intake/collect.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/text_key.h"
#include "base/utf8.h"
#include "learn/intake/collect_checks.h"
#include "learn/intake/repeat.h"
#include "learn/privacy/corrected_names.h"
#include "learn/privacy/person_names.h"

namespace pawl::learn {

namespace {

constexpr size_t kReportedRejections = 100;
constexpr const char* kSecretName = "id_secret";

std::string hex_of(const unsigned char* bytes, size_t size) {
  constexpr const char* kHex = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 0xF]);
  }
  return out;
}

// A digest of fields, each with its length before it.
std::string digest_of(std::initializer_list<std::string> fields) {
  Blake2b hash;
  for (const std::string& field : fields) {
    hash.update(std::to_string(field.size()) + ":");
    hash.update(field);
  }
  return hash.hex().substr(0, 32);
}

uint64_t total(const std::map<std::string, uint64_t>& counts) {
  uint64_t sum = 0;
  for (const auto& [kind, count] : counts) sum += count;
  return sum;
}

}  // namespace

std::string stored_id(const std::string& id, const std::string& secret, IdOf of) {
  if (!is_personal_id(id, of)) return id;
  return "id-" + digest_of({secret, id});
}

std::string id_secret(Env& env, Store& store) {
  const auto read = [](Transaction& tx) { return tx.value("", kSecretName); };
  if (const auto known = read_from(store, read)) return *known;
  unsigned char random[32];
  env.random_bytes(random, sizeof(random));
  return write_to(store, [&](Transaction& tx) {
    if (const auto known = read(tx)) return *known;
    const std::string secret = hex_of(random, sizeof(random));
    tx.set_value("", kSecretName, secret);
    return secret;
  });
}

std::vector<EvidenceRecord> statements_of(const SelfAnalysis& said) {
  std::vector<EvidenceRecord> statements;
  const auto say = [&](const char* head, const std::string& value, double score) {
    if (value.empty()) return;
    EvidenceRecord& statement = statements.emplace_back();
    statement.head = head;
    statement.source = "self";
    statement.value = value;
    statement.score = score;
  };
  say("intent", said.intent, said.intent_confidence);
  say("sentiment", said.sentiment, said.sentiment_confidence);
  say("persona", said.persona, 1.0);
  if (!said.entities.empty()) say("entities", entities_text(said.entities), 1.0);
  return statements;
}

CollectSummary& CollectSummary::operator+=(const CollectSummary& other) {
  accepted += other.accepted;
  rejected += other.rejected;
  skipped_no_consent += other.skipped_no_consent;
  duplicates += other.duplicates;
  feedback += other.feedback;
  redactions += other.redactions;
  for (const auto& [kind, count] : other.redactions_by_kind) redactions_by_kind[kind] += count;
  rejections.insert(rejections.end(), other.rejections.begin(), other.rejections.end());
  std::sort(rejections.begin(), rejections.end(),
            [](const RejectedLine& a, const RejectedLine& b) { return a.line < b.line; });
  if (rejections.size() > kReportedRejections) rejections.resize(kReportedRejections);
  return *this;
}

// What storing a group found out; it counts only once the group is committed.
struct Collector::Outcome {
  uint64_t accepted = 0;
  uint64_t new_turns = 0;
  uint64_t duplicates = 0;
  uint64_t feedback = 0;
  std::map<std::string, uint64_t> redactions;
  std::vector<RejectedLine> rejected;
  std::vector<StoredLine> stored;
};

Collector::Collector(Env& env, Store& store, CollectModel& model, CollectSettings settings)
    : env_(env),
      store_(store),
      model_(model),
      settings_(std::move(settings)),
      secret_(id_secret(env, store)) {}

Collector::~Collector() = default;

void Collector::reject(uint64_t line, const std::string& reason) {
  ++summary_.rejected;
  if (summary_.rejections.size() < kReportedRejections)
    summary_.rejections.push_back({line, reason});
  if (on_rejected_) on_rejected_({line, reason});
}

void Collector::add_turn(uint64_t line, TurnInput turn) {
  Pending pending;
  pending.line = line;
  pending.consented = turn.consent.value_or(settings_.consent_by_default);
  if (!pending.consented) {
    ++summary_.skipped_no_consent;
    ++skipped_;
  }
  try {
    check_turn(turn, settings_);
  } catch (const Error& e) {
    if (pending.consented) reject(line, e.what());
    return;
  }
  if (!pending.consented) turn.feedback.reset();
  if (turn.feedback && says_something(*turn.feedback)) pending.feedback = std::move(turn.feedback);
  turn.feedback.reset();
  pending.turn = std::move(turn);
  add(std::move(pending));
}

void Collector::add_feedback(uint64_t line, FeedbackInput feedback) {
  if (!feedback.consent.value_or(true)) {
    ++summary_.skipped_no_consent;
    ++skipped_;
    return;
  }
  try {
    check_late_feedback(feedback, settings_);
  } catch (const Error& e) {
    return reject(line, e.what());
  }
  Pending pending;
  pending.line = line;
  pending.feedback = std::move(feedback);
  add(std::move(pending));
}

void Collector::add(Pending pending) {
  pending_.push_back(std::move(pending));
  if (pending_.size() >= settings_.group) flush();
}

void Collector::analyze(std::vector<Pending>& group) {
  std::vector<std::string> texts;
  std::vector<Pending*> owners;
  for (Pending& pending : group) {
    if (!pending.turn) continue;
    texts.push_back(pending.turn->user_text);
    owners.push_back(&pending);
  }
  if (texts.empty()) return;
  std::vector<SelfAnalysis> analyses = model_.analyze(texts);
  if (analyses.size() != texts.size()) throw Error(ErrorKind::kInternal, "a model left turns out");
  for (size_t i = 0; i < owners.size(); ++i) {
    owners[i]->self = std::move(analyses[i]);
    auto& answered = owners[i]->turn->answered;
    if (!answered) continue;
    answered->persons = std::move(owners[i]->self.persons);
    owners[i]->self = std::move(*answered);
  }
  analyze_kept(owners);
}

// Where something is removed, the model's word is what it says of the rest: that can be found out
// again from what is kept.
void Collector::analyze_kept(std::span<Pending* const> owners) {
  std::vector<std::string> texts;
  std::vector<Pending*> changed;
  for (Pending* pending : owners) {
    if (pending->turn->answered) continue;
    Redaction redaction = redact(pending->turn->user_text, persons_of(*pending));
    if (redaction.edits.empty()) continue;
    texts.push_back(std::move(redaction.text));
    changed.push_back(pending);
  }
  if (texts.empty()) return;
  std::vector<SelfAnalysis> said = model_.analyze_kept(texts);
  if (said.size() != texts.size()) throw Error(ErrorKind::kInternal, "a model left turns out");
  for (size_t i = 0; i < changed.size(); ++i) {
    said[i].persons = std::move(changed[i]->self.persons);
    changed[i]->self = std::move(said[i]);
    changed[i]->of_kept_text = true;
  }
}

// Names in the assistant's answers and in comments.
void Collector::find_persons(std::vector<Pending>& group) {
  std::vector<std::string> texts;
  std::vector<std::vector<CodePointSpan>*> owners;
  const auto want = [&](const std::string& text, std::vector<CodePointSpan>& owner) {
    if (text.empty()) return;
    texts.push_back(text);
    owners.push_back(&owner);
  };
  for (Pending& pending : group) {
    if (pending.turn) {
      want(pending.turn->assistant_response, pending.response_persons);
      want(pending.turn->persona, pending.persona_persons);
    }
    if (pending.feedback) want(pending.feedback->comment, pending.comment_persons);
  }
  if (texts.empty()) return;
  std::vector<std::vector<CodePointSpan>> found = model_.find_persons(texts);
  if (found.size() != texts.size()) throw Error(ErrorKind::kInternal, "a model left texts out");
  for (size_t i = 0; i < owners.size(); ++i) *owners[i] = std::move(found[i]);
}

std::string Collector::clean(const std::string& text, std::span<const CodePointSpan> persons,
                             Outcome& outcome) {
  Redaction redaction = redact(text, find_names(text, persons));
  for (const TextEdit& edit : redaction.edits) ++outcome.redactions[edit.kind];
  return std::move(redaction.text);
}

// The names in the user's text, without those of which the feedback says that they are none.
std::vector<CodePointSpan> Collector::persons_of(const Pending& pending) const {
  const std::string& text = pending.turn->user_text;
  std::vector<CodePointSpan> names = find_names(text, pending.self.persons);
  if (!pending.feedback || !pending.feedback->corrected_entities) return names;
  return without_corrected(text, names, *pending.feedback->corrected_entities);
}

TurnRecord Collector::make_record(const Pending& pending, Outcome& outcome) {
  const TurnInput& turn = *pending.turn;
  TurnRecord record;
  record.tenant_id = settings_.tenant_id;
  record.conversation_id = id(turn.conversation_id);
  record.user_id = id(turn.user_id, IdOf::kPerson);
  record.session_id = id(turn.session_id);
  record.received_at = env_.now_micros();
  record.said_at = turn.said_at.value_or(record.received_at);
  Redaction redaction = redact(turn.user_text, persons_of(pending));
  for (const TextEdit& edit : redaction.edits) ++outcome.redactions[edit.kind];
  record.user_text = std::move(redaction.text);
  record.text_key = text_key(record.user_text);
  record.edits = std::move(redaction.edits);
  record.assistant_response = clean(turn.assistant_response, pending.response_persons, outcome);
  record.persona = clean(turn.persona, pending.persona_persons, outcome);
  // There is no sentence around it that would tell a name, and a recogniser that finds half of one
  // leaves the rest.
  const bool named = record.persona.find("<PERSON>") != std::string::npos;
  if (named || is_personal_label(record.persona)) {
    record.persona = "<PERSON>";
    if (!named) ++outcome.redactions["PERSON"];
  }
  for (const std::string& context : turn.context_used) record.context_used.push_back(id(context));
  record.generation_id = turn.answered ? "" : model_.generation_id();
  record.turn_id = id(turn.turn_id);
  if (record.turn_id.empty() && turn.said_at) {
    // The same line given twice is the same turn.
    record.turn_id = "t-" + digest_of({record.conversation_id, record.user_id, record.session_id,
                                       std::to_string(record.said_at), record.user_text});
  } else if (record.turn_id.empty()) {
    record.turn_id = new_uuid(env_);
  }
  return record;
}

void Collector::store_turn(Transaction& tx, const Pending& pending, Outcome& outcome) {
  Outcome redacted;
  const TurnRecord record = make_record(pending, redacted);
  if (const auto known = tx.turn(record.tenant_id, record.turn_id))
    return store_repeat(tx, pending, *known, record, outcome);
  tx.add_turn(record);
  ++outcome.accepted;
  ++outcome.new_turns;
  for (const auto& [kind, count] : redacted.redactions) outcome.redactions[kind] += count;
  outcome.stored.push_back({pending.line, record.turn_id, true, false, total(redacted.redactions)});

  SelfAnalysis said = pending.self;
  if (!pending.of_kept_text) said.entities = move_entities(said.entities, record.edits);
  for (EvidenceRecord& evidence : statements_of(said)) {
    evidence.tenant_id = record.tenant_id;
    evidence.turn_id = record.turn_id;
    evidence.author = record.generation_id;
    evidence.generation_id = record.generation_id;
    evidence.at = record.received_at;
    tx.add_evidence(evidence);
  }
  if (pending.feedback) store_feedback(tx, pending, record, outcome);
}

void Collector::store_repeat(Transaction& tx, const Pending& pending, const TurnRecord& known,
                             const TurnRecord& again, Outcome& outcome) {
  if (!is_repeat(known, again, pending.turn->user_text)) {
    outcome.rejected.push_back({pending.line,
                                "\"turn_id\" is that of another turn, which was stored before; "
                                "give each turn an id of its own"});
    return;
  }
  outcome.stored.push_back({pending.line, known.turn_id, true, true});
  const uint64_t before = outcome.duplicates;
  if (pending.feedback) store_feedback(tx, pending, known, outcome);
  outcome.duplicates = before + 1;  // one line, one duplicate
}

std::string Collector::silence_name(const std::string& conversation_id) const {
  return "silence." + digest_of({secret_, conversation_id});
}

// A known turn goes; and feedback that names only the conversation is not about an earlier turn.
void Collector::refuse_consent(Transaction& tx, const Pending& pending) {
  const TurnInput& given = *pending.turn;
  const std::string conversation = id(given.conversation_id);
  if (!given.turn_id.empty() || given.said_at) {
    Outcome nothing;
    const TurnRecord record = make_record(pending, nothing);
    const auto known = tx.turn(settings_.tenant_id, record.turn_id);
    if (known && known->user_id == record.user_id)
      tx.withdraw_turn(settings_.tenant_id, known->turn_id);
  }
  if (const auto last = tx.last_turn_of(settings_.tenant_id, conversation))
    tx.set_value(settings_.tenant_id, silence_name(conversation), last->turn_id);
}

void Collector::store_feedback(Transaction& tx, const Pending& pending, const TurnRecord& turn,
                               Outcome& outcome) {
  const FeedbackInput& given = *pending.feedback;
  FeedbackRecord record;
  record.tenant_id = settings_.tenant_id;
  record.turn_id = turn.turn_id;
  record.author = given.author.empty() ? turn.user_id : id(given.author, IdOf::kPerson);
  record.received_at = env_.now_micros();
  record.satisfaction_score = given.satisfaction_score;
  record.response_quality = given.response_quality;
  record.needs_correction = given.needs_correction;
  record.corrected_intent = given.corrected_intent;
  record.corrected_sentiment = given.corrected_sentiment;
  record.preferred_persona = given.preferred_persona;
  if (given.corrected_entities) {
    check_entities("corrected_entities", *given.corrected_entities, said_length(turn), settings_);
    record.corrected_entities = move_entities(*given.corrected_entities, turn.edits);
  }
  Outcome redacted;
  record.comment = clean(given.comment, pending.comment_persons, redacted);
  // The same words from the same person about the same turn are one piece of feedback.
  record.feedback_id = "f-" + digest_of({turn.turn_id, record.author, describe_feedback(record)});
  const bool known = !tx.add_feedback(record);
  if (!pending.turn)
    outcome.stored.push_back(
        {pending.line, turn.turn_id, false, known, known ? 0 : total(redacted.redactions)});
  if (known) {
    ++outcome.duplicates;
    return;
  }
  ++outcome.feedback;
  for (const auto& [kind, count] : redacted.redactions) outcome.redactions[kind] += count;
  for (EvidenceRecord& evidence : evidence_of(record, turn)) tx.add_evidence(evidence);
}

// An id that pawl gave is looked for as it is: its digits may look like somebody's number by
// chance.
std::optional<TurnRecord> Collector::judged_turn(Transaction& tx,
                                                 const FeedbackInput& feedback) const {
  const std::string& tenant = settings_.tenant_id;
  if (feedback.turn_id.empty()) {
    const std::string conversation = id(feedback.conversation_id);
    auto last = tx.last_turn_of(tenant, conversation);
    if (last && tx.value(tenant, silence_name(conversation)) == last->turn_id) return std::nullopt;
    return last;
  }
  if (auto turn = tx.turn(tenant, feedback.turn_id)) return turn;
  return tx.turn(tenant, id(feedback.turn_id));
}

// One line. What is wrong with it alone is noted and leaves the others be.
void Collector::store(Transaction& tx, const Pending& pending, Outcome& outcome) {
  if (!pending.consented) return refuse_consent(tx, pending);
  if (pending.turn) return store_turn(tx, pending, outcome);
  const FeedbackInput& feedback = *pending.feedback;
  const auto turn = judged_turn(tx, feedback);
  if (!turn) {
    outcome.rejected.push_back(
        {pending.line, "no turn of this " +
                           std::string(feedback.turn_id.empty() ? "conversation" : "id") +
                           " was stored (without consent none is)"});
    return;
  }
  store_feedback(tx, pending, *turn, outcome);
  ++outcome.accepted;
}

// A text that the live model's rules cannot take is the trouble of its own line.
void Collector::analyze_pending() {
  const auto try_all = [&](std::vector<Pending>& group) -> std::string {
    try {
      analyze(group);
      find_persons(group);
      return "";
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kInvalidInput && e.kind() != ErrorKind::kFormat) throw;
      return e.what();
    }
  };
  if (try_all(pending_).empty()) return;
  std::vector<Pending> good;
  for (Pending& pending : pending_) {
    std::vector<Pending> alone;
    alone.push_back(std::move(pending));
    const std::string problem = try_all(alone);
    if (problem.empty()) {
      good.push_back(std::move(alone.front()));
    } else {
      reject(alone.front().line, problem);
    }
  }
  pending_ = std::move(good);
}

void Collector::flush() {
  if (pending_.empty() && skipped_ == 0) return;
  analyze_pending();
  Outcome outcome;
  write_to(store_, [&](Transaction& tx) {
    for (const Pending& pending : pending_) {
      try {
        store(tx, pending, outcome);
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::kInvalidInput) throw;
        outcome.rejected.push_back({pending.line, e.what()});
      }
    }
    const auto count = [&](const char* name, uint64_t value) {
      if (value > 0) tx.add_counter(settings_.tenant_id, name, static_cast<int64_t>(value));
    };
    count("turns.accepted", outcome.new_turns);
    count("turns.skipped_no_consent", skipped_);
    count("feedback.stored", outcome.feedback);
    for (const auto& [kind, number] : outcome.redactions)
      count(("redactions." + kind).c_str(), number);
  });
  pending_.clear();
  skipped_ = 0;
  summary_.accepted += outcome.accepted;
  summary_.duplicates += outcome.duplicates;
  summary_.feedback += outcome.feedback;
  for (const auto& [kind, number] : outcome.redactions) {
    summary_.redactions_by_kind[kind] += number;
    summary_.redactions += number;
  }
  for (const RejectedLine& line : outcome.rejected) reject(line.line, line.reason);
  if (on_stored_) {
    for (const StoredLine& line : outcome.stored) on_stored_(line);
  }
}

}  // namespace pawl::learn
