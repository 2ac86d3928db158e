// From what a stream says to what the store keeps: validate, remove personal data, store in groups.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/env.h"
#include "learn/privacy/person_ids.h"
#include "learn/privacy/pii.h"
#include "store/store.h"

namespace pawl::learn {

struct FeedbackInput {
  std::string turn_id;  // of feedback that comes by itself: this or conversation_id
  std::string conversation_id;
  std::string author;  // empty: the turn's user
  std::optional<double> satisfaction_score;
  std::optional<double> response_quality;
  std::optional<bool> needs_correction;
  std::optional<std::string> corrected_intent;
  std::optional<std::string> corrected_sentiment;
  std::optional<std::vector<EntitySpan>> corrected_entities;  // offsets in the text as it was said
  std::optional<std::string> preferred_persona;
  std::string comment;
  std::optional<bool> consent;  // false: nothing of it is kept
};

// What the live model makes of a text at the time it is collected.
struct SelfAnalysis {
  std::string intent;  // empty: no such head
  double intent_confidence = 0;
  std::string sentiment;
  double sentiment_confidence = 0;
  std::string persona;
  std::vector<EntitySpan> entities;
  std::vector<CodePointSpan> persons;  // names to be removed
};

struct TurnInput {
  std::string turn_id;  // empty: given by the store's rules
  std::string conversation_id;
  std::string user_id;
  std::string session_id;
  std::optional<int64_t> said_at;
  std::string user_text;
  std::string assistant_response;
  std::string persona;
  std::vector<std::string> context_used;
  std::optional<bool> consent;           // absent: as the settings say
  std::optional<SelfAnalysis> answered;  // by whom the person was answered, if not the live model
  std::optional<FeedbackInput> feedback;
};

// What is kept of it beside the turn: a statement for each head, of source "self". Entities are
// those of the text that is kept.
std::vector<EvidenceRecord> statements_of(const SelfAnalysis& said);

// The live model as collecting sees it.
class CollectModel {
 public:
  virtual ~CollectModel() = default;
  virtual std::string generation_id() const { return ""; }
  // One result for each text, with everything.
  virtual std::vector<SelfAnalysis> analyze(std::span<const std::string> texts) {
    return std::vector<SelfAnalysis>(texts.size());
  }
  // Of the same generation as the last analyze(), without names: for texts that something was
  // removed from.
  virtual std::vector<SelfAnalysis> analyze_kept(std::span<const std::string> texts) {
    return analyze(texts);
  }
  // Only the names, for assistants' answers and comments.
  virtual std::vector<std::vector<CodePointSpan>> find_persons(std::span<const std::string> texts) {
    return std::vector<std::vector<CodePointSpan>>(texts.size());
  }
};

struct CollectSettings {
  std::string tenant_id = "default";
  bool consent_by_default = false;
  size_t group = 256;  // turns a transaction
  size_t max_text_bytes = 64 * 1024;
  size_t max_id_bytes = 256;
  size_t max_label_bytes = 128;
  size_t max_context_ids = 256;
  size_t max_entities = 1000;
};

struct RejectedLine {
  uint64_t line = 0;
  std::string reason;
};

// A line whose turn or feedback the disk now holds.
struct StoredLine {
  uint64_t line = 0;
  std::string turn_id;  // of the turn, or of the one that the feedback is about
  bool is_turn = true;
  bool known = false;  // it was there already, nothing changed
  uint64_t redactions = 0;
};

struct CollectSummary {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t skipped_no_consent = 0;
  uint64_t duplicates = 0;  // known already, left as they were
  uint64_t feedback = 0;    // pieces of feedback stored
  uint64_t redactions = 0;
  std::map<std::string, uint64_t> redactions_by_kind;
  std::vector<RejectedLine> rejections;  // the first hundred

  CollectSummary& operator+=(const CollectSummary& other);
};

// Ids that are personal data themselves (an e-mail address as user id) are stored as a keyed hash
// of the workspace, so that they can still be found; others are stored as they are.
std::string stored_id(const std::string& id, const std::string& secret, IdOf of = IdOf::kThing);
// The workspace's secret for stored_id, made on first use.
std::string id_secret(Env& env, Store& store);

// Takes turns (or feedback) one by one and stores them in groups; what was added is durable when
// flush() returns. An error of one line is recorded and the next one goes on; an Error that is
// thrown ended the operation (disk).
class Collector {
 public:
  Collector(Env& env, Store& store, CollectModel& model, CollectSettings settings = {});
  ~Collector();

  // A turn that is known is left as it is, but its feedback is kept; another turn under a known id
  // is refused. One without consent is stored nowhere; if it is known, it is withdrawn.
  void add_turn(uint64_t line, TurnInput turn);
  // Feedback for a turn that was stored before (or is in the same stream).
  void add_feedback(uint64_t line, FeedbackInput feedback);
  // A line that could not even be read.
  void reject(uint64_t line, const std::string& reason);
  void flush();
  // Called for each line of a group once the group is on the disk, in order.
  void on_stored(std::function<void(const StoredLine& line)> call) { on_stored_ = std::move(call); }

  // Called with each line that was refused, as soon as that is known.
  void on_rejected(std::function<void(const RejectedLine& line)> call) {
    on_rejected_ = std::move(call);
  }

  const CollectSummary& summary() const { return summary_; }

 private:
  // A line that was accepted: a turn, with its feedback or without, or feedback alone.
  struct Pending {
    uint64_t line = 0;
    bool consented = true;  // false: nothing is stored, but what is known may have to go
    std::optional<TurnInput> turn;
    std::optional<FeedbackInput> feedback;
    SelfAnalysis self;
    bool of_kept_text = false;  // `self` is of the text that is kept
    std::vector<CodePointSpan> response_persons;
    std::vector<CodePointSpan> comment_persons;
    std::vector<CodePointSpan> persona_persons;
  };
  struct Outcome;

  void add(Pending pending);
  void analyze_pending();
  void analyze(std::vector<Pending>& group);
  void analyze_kept(std::span<Pending* const> owners);
  void find_persons(std::vector<Pending>& group);
  void store(Transaction& tx, const Pending& pending, Outcome& outcome);
  std::optional<TurnRecord> judged_turn(Transaction& tx, const FeedbackInput& feedback) const;
  void store_turn(Transaction& tx, const Pending& pending, Outcome& outcome);
  void store_repeat(Transaction& tx, const Pending& pending, const TurnRecord& known,
                    const TurnRecord& again, Outcome& outcome);
  void refuse_consent(Transaction& tx, const Pending& pending);
  std::string silence_name(const std::string& conversation_id) const;
  void store_feedback(Transaction& tx, const Pending& pending, const TurnRecord& turn,
                      Outcome& outcome);
  TurnRecord make_record(const Pending& pending, Outcome& outcome);
  std::vector<CodePointSpan> persons_of(const Pending& pending) const;
  std::string clean(const std::string& text, std::span<const CodePointSpan> persons,
                    Outcome& outcome);
  std::string id(const std::string& given, IdOf of = IdOf::kThing) const {
    return stored_id(given, secret_, of);
  }

  Env& env_;
  Store& store_;
  CollectModel& model_;
  CollectSettings settings_;
  CollectSummary summary_;
  std::vector<Pending> pending_;
  uint64_t skipped_ = 0;  // without consent, not yet counted in the store
  std::string secret_;
  std::function<void(const StoredLine& line)> on_stored_;
  std::function<void(const RejectedLine& line)> on_rejected_;
};

}  // namespace pawl::learn
