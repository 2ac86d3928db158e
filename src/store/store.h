// The one place that keeps records. Neutral of SQL; implementations: store/sqlite.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "store/records.h"

namespace pawl {

// Rows with after < sequence <= up_to, oldest first.
struct SequenceRange {
  int64_t after = 0;
  int64_t up_to = INT64_MAX;
  size_t limit = SIZE_MAX;
};

struct ExampleFilter {
  std::optional<std::string> split = {};
  std::optional<std::string> state = {};
  std::optional<std::string> cycle_id = {};
  std::optional<std::string> user_id = {};
  size_t limit = SIZE_MAX;
  bool newest_first = false;  // by sequence
};

// Rows of one person.
struct ErasedCounts {
  int64_t turns = 0;
  int64_t feedback = 0;
  int64_t evidence = 0;
  int64_t examples = 0;  // versions of examples
  int64_t memories = 0;
  int64_t documents = 0;   // the record of reliability, and whatever names the person or his turns
  int64_t quarantine = 0;  // entries about the person
  bool operator==(const ErasedCounts&) const = default;
};

// When rows are old enough to go, in microseconds since 1970; empty: they stay.
struct RetentionLimits {
  std::optional<int64_t> turns, feedback, examples, memories, events;
};
struct PrunedCounts {
  int64_t turns = 0, feedback = 0, examples = 0, memories = 0, events = 0;
  bool any() const { return turns + feedback + examples + memories + events > 0; }
};

// Names of values: the sequences at which somebody last took back a turn or a statement, and at
// which rows last went because of their age.
inline constexpr std::string_view kWithdrawnAt = "learning.withdrawn_at";
inline constexpr std::string_view kPrunedAt = "learning.pruned_at";

// A consistent view of the store and, when opened for writing, its changes: all of them are durable
// when commit() returns, none of them when it is not called. Used by one thread. Every function
// throws Error(kIo) when the disk fails or is full, kBusy when another writer does not finish in
// time, kFormat when the data are damaged.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual void commit() = 0;

  // --- turns, feedback, evidence
  // False when the turn is known already (nothing is changed).
  virtual bool add_turn(const TurnRecord& turn) = 0;
  virtual bool add_feedback(const FeedbackRecord& feedback) = 0;
  virtual void add_evidence(const EvidenceRecord& evidence) = 0;
  virtual std::optional<TurnRecord> turn(std::string_view tenant, std::string_view turn_id) = 0;
  virtual std::optional<TurnRecord> last_turn_of(std::string_view tenant,
                                                 std::string_view conversation_id) = 0;
  // Turns that arrived, or about which evidence or feedback arrived, within the range; with all
  // that is known about them up to its end. Ordered by the turn's own sequence; `limit` counts
  // turns.
  virtual std::vector<TurnBundle> turns_touched(std::string_view tenant,
                                                const SequenceRange& range) = 0;
  virtual int64_t count_turns(std::string_view tenant,
                              const SequenceRange& range) = 0;  // that arrived in it
  // Turns about which somebody other than the model said something within the range.
  virtual int64_t count_turns_judged(std::string_view tenant, const SequenceRange& range) = 0;
  // Keys of their texts, those first said about which come first.
  virtual std::vector<std::string> texts_judged(std::string_view tenant,
                                                const SequenceRange& range) = 0;
  // Of each of these texts the newest hundred turns that others than the model said something about
  // up to a sequence, with all that was known then; oldest first.
  virtual std::vector<TurnBundle> turns_of_texts(std::string_view tenant,
                                                 std::span<const std::string> text_keys,
                                                 int64_t up_to) = 0;
  // These turns with their neighbours up to a sequence, in the order of their sequence.
  virtual std::vector<TurnInConversation> turns_in_conversations(
      std::string_view tenant, std::span<const std::string> turn_ids, int64_t up_to) = 0;
  // Turns that arrived within the range and about which nobody but the model said anything up to
  // its end, and after which the same user said something in the same conversation; oldest first.
  virtual std::vector<TurnBundle> followed_turns(std::string_view tenant,
                                                 const SequenceRange& range) = 0;
  // Texts of turns that arrived within the range and about which nobody but the model said anything
  // up to its end; oldest first.
  virtual std::vector<std::string> unjudged_texts(std::string_view tenant,
                                                  const SequenceRange& range) = 0;
  // Of the user's newest thousand turns; a turn that does not name its persona was answered by the
  // one that was chosen for it.
  virtual PersonaHistory persona_history(std::string_view tenant, std::string_view user_id) = 0;
  // Removes a turn whose user withdrew consent, all that is known about it, and the examples made
  // of its text; turns of others with the same text wait to be looked at again. False when there is
  // no such turn.
  virtual bool withdraw_turn(std::string_view tenant, std::string_view turn_id) = 0;
  // Takes back what an author said of a turn through one source; the text waits to be looked at
  // again. Returns how many statements that were.
  virtual int64_t withdraw_evidence(std::string_view tenant, std::string_view turn_id,
                                    std::string_view source, std::string_view author) = 0;
  // Texts that this author corrected wait to be looked at again.
  virtual void reconsider(std::string_view tenant, std::string_view author) = 0;
  // What arrived from `since` on, by spans of that many microseconds, the oldest first; spans
  // without anything are left out.
  virtual std::vector<ActivityRecord> activity(std::string_view tenant, int64_t since,
                                               int64_t span) = 0;
  // A number that no row of the tenant exceeds yet and every later row will: where a snapshot of
  // the data ends.
  virtual int64_t high_water(std::string_view tenant) = 0;

