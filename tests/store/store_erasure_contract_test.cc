// What goes when a person, a turn, an example or a memory goes.
#include "base/error.h"
#include "tests/store/store_contract.h"
#include "tests/store/store_records.h"

namespace pawl {
namespace {

TEST_P(StoreContract, ErasingOneAuthorOfAnExampleTakesEveryVersionHeHadAPartIn) {
  write_to(*store_, [](Transaction& tx) {
    tx.put_example(example_of("e1", "train"));
    ExampleRecord next = example_of("e1.2", "train");
    next.text_key = "key of e1";
    next.version = 2;
    next.authors = {"ann", "carl"};
    tx.put_example(next);
    EXPECT_EQ(tx.erase_user("t", "carl").examples, 1);
  });
  auto tx = store_->begin_read();
  const auto left = tx->examples("t", {});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].example_id, "e1");
  EXPECT_EQ(tx->waiting("t"), std::vector<std::string>{"key of e1"});
}

TEST_P(StoreContract, WhatIsTakenBackIsGoneAndItsTextWaits) {
  write_to(*store_, [](Transaction& tx) {
    TurnRecord turn = turn_of("u1");
    turn.text_key = "key";
    tx.add_turn(turn);
    tx.add_evidence(evidence_of("u1", "review", "x", "key:1"));
    tx.add_evidence(evidence_of("u1", "review", "y", "key:2"));
    EXPECT_EQ(tx.withdraw_evidence("t", "u1", "review", "key:3"), 0);
    EXPECT_TRUE(tx.waiting("t").empty());
    EXPECT_EQ(tx.withdraw_evidence("t", "u1", "review", "key:1"), 1);
    EXPECT_EQ(tx.withdraw_evidence("other", "u1", "review", "key:2"), 0);
  });
  auto tx = store_->begin_read();
  const auto left = tx->turns_touched("t", {})[0].evidence;
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].value, "y");
  EXPECT_EQ(tx->waiting("t"), std::vector<std::string>{"key"});
}

TEST_P(StoreContract, ErasureTakesAllOfAPerson) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    tx.add_turn(turn_of("u2", "bob"));
    tx.add_evidence(evidence_of("u1", "self", "x", "g1"));
    tx.add_evidence(evidence_of("u2", "correction", "x", "ann"));
    tx.add_evidence(evidence_of("u2", "self", "x", "g1"));
    tx.put_example(example_of("u1", "train"));
    for (const char* author : {"ann", "bob"})
      tx.put_document({"t", "reputation", author, "{}", 1, 0});
    const ErasedCounts counts = tx.erase_user("t", "ann");
    EXPECT_EQ(counts.turns, 1);
    EXPECT_EQ(counts.evidence, 2);
    EXPECT_EQ(counts.examples, 1);
  });
  store_->compact();
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_FALSE(tx->document("t", "reputation", "ann"));
  EXPECT_TRUE(tx->document("t", "reputation", "bob"));
  ASSERT_EQ(tx->turns_touched("t", {}).size(), 1u);
  EXPECT_EQ(tx->turns_touched("t", {})[0].evidence.size(), 1u);
}

TEST_P(StoreContract, WhatNamesAPersonOrOneOfTheirTurnsGoesWithThem) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    tx.add_turn(turn_of("u2", "bob"));
    tx.put_document({"", "idempotency", "i1", R"({"body":"{\"turn_id\":\"u1\"}"})", 1, 0});
    tx.put_document({"", "idempotency", "i2", R"({"body":"{\"turn_id\":\"u2\"}"})", 1, 0});
    tx.put_document({"t", "proposal", "p1", R"({"examples":["u1"]})", 1, 0});
    tx.put_document({"", "key", "k1", R"({"name":"ann"})", 1, 0});
    tx.set_value("t", "silence.x", "u1");
    tx.set_value("t", "silence.y", "u2");
    QuarantineRecord item;
    item.tenant_id = "t";
    item.subject = "ann";
    tx.add_quarantine(item);
    const ErasedCounts counts = tx.erase_user("t", "ann");
    EXPECT_EQ(counts.documents, 2);
    EXPECT_EQ(counts.quarantine, 1);
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->document("", "idempotency", "i1"));
  EXPECT_TRUE(tx->document("", "idempotency", "i2"));
  EXPECT_FALSE(tx->document("t", "proposal", "p1"));
  EXPECT_TRUE(tx->document("", "key", "k1"));
  EXPECT_FALSE(tx->value("t", "silence.x"));
  EXPECT_TRUE(tx->value("t", "silence.y"));
}

