// The Transaction of the SQLite store; its functions are grouped by what they keep, one source file
// each.
#pragma once

#include <memory>
#include <mutex>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace pawl::sqlite {

class ConnectionPool;

class SqliteTransaction final : public Transaction {
 public:
  // `writer` is the process's turn to write; empty for reading.
  SqliteTransaction(ConnectionPool& pool, std::unique_ptr<Connection> connection,
                    std::unique_lock<std::timed_mutex> writer, bool writable);
  ~SqliteTransaction() override;

  void commit() override;

  bool add_turn(const TurnRecord& turn) override;
  bool add_feedback(const FeedbackRecord& feedback) override;
  void add_evidence(const EvidenceRecord& evidence) override;
  std::optional<TurnRecord> turn(std::string_view tenant, std::string_view turn_id) override;
  std::optional<TurnRecord> last_turn_of(std::string_view tenant,
                                         std::string_view conversation) override;
  std::vector<TurnBundle> turns_touched(std::string_view tenant,
                                        const SequenceRange& range) override;
  int64_t count_turns(std::string_view tenant, const SequenceRange& range) override;
  int64_t count_turns_judged(std::string_view tenant, const SequenceRange& range) override;
  std::vector<std::string> texts_judged(std::string_view tenant,
                                        const SequenceRange& range) override;
  std::vector<TurnBundle> turns_of_texts(std::string_view tenant,
                                         std::span<const std::string> text_keys,
                                         int64_t up_to) override;
  std::vector<TurnInConversation> turns_in_conversations(std::string_view tenant,
                                                         std::span<const std::string> turn_ids,
                                                         int64_t up_to) override;
  std::vector<TurnBundle> followed_turns(std::string_view tenant,
                                         const SequenceRange& range) override;
  void reconsider(std::string_view tenant, std::string_view author) override;
  std::vector<std::string> unjudged_texts(std::string_view tenant,
                                          const SequenceRange& range) override;
  bool withdraw_turn(std::string_view tenant, std::string_view turn_id) override;
  int64_t withdraw_evidence(std::string_view tenant, std::string_view turn_id,
                            std::string_view source, std::string_view author) override;
  std::vector<ActivityRecord> activity(std::string_view tenant, int64_t since,
                                       int64_t span) override;
  int64_t high_water(std::string_view tenant) override;

  void put_example(const ExampleRecord& example) override;
  std::vector<ExampleRecord> examples(std::string_view tenant,
                                      const ExampleFilter& filter) override;
  std::vector<ExampleRecord> examples_of_texts(std::string_view tenant,
                                               std::span<const std::string> text_keys) override;
  void put_split(std::string_view tenant, std::string_view group_key,
                 std::string_view split) override;
  std::map<std::string, std::string> splits(std::string_view tenant,
                                            std::span<const std::string> group_keys) override;
  void set_waiting(std::string_view tenant, std::span<const std::string> text_keys) override;
  std::vector<std::string> waiting(std::string_view tenant) override;
  int64_t drop_examples(std::string_view tenant) override;
  void add_generation_examples(std::string_view tenant, std::string_view generation_id,
                               std::span<const std::string> example_ids) override;
  std::vector<std::string> generation_examples(std::string_view tenant,
                                               std::string_view generation_id) override;
  std::vector<std::string> generations_that_saw(std::string_view tenant,
                                                std::string_view author) override;
  std::vector<std::pair<std::string, std::string>> generations_of_text(
      std::string_view tenant, std::string_view text_key) override;

  void put_vectors(std::string_view tenant, std::string_view fingerprint,
                   std::span<const VectorRecord> vectors) override;
  std::vector<VectorRecord> vectors(std::string_view tenant, std::string_view fingerprint) override;
  int64_t drop_stale_vectors(std::string_view tenant,
                             std::span<const std::string> fingerprints) override;

  void put_cycle(const CycleRecord& cycle) override;
  std::optional<CycleRecord> cycle(std::string_view tenant, std::string_view cycle_id) override;
  std::optional<CycleRecord> unfinished_cycle(std::string_view tenant) override;
  std::vector<CycleRecord> recent_cycles(std::string_view tenant, size_t limit) override;
  std::map<std::string, int64_t> count_cycles(std::string_view tenant) override;
  std::optional<CycleRecord> last_completed_cycle(std::string_view tenant) override;
  void put_verdict(const VerdictRecord& verdict) override;
  std::vector<VerdictRecord> verdicts(std::string_view tenant, std::string_view cycle_id) override;
  int64_t count_looks(std::string_view tenant, std::string_view head,
                      std::string_view except_cycle) override;
  void put_outcomes(std::string_view tenant, std::string_view cycle_id, std::string_view head,
                    std::string_view incumbent, std::span<const OutcomeRecord> outcomes) override;
  std::vector<OutcomeRecord> outcomes(std::string_view tenant, std::string_view cycle_id,
                                      std::string_view head, std::string_view incumbent,
                                      size_t limit) override;
  std::optional<LeaseRecord> lease(std::string_view tenant) override;
  int64_t take_lease(std::string_view tenant, std::string_view owner, int64_t expires_at) override;
  void require_lease(std::string_view tenant, int64_t token) override;
  void renew_lease(std::string_view tenant, int64_t token, int64_t expires_at) override;
  void release_lease(std::string_view tenant, int64_t token) override;