  // --- examples
  // Supersedes what was current for the text. The same version twice is the same as once.
  virtual void put_example(const ExampleRecord& example) = 0;
  // Current ones.
  virtual std::vector<ExampleRecord> examples(std::string_view tenant,
                                              const ExampleFilter& filter) = 0;
  virtual std::vector<ExampleRecord> examples_of_texts(std::string_view tenant,
                                                       std::span<const std::string> text_keys) = 0;
  // Which splits texts belong to for ever, by group_key(). A known one is left as it is.
  virtual void put_split(std::string_view tenant, std::string_view group_key,
                         std::string_view split) = 0;
  virtual std::map<std::string, std::string> splits(std::string_view tenant,
                                                    std::span<const std::string> group_keys) = 0;
  // Keys of texts that a cycle had no room for, in the order of their keys.
  virtual void set_waiting(std::string_view tenant, std::span<const std::string> text_keys) = 0;
  virtual std::vector<std::string> waiting(std::string_view tenant) = 0;
  // All of the tenant's; how many. For one whose first generation never went live.
  virtual int64_t drop_examples(std::string_view tenant) = 0;
  // Which examples a generation's weights have seen.
  virtual void add_generation_examples(std::string_view tenant, std::string_view generation_id,
                                       std::span<const std::string> example_ids) = 0;
  virtual std::vector<std::string> generation_examples(std::string_view tenant,
                                                       std::string_view generation_id) = 0;
  // Those that saw an example in which this person had any part.
  virtual std::vector<std::string> generations_that_saw(std::string_view tenant,
                                                        std::string_view author) = 0;
  // Those that saw a version of an example of this text, the oldest first, with that version's id.
  virtual std::vector<std::pair<std::string, std::string>> generations_of_text(
      std::string_view tenant, std::string_view text_key) = 0;

  // --- sentence vectors of examples' texts: a cache, which may lack any of them
  virtual void put_vectors(std::string_view tenant, std::string_view fingerprint,
                           std::span<const VectorRecord> vectors) = 0;
  virtual std::vector<VectorRecord> vectors(std::string_view tenant,
                                            std::string_view fingerprint) = 0;
  // Removes those of other encoders than these and of texts that no example has any more. Returns
  // how many.
  virtual int64_t drop_stale_vectors(std::string_view tenant,
                                     std::span<const std::string> fingerprints) = 0;

  // --- cycles
  virtual void put_cycle(const CycleRecord& cycle) = 0;  // by id: adds or replaces
  virtual std::optional<CycleRecord> cycle(std::string_view tenant, std::string_view cycle_id) = 0;
  virtual std::optional<CycleRecord> unfinished_cycle(std::string_view tenant) = 0;  // the oldest
  virtual std::vector<CycleRecord> recent_cycles(std::string_view tenant,
                                                 size_t limit) = 0;                  // newest first
  virtual std::map<std::string, int64_t> count_cycles(std::string_view tenant) = 0;  // by status
  virtual std::optional<CycleRecord> last_completed_cycle(std::string_view tenant) = 0;
  virtual void put_verdict(const VerdictRecord& verdict) = 0;  // by cycle and head
  virtual std::vector<VerdictRecord> verdicts(std::string_view tenant,
                                              std::string_view cycle_id) = 0;
  // Looks at this head since a cycle last deployed it, but for those of `except_cycle`.
  virtual int64_t count_looks(std::string_view tenant, std::string_view head,
                              std::string_view except_cycle) = 0;
  // What a cycle's forerunner of a head said beside an incumbent whose weights have this digest.
  // Putting replaces all that was kept of the head.
  virtual void put_outcomes(std::string_view tenant, std::string_view cycle_id,
                            std::string_view head, std::string_view incumbent,
                            std::span<const OutcomeRecord> outcomes) = 0;
  virtual std::vector<OutcomeRecord> outcomes(std::string_view tenant, std::string_view cycle_id,
                                              std::string_view head, std::string_view incumbent,
                                              size_t limit) = 0;
  // The lease of a tenant as a row; Store::acquire_lease() says who may take it. Taking it gives
  // the holder's token and ends the lease of whoever had it.
  virtual std::optional<LeaseRecord> lease(std::string_view tenant) = 0;
  virtual int64_t take_lease(std::string_view tenant, std::string_view owner,
                             int64_t expires_at) = 0;
  // Throws Error(kBusy) unless the lease is this token's: what is written behind it is written by
  // the holder.
  virtual void require_lease(std::string_view tenant, int64_t token) = 0;
  virtual void renew_lease(std::string_view tenant, int64_t token, int64_t expires_at) = 0;
  virtual void release_lease(std::string_view tenant, int64_t token) = 0;  // if it is this one's

