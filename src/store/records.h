// What a workspace remembers, as plain values. Times are microseconds since 1970 in UTC; offsets
// are code points. Every key begins with the tenant. `sequence` is the order in which the store
// committed rows; it never repeats.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct EntitySpan {
  int64_t start = 0;
  int64_t end = 0;
  std::string label;
  bool operator==(const EntitySpan&) const = default;
};

// A stretch of a text that was replaced before the text was stored: code points of the text as it
// was said, and how many code points stand there now. Holds nothing of what was removed.
struct TextEdit {
  int64_t start = 0;
  int64_t end = 0;
  int64_t length = 0;
  std::string kind;  // "EMAIL", "PHONE" ...
  bool operator==(const TextEdit&) const = default;
};

// One turn of a conversation whose user consented. Texts are free of personal data already. A turn
// without consent leaves no row, only a counter.
struct TurnRecord {
  std::string tenant_id;
  std::string turn_id;
  std::string conversation_id;
  std::string user_id;
  std::string session_id;
  int64_t said_at = 0;
  int64_t received_at = 0;
  std::string user_text;
  std::string text_key;  // of user_text: turns of one text share it
  std::string assistant_response;
  std::string persona;  // as the assistant had it; empty when not told
  std::vector<std::string> context_used;
  std::vector<TextEdit> edits;  // of user_text, for corrections that arrive later
  std::string generation_id;    // that answered; empty when none did
  int64_t sequence = 0;         // set by the store
  // What of a stored row cannot be read, and is left empty here; empty: all of it can.
  std::string damage = {};
};

struct FeedbackRecord {
  std::string tenant_id;
  std::string feedback_id;
  std::string turn_id;
  std::string author;  // who said so; mostly the turn's user
  int64_t received_at = 0;
  std::optional<double> satisfaction_score;
  std::optional<double> response_quality;
  std::optional<bool> needs_correction;
  std::optional<std::string> corrected_intent;
  std::optional<std::string> corrected_sentiment;
  std::optional<std::vector<EntitySpan>> corrected_entities;  // offsets in the stored text
  std::optional<std::string> preferred_persona;
  std::string comment;
  int64_t sequence = 0;
  std::string damage = {};  // as a turn's
};

// One piece of evidence about one head of one turn. Append-only.
struct EvidenceRecord {
  std::string tenant_id;
  std::string turn_id;
  std::string
      head;  // "intent", "sentiment", "persona", "entities"; "response" for ratings of the answer
  std::string source;  // "self", "shadow", "correction", "rating", "implicit", "teacher", "review"
  std::string value;   // the label; for entities JSON [[start,end,label],...]; for ratings
                       // "satisfaction"/"quality"
  double score = 1.0;  // confidence or rating, 0..1
  std::string author;  // user id, operator, or generation id for "self"
  std::string generation_id;  // live when the turn was answered
  int64_t at = 0;
  int64_t sequence = 0;
};

// What another generation than the one that answered would have said. Like "self" it is nobody's
// opinion: no turn is judged by it.
inline constexpr const char* kShadowSource = "shadow";
inline bool said_by_model(std::string_view source) {
  return source == "self" || source == kShadowSource;
}

// A turn and all that is known about it.
struct TurnBundle {
  TurnRecord turn;
  std::vector<EvidenceRecord> evidence;
  std::vector<FeedbackRecord> feedback;
};

// A turn between the turns before and after it in its conversation and session.
struct TurnInConversation {
  TurnRecord turn;
  std::optional<TurnRecord> before, after;
};

// What arrived within one span of time.
struct ActivityRecord {
  int64_t from = 0;  // where the span begins: a whole number of spans since 1970
  int64_t turns = 0;
  int64_t feedback = 0;
  int64_t corrections = 0;  // of the feedback, what names another label or entities
  bool operator==(const ActivityRecord&) const = default;
};

// A version of what is believed of a text, which may be trained or measured on. A new version of
// the same text supersedes the one before, which stays as it was.
struct ExampleRecord {
  std::string tenant_id;
  std::string example_id;  // of this version
  int64_t version = 1;
  std::string turn_id;  // whose text it is; empty for examples that an operator gave
  std::string conversation_id;
  std::string user_id;
  std::string cycle_id;       // that made it; empty for those of `init`
  std::string generation_id;  // live when it was made
  std::string text;
  std::string text_key;              // hash of the normalised text: duplicates share it
  std::string heads = "{}";          // JSON: per head the label or spans, how sure, and who says so
  std::vector<std::string> authors;  // all who said the text or had a say about it
  std::string split;                 // "train", "select", "certify"
  std::string origin;                // "seed", "conversation"
  std::string state = "active";      // "active"; "retracted": nobody vouches for anything any more
  double weight = 1.0;
  std::string details = "{}";  // JSON: the strongest source
  int64_t created_at = 0;
  int64_t sequence = 0;
  std::string damage = {};  // as a turn's
};