  void put_generation(const GenerationRecord& generation) override;
  std::optional<GenerationRecord> generation(std::string_view tenant,
                                             std::string_view generation_id) override;
  std::vector<GenerationRecord> generations(std::string_view tenant) override;
  void set_live(const LiveRecord& live) override;
  std::vector<std::string> tenants() override;
  std::optional<LiveRecord> live(std::string_view tenant) override;
  std::vector<LiveRecord> live_history(std::string_view tenant, size_t limit) override;

  void add_event(const EventRecord& event) override;
  std::string end_of_trail(std::string_view tenant);
  std::vector<EventRecord> events(std::string_view tenant, const SequenceRange& range) override;
  std::vector<EventRecord> recent_events(std::string_view tenant, int64_t before,
                                         size_t limit) override;
  std::optional<BrokenTrail> verify_events(std::string_view tenant) override;
  void add_counter(std::string_view tenant, std::string_view name, int64_t delta) override;
  std::map<std::string, int64_t> counters(std::string_view tenant) override;
  void add_quarantine(const QuarantineRecord& item) override;
  std::vector<QuarantineRecord> quarantine(std::string_view tenant, bool with_released) override;
  void release_quarantine(std::string_view tenant, int64_t sequence) override;
  void set_value(std::string_view tenant, std::string_view name, std::string_view value) override;
  std::optional<std::string> value(std::string_view tenant, std::string_view name) override;

  void put_document(const DocumentRecord& document) override;
  std::optional<DocumentRecord> document(std::string_view tenant, std::string_view kind,
                                         std::string_view document_id) override;
  std::vector<DocumentRecord> documents(std::string_view tenant, std::string_view kind) override;
  bool remove_document(std::string_view tenant, std::string_view kind,
                       std::string_view document_id) override;
  int64_t remove_documents_before(std::string_view tenant, std::string_view kind,
                                  int64_t at) override;
  int64_t put_memory(const MemoryRecord& memory) override;
  std::vector<MemoryRecord> memories(std::string_view tenant, std::string_view query,
                                     size_t limit) override;
  PersonaHistory persona_history(std::string_view tenant, std::string_view user_id) override;
  std::vector<MemoryRecord> memories_at(std::string_view tenant,
                                        std::span<const int64_t> sequences) override;
  void put_memory_vectors(std::string_view tenant, std::string_view fingerprint,
                          std::span<const MemoryVectorRecord> vectors) override;
  std::vector<MemoryVectorRecord> memory_vectors(std::string_view tenant,
                                                 std::string_view fingerprint,
                                                 size_t limit) override;
  std::vector<MemoryRecord> memories_without_vector(std::string_view tenant,
                                                    std::string_view fingerprint,
                                                    size_t limit) override;
  std::vector<TurnBundle> recent_turns(std::string_view tenant, int64_t before,
                                       std::string_view text, size_t limit) override;
  std::vector<TurnBundle> turns_answered_by(std::string_view tenant, std::string_view generation,
                                            const SequenceRange& range) override;

  ErasedCounts erase_user(std::string_view tenant, std::string_view user_id) override;
  std::optional<int64_t> first_row_of(std::string_view tenant, std::string_view user_id) override;
  std::vector<CycleRecord> cycles_since(std::string_view tenant, int64_t sequence) override;
  void unlearn_since(std::string_view tenant, int64_t sequence,
                     std::span<const std::string> cycle_ids) override;
  void forget_generations(std::string_view tenant,
                          std::span<const std::string> generation_ids) override;
  std::vector<TurnRecord> turns_answered(std::string_view tenant,
                                         const SequenceRange& range) override;
  void replace_answer(const TurnRecord& turn, std::string_view generation_id,
                      std::span<const EvidenceRecord> statements) override;
  PrunedCounts prune_older(std::string_view tenant, const RetentionLimits& limits) override;

 private:
  // For every change: our own mistake when the transaction only reads.
  Connection& writing();
  int64_t next_sequence();
  void drop_vectors_without_example(std::string_view tenant);
  void note_withdrawal(std::string_view tenant);
  void undo_learning(std::string_view tenant, int64_t sequence);
  void undo_change(std::string_view tenant, const std::string& kind, const std::string& name,
                   const std::optional<std::string>& before);
  int64_t drop_documents_naming(std::string_view tenant, std::string_view user_id);
  std::string person_key(std::string_view user_id);
  void note_first_seen(std::string_view tenant, const RetentionLimits& limits);
  int64_t prune_events(std::string_view tenant, int64_t before);
  void forget_orphans(std::string_view tenant);
  void forget_absent(std::string_view tenant);
  void wait_for(std::string_view tenant, std::string_view text_key);
  int64_t drop_example_versions(std::string_view tenant, std::string_view author);
  std::vector<TurnBundle> bundles(std::vector<TurnRecord> turns, int64_t up_to);
  int64_t changes();

  ConnectionPool& pool_;
  std::unique_ptr<Connection> connection_;
  std::unique_lock<std::timed_mutex> writer_;
  bool writable_;
  bool open_ = true;
};

}  // namespace pawl::sqlite