  // --- generations
  virtual void put_generation(const GenerationRecord& generation) = 0;  // by id: adds or replaces
  virtual std::optional<GenerationRecord> generation(std::string_view tenant,
                                                     std::string_view generation_id) = 0;
  virtual std::vector<GenerationRecord> generations(std::string_view tenant) = 0;  // newest first
  virtual void set_live(const LiveRecord& live) = 0;
  virtual std::vector<std::string> tenants() = 0;  // that have something live, by name
  virtual std::optional<LiveRecord> live(std::string_view tenant) = 0;
  virtual std::vector<LiveRecord> live_history(std::string_view tenant,
                                               size_t limit) = 0;  // newest first

  // --- audit trail, counters, quarantine, values
  virtual void add_event(const EventRecord& event) = 0;
  virtual std::vector<EventRecord> events(std::string_view tenant, const SequenceRange& range) = 0;
  // The newest ones before a sequence, newest first.
  virtual std::vector<EventRecord> recent_events(std::string_view tenant, int64_t before,
                                                 size_t limit) = 0;
  // The first place where the trail does not fit; empty when it is whole.
  virtual std::optional<BrokenTrail> verify_events(std::string_view tenant) = 0;
  virtual void add_counter(std::string_view tenant, std::string_view name, int64_t delta) = 0;
  virtual std::map<std::string, int64_t> counters(std::string_view tenant) = 0;
  virtual void add_quarantine(const QuarantineRecord& item) = 0;
  virtual std::vector<QuarantineRecord> quarantine(std::string_view tenant, bool with_released) = 0;
  virtual void release_quarantine(std::string_view tenant, int64_t sequence) = 0;
  // Small named values, for instance calibration or reputations as JSON. The tenant "" holds the
  // workspace's own.
  virtual void set_value(std::string_view tenant, std::string_view name,
                         std::string_view value) = 0;
  virtual std::optional<std::string> value(std::string_view tenant, std::string_view name) = 0;

  // --- documents and memories
  virtual void put_document(
      const DocumentRecord& document) = 0;  // by kind and id: adds or replaces
  virtual std::optional<DocumentRecord> document(std::string_view tenant, std::string_view kind,
                                                 std::string_view document_id) = 0;
  virtual std::vector<DocumentRecord> documents(std::string_view tenant, std::string_view kind) = 0;
  virtual bool remove_document(std::string_view tenant, std::string_view kind,
                               std::string_view document_id) = 0;
  // Those of a kind that were written last before `at`. Returns how many there were.
  virtual int64_t remove_documents_before(std::string_view tenant, std::string_view kind,
                                          int64_t at) = 0;
  // By id: adds or replaces. Gives back its sequence.
  virtual int64_t put_memory(const MemoryRecord& memory) = 0;
  // Those that share a word with the query, the nearest first (BM25); all, the newest first, when
  // the query is empty.
  virtual std::vector<MemoryRecord> memories(std::string_view tenant, std::string_view query,
                                             size_t limit) = 0;
  virtual std::vector<MemoryRecord> memories_at(std::string_view tenant,
                                                std::span<const int64_t> sequences) = 0;
  // Vectors go with their memories; a memory has one at most, of the encoder that wrote last.
  virtual void put_memory_vectors(std::string_view tenant, std::string_view fingerprint,
                                  std::span<const MemoryVectorRecord> vectors) = 0;
  // Of the newest memories.
  virtual std::vector<MemoryVectorRecord> memory_vectors(std::string_view tenant,
                                                         std::string_view fingerprint,
                                                         size_t limit) = 0;
  virtual std::vector<MemoryRecord> memories_without_vector(std::string_view tenant,
                                                            std::string_view fingerprint,
                                                            size_t limit) = 0;
  // Turns the newest first, from before `before` (a sequence) on; only those whose text holds
  // `text`, unless it is empty.
  virtual std::vector<TurnBundle> recent_turns(std::string_view tenant, int64_t before,
                                               std::string_view text, size_t limit) = 0;