// One run of the learning cycle, a state machine: see design of the statuses in learn/cycle.h.
struct CycleRecord {
  std::string tenant_id;
  std::string cycle_id;
  std::string status = "pending";
  int64_t started_at = 0;
  std::optional<int64_t> finished_at;
  std::string owner;          // process that runs it
  int64_t from_sequence = 0;  // rows after this one ...
  int64_t to_sequence = 0;    // ... up to this one are its data
  std::string generation_id;  // candidate or result
  std::string reason;
  std::string payload = "{}";  // JSON: what the steps have settled so far
  std::string result = "{}";   // JSON: the cycle result of the contract
  int64_t sequence = 0;
};

// How a cycle judged the candidate of a head.
struct VerdictRecord {
  std::string tenant_id;
  std::string cycle_id;
  std::string head;
  bool judged = false;         // it was a look: it spent error budget
  bool deployed = false;       // the candidate went live
  std::string verdict = "{}";  // JSON: everything the gate said
};

// What candidate and incumbent said of an example that was held out.
struct OutcomeRecord {
  std::string gold, incumbent, candidate;
};

struct GenerationRecord {
  std::string tenant_id;
  std::string generation_id;
  std::string parent_id;
  std::string cycle_id;
  // "ready", "archived" (only in its backup), "broken" (damaged, no backup helped), "expired" (its
  // backup is gone too), "unusable" (made of data that were erased)
  std::string state;
  int64_t created_at = 0;
  std::string manifest_hash;  // BLAKE2b of manifest.json
  std::string backup_id;
  std::string reason;          // why it was made
  std::string metrics = "{}";  // JSON
  std::string details = "{}";  // JSON: data snapshot, seed, code version
  std::string rejected;        // why it was taken back; empty: it was not
  int64_t sequence = 0;
};

// The live pointer and its history: the newest row says what is live.
struct LiveRecord {
  std::string tenant_id;
  std::string generation_id;
  std::string previous_id;
  std::string kind;  // "init", "deploy", "rollback", "fallback", "erasure"
  std::string reason;
  std::string cycle_id;
  int64_t at = 0;
  int64_t sequence = 0;
};

// The audit trail. Each row's hash covers the row before it.
struct EventRecord {
  std::string tenant_id;
  int64_t at = 0;
  std::string actor;
  std::string kind;  // "turns.collected", "cycle.started", "generation.live" ...
  std::string subject;
  std::string details = "{}";  // JSON, never text of a turn
  std::string hash;            // set by the store
  int64_t sequence = 0;
};

// What does not fit in the audit trail.
struct BrokenTrail {
  int64_t sequence = 0;  // of the event at which it shows
  std::string what;      // in words
};

// Something set aside until a person or a later step decides.
struct QuarantineRecord {
  std::string tenant_id;
  std::string kind;     // "burst", "damaged"
  std::string subject;  // id
  std::string reason;
  std::string cycle_id;
  int64_t at = 0;
  bool released = false;
  int64_t sequence = 0;
};

// The vector an encoder gave an example's text.
struct VectorRecord {
  std::string text_key;   // as in ExampleRecord: says whose text it is
  std::string text_hash;  // of the text exactly
  std::string vector;     // float32, little-endian
};

// What an edge keeps beside the conversations (keys, schedules, alerts): JSON that the store does
// not look into, by kind and id. The tenant "" holds the workspace's own.
struct DocumentRecord {
  std::string tenant_id;
  std::string kind;
  std::string document_id;
  std::string body;
  int64_t at = 0;        // when it was written last
  int64_t sequence = 0;  // of when it was written first
};

// A thing remembered: what was said to be worth it, without personal data.
struct MemoryRecord {
  std::string tenant_id;
  std::string memory_id;
  std::string user_id;
  std::string memory_type;  // "insight", "answer", ...
  std::string content;
  std::vector<std::string> tags;
  bool ai_generated = false;
  std::string metadata = "{}";  // JSON
  int64_t at = 0;
  int64_t sequence = 0;
};

// What an encoder makes of a memory: bytes that the store does not look into.
struct MemoryVectorRecord {
  int64_t sequence = 0;  // the memory's
  std::string vector;
};

// What a user said of personas, and how content he was with each.
struct PersonaHistory {
  struct Ratings {
    double sum = 0;  // of ratings, 0..1
    size_t count = 0;
  };
  std::string stated;                      // that the user named last; empty: none
  std::map<std::string, Ratings> ratings;  // by the persona that answered
};

// Who may run a tenant's cycle. Each holder has a token of its own, greater than all before it.
struct LeaseRecord {
  std::string owner;
  int64_t token = 0;
  int64_t expires_at = 0;
};

}  // namespace pawl