TEST_P(StoreContract, LearningIsTakenBackToWhereItWas) {
  const auto outcomes = [](const char* gold) {
    return std::vector<OutcomeRecord>{{gold, "a", "b"}};
  };
  const auto example = [](const char* id, const char* cycle) {
    ExampleRecord e = example_of(id, "train");
    e.text_key = turn_of("u1").text_key;
    e.cycle_id = cycle;
    return e;
  };
  CycleRecord cycle;
  cycle.tenant_id = "t";
  cycle.cycle_id = "c2";
  int64_t since = 0;
  write_to(*store_, [&](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    tx.put_example(example("e1", "c1"));
    tx.put_split("t", "g1", "train");
    tx.set_waiting("t", std::vector<std::string>{turn_of("u1").text_key});
    tx.put_document({"t", "reputation", "bob", "1", 1, 0});
    tx.add_counter("t", "curation.named", 3);
    tx.put_outcomes("t", "c1", "intent", "w1", outcomes("first"));
    tx.put_cycle(cycle);
    since = tx.cycle("t", "c2")->sequence;
    tx.put_example(example("e2", "c2"));
    tx.put_split("t", "g2", "certify");
    tx.set_waiting("t", {});
    tx.put_document({"t", "reputation", "bob", "2", 2, 0});
    tx.put_document({"t", "reputation", "carl", "1", 2, 0});
    tx.add_counter("t", "curation.named", 4);
    tx.add_counter("t", "tuned_with.intent", 9);
    tx.put_outcomes("t", "c2", "intent", "w2", outcomes("second"));
    tx.put_verdict({"t", "c2", "intent", true, true, "{}"});
  });
  reopen();
  write_to(*store_, [&](Transaction& tx) {
    EXPECT_EQ(tx.cycles_since("t", since).size(), 1u);
    tx.unlearn_since("t", since, std::vector<std::string>{"c2"});
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->cycle("t", "c2"));
  EXPECT_TRUE(tx->verdicts("t", "c2").empty());
  ASSERT_EQ(tx->examples("t", {}).size(), 1u);
  EXPECT_EQ(tx->examples("t", {})[0].example_id, "e1");
  EXPECT_EQ(tx->splits("t", std::vector<std::string>{"g1", "g2"}).size(), 1u);
  EXPECT_EQ(tx->waiting("t").size(), 1u);
  EXPECT_EQ(tx->document("t", "reputation", "bob")->body, "1");
  EXPECT_EQ(tx->document("t", "reputation", "bob")->at, 1);
  EXPECT_FALSE(tx->document("t", "reputation", "carl"));
  EXPECT_EQ(tx->counters("t").at("curation.named"), 3);
  EXPECT_FALSE(tx->counters("t").contains("tuned_with.intent"));
  ASSERT_EQ(tx->outcomes("t", "c1", "intent", "w1", 9).size(), 1u);
  EXPECT_EQ(tx->outcomes("t", "c1", "intent", "w1", 9)[0].gold, "first");
}

TEST_P(StoreContract, WhatIsOlderGoesAndSinceWhenAPersonWasSeenStays) {
  int64_t first = 0;
  write_to(*store_, [&](Transaction& tx) {
    TurnRecord old = turn_of("u1"), young = turn_of("u2");
    old.received_at = 10;
    young.received_at = 20;
    young.text_key = "another";
    tx.add_turn(old);
    tx.add_turn(young);
    first = *tx.first_row_of("t", old.user_id);
    ExampleRecord made = example_of("e1", "train"), seed = example_of("e2", "train");
    made.text_key = old.text_key;
    made.cycle_id = "c1";
    made.created_at = seed.created_at = 10;
    seed.text_key = "nobody's";
    tx.put_example(made);
    tx.put_example(seed);
    for (int i = 0; i < 4; ++i) tx.add_event({"t", 10 * i, "cli", "k", "s", "{}", "", 0});
    const PrunedCounts counts = tx.prune_older("t", {.turns = 15,
                                                     .feedback = std::nullopt,
                                                     .examples = 15,
                                                     .memories = std::nullopt,
                                                     .events = 15});
    EXPECT_EQ(counts.turns, 1);
    EXPECT_EQ(counts.examples, 1);
    EXPECT_EQ(counts.events, 2);
  });
  reopen();
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_TRUE(tx->turn("t", "u2"));
  EXPECT_EQ(tx->examples("t", {}).size(), 1u);
  EXPECT_EQ(tx->first_row_of("t", turn_of("u1").user_id), first);
  EXPECT_EQ(tx->events("t", {}).size(), 2u);
  EXPECT_FALSE(tx->verify_events("t"));
}

TEST_P(StoreContract, VectorsAreFoundByEncoderAndGoWithTheLastExampleOfTheirText) {
  write_to(*store_, [](Transaction& tx) {
    ExampleRecord mine = example_of("e1", "train"), ours = example_of("e2", "train");
    mine.user_id = "ann";
    mine.text_key = "k1";
    ours.user_id = "bob";
    ours.text_key = "k2";
    tx.put_example(mine);
    tx.put_example(ours);
    const std::string bytes("\0\x80\xff\0", 4);
    tx.put_vectors("t", "f1", std::vector<VectorRecord>{{"k1", "h1", bytes}, {"k2", "h2", "xy"}});
    tx.put_vectors("t", "f1", std::vector<VectorRecord>{{"k2", "h2", "zz"}});
    tx.put_vectors("t", "f2", std::vector<VectorRecord>{{"k1", "h1", "other"}});
    tx.put_vectors("u", "f1", std::vector<VectorRecord>{{"k9", "h9", "theirs"}});
  });
  reopen();
  {
    const auto found = store_->begin_read()->vectors("t", "f1");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].text_key, "k1");
    EXPECT_EQ(found[0].text_hash, "h1");
    EXPECT_EQ(found[0].vector, std::string("\0\x80\xff\0", 4));
    EXPECT_EQ(found[1].vector, "zz");
  }
  write_to(*store_, [](Transaction& tx) { tx.erase_user("t", "ann"); });
  EXPECT_EQ(store_->begin_read()->vectors("t", "f1").size(), 1u);
  EXPECT_TRUE(store_->begin_read()->vectors("t", "f2").empty());
  EXPECT_EQ(write_to(*store_,
                     [](Transaction& tx) {
                       const std::vector<std::string> kept = {"f3"};
                       return tx.drop_stale_vectors("t", kept);
                     }),
            1);
  EXPECT_TRUE(store_->begin_read()->vectors("t", "f1").empty());
  EXPECT_EQ(store_->begin_read()->vectors("u", "f1").size(), 1u);
}