  // The newest range.limit turns that a generation answered and that arrived within the range;
  // oldest first, with all that is known about them.
  virtual std::vector<TurnBundle> turns_answered_by(std::string_view tenant,
                                                    std::string_view generation,
                                                    const SequenceRange& range) = 0;

  // --- erasure
  // The person's turns with all that is known about them, what the person said of others' turns,
  // every version of an example in which the person had a part, the person's memories and record,
  // documents and values that name the person or one of his turns, and the vectors of texts that
  // were nobody else's. Texts of which others said something, too, wait to be looked at again.
  virtual ErasedCounts erase_user(std::string_view tenant, std::string_view user_id) = 0;
  // The sequence of the first row that came from the person, or up to which the first cycle read
  // that made an example in which the person had a part; empty: there is neither.
  virtual std::optional<int64_t> first_row_of(std::string_view tenant,
                                              std::string_view user_id) = 0;
  // Cycles that were opened at this sequence or later, the oldest first.
  virtual std::vector<CycleRecord> cycles_since(std::string_view tenant, int64_t sequence) = 0;
  // Removes these cycles with their verdicts and takes back what learning made of conversations at
  // this sequence or later: versions of examples that can be made again, splits, authors' records,
  // what waited, counts, outcomes, entries in the quarantine. What people said stays.
  virtual void unlearn_since(std::string_view tenant, int64_t sequence,
                             std::span<const std::string> cycle_ids) = 0;
  // Nothing is left of these generations but their rows, of state "unusable" and of no cycle, and
  // when they were live.
  virtual void forget_generations(std::string_view tenant,
                                  std::span<const std::string> generation_ids) = 0;
  // Turns within the range that a generation of this store answered; oldest first.
  virtual std::vector<TurnRecord> turns_answered(std::string_view tenant,
                                                 const SequenceRange& range) = 0;
  // What the model said of a turn, as if it had said so when the turn arrived.
  virtual void replace_answer(const TurnRecord& turn, std::string_view generation_id,
                              std::span<const EvidenceRecord> statements) = 0;
  // Removes what is older; with a turn all that is known about it. Examples go whose text has no
  // turn any more, but for an operator's. Since when there were rows of a person stays, under a
  // keyed hash, so that weights that saw them can be found later.
  virtual PrunedCounts prune_older(std::string_view tenant, const RetentionLimits& limits) = 0;
};

// The right to run a tenant's cycle, until it is destroyed, is not renewed in time, or the process
// dies.
class Lease {
 public:
  virtual ~Lease() = default;
  virtual int64_t token() const = 0;
  // Cheap when called often: writes only when a part of the time is over. Throws Error(kBusy) when
  // another has taken over meanwhile.
  virtual void renew() = 0;
};

// Safe for any number of threads, each with its own transactions; several processes may open the
// same store.
class Store {
 public:
  virtual ~Store() = default;

  virtual std::unique_ptr<Transaction> begin_read() = 0;
  // One writer at a time over all processes; waits for its turn. Keep it short: never compute
  // inside.
  virtual std::unique_ptr<Transaction> begin_write() = 0;

  // One holder per tenant: null while another holds it and is alive, as far as the store can tell,
  // and its time is not over.
  virtual std::unique_ptr<Lease> acquire_lease(std::string_view tenant) = 0;

  // Damage found, in words; empty when the store is whole.
  virtual std::vector<std::string> check() = 0;
  // Moves everything into the main file, overwrites what was deleted, and removes the copies that
  // were made before migrations. Throws Error(kBusy) when somebody reads an old state for so long
  // that the log cannot be emptied.
  virtual void compact() = 0;
};

// Runs `work` in a write transaction and commits it.
template <typename Work>
auto write_to(Store& store, Work&& work) {
  auto transaction = store.begin_write();
  if constexpr (std::is_void_v<decltype(work(*transaction))>) {
    work(*transaction);
    transaction->commit();
  } else {
    auto result = work(*transaction);
    transaction->commit();
    return result;
  }
}

template <typename Work>
auto read_from(Store& store, Work&& work) {
  auto transaction = store.begin_read();
  return work(*transaction);
}

}  // namespace pawl