TEST_P(StoreContract, AMemorysVectorGoesWithIt) {
  const auto memory = [](const std::string& id, const std::string& user) {
    MemoryRecord record;
    record.tenant_id = "t";
    record.memory_id = id;
    record.user_id = user;
    record.memory_type = "insight";
    record.content = "tea " + id;
    return record;
  };
  int64_t first = 0, second = 0;
  write_to(*store_, [&](Transaction& tx) {
    first = tx.put_memory(memory("a", "u"));
    second = tx.put_memory(memory("b", "v"));
    const MemoryVectorRecord made[] = {{first, "one"}, {999, "nobody's"}};
    tx.put_memory_vectors("t", "f", made);
    tx.put_memory_vectors("other", "f", made);
  });
  auto tx = store_->begin_read();
  ASSERT_EQ(tx->memory_vectors("t", "f", 9).size(), 1u);
  EXPECT_EQ(tx->memory_vectors("t", "f", 9)[0].vector, "one");
  EXPECT_TRUE(tx->memory_vectors("other", "f", 9).empty());
  ASSERT_EQ(tx->memories_without_vector("t", "f", 9).size(), 1u);
  EXPECT_EQ(tx->memories_without_vector("t", "f", 9)[0].memory_id, "b");
  EXPECT_EQ(tx->memories_without_vector("t", "g", 9).size(), 2u);
  const int64_t both[] = {second, first, 999};
  ASSERT_EQ(tx->memories_at("t", both).size(), 2u);
  EXPECT_EQ(tx->memories_at("t", both)[0].memory_id, "b");
  EXPECT_TRUE(tx->memories_at("other", both).empty());
  tx.reset();
  write_to(*store_, [&](Transaction& t) { t.erase_user("t", "u"); });
  EXPECT_TRUE(store_->begin_read()->memory_vectors("t", "f", 9).empty());
}

}  // namespace
}  // namespace pawl
