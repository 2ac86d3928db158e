#include "tests/store/store_contract.h"

#include <thread>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"

namespace pawl {
namespace {

TurnRecord turn_of(std::string id, std::string user = "ann", std::string conversation = "c1",
                   std::string tenant = "t") {
  TurnRecord turn;
  turn.tenant_id = std::move(tenant);
  turn.turn_id = std::move(id);
  turn.conversation_id = std::move(conversation);
  turn.user_id = std::move(user);
  turn.said_at = 5;
  turn.received_at = 6;
  turn.user_text = "my pärser is \"slow\"";
  turn.assistant_response = "try -O2";
  turn.persona = "technical-expert";
  turn.context_used = {"doc-1", "doc \"2\""};
  turn.edits = {{3, 9, 7, "EMAIL"}};
  turn.generation_id = "g1";
  return turn;
}

EvidenceRecord evidence_of(std::string turn, std::string source, std::string value,
                           std::string author = "ann") {
  EvidenceRecord evidence;
  evidence.tenant_id = "t";
  evidence.turn_id = std::move(turn);
  evidence.head = "intent";
  evidence.source = std::move(source);
  evidence.value = std::move(value);
  evidence.score = 0.75;
  evidence.author = std::move(author);
  evidence.generation_id = "g1";
  evidence.at = 7;
  return evidence;
}

ExampleRecord example_of(std::string id, std::string split, std::string user = "ann") {
  ExampleRecord example;
  example.tenant_id = "t";
  example.example_id = std::move(id);
  example.user_id = std::move(user);
  example.text = "text of " + example.example_id;
  example.text_key = "key of " + example.example_id;
  example.heads = R"({"intent":{"label":"debug_error","weight":0.9,"support":["ann"]}})";
  example.split = std::move(split);
  example.origin = "conversation";
  return example;
}

GenerationRecord generation_of(std::string id, std::string parent = "") {
  GenerationRecord generation;
  generation.tenant_id = "t";
  generation.generation_id = std::move(id);
  generation.parent_id = std::move(parent);
  generation.state = "ready";
  generation.created_at = 3;
  generation.metrics = R"({"accuracy":0.5})";
  return generation;
}

TEST_P(StoreContract, TurnsComeBackAsTheyWent) {
  write_to(*store_, [](Transaction& tx) { EXPECT_TRUE(tx.add_turn(turn_of("u1"))); });
  reopen();
  const auto turn = read_from(*store_, [](Transaction& tx) { return tx.turn("t", "u1"); });
  ASSERT_TRUE(turn);
  const TurnRecord expected = turn_of("u1");
  EXPECT_EQ(turn->user_text, expected.user_text);
  EXPECT_EQ(turn->assistant_response, expected.assistant_response);
  EXPECT_EQ(turn->context_used, expected.context_used);
  EXPECT_EQ(turn->edits, expected.edits);
  EXPECT_EQ(turn->generation_id, "g1");
  EXPECT_EQ(turn->said_at, 5);
  EXPECT_GT(turn->sequence, 0);
}

TEST_P(StoreContract, WithoutCommitNothingHappened) {
  {
    auto tx = store_->begin_write();
    tx->add_turn(turn_of("u1"));
    tx->add_counter("t", "n", 1);
  }
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_TRUE(tx->counters("t").empty());
  EXPECT_EQ(tx->high_water("t"), 0);
}

TEST_P(StoreContract, AKnownTurnIsLeftAlone) {
  write_to(*store_, [](Transaction& tx) {
    EXPECT_TRUE(tx.add_turn(turn_of("u1")));
    TurnRecord other = turn_of("u1");
    other.user_text = "changed";
    EXPECT_FALSE(tx.add_turn(other));
    EXPECT_EQ(tx.turn("t", "u1")->user_text, turn_of("u1").user_text);
  });
}

TEST_P(StoreContract, TenantsDoNotSeeEachOther) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1", "ann", "c1", "a"));
    tx.add_turn(turn_of("u1", "ann", "c1", "b"));
    tx.add_counter("a", "n", 1);
    tx.set_value("a", "v", "1");
    tx.erase_user("a", "ann");
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("a", "u1"));
  EXPECT_TRUE(tx->turn("b", "u1"));
  EXPECT_FALSE(tx->last_turn_of("a", "c1"));
  EXPECT_TRUE(tx->turns_touched("a", {}).empty());
  EXPECT_EQ(tx->turns_touched("b", {}).size(), 1u);
  EXPECT_TRUE(tx->counters("b").empty());
  EXPECT_FALSE(tx->value("b", "v"));
}

TEST_P(StoreContract, ARangeHoldsWhatArrivedOrWasJudgedWithinIt) {
  int64_t first = 0, second = 0;
  write_to(*store_, [&](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    tx.add_evidence(evidence_of("u1", "self", "debug_error"));
    tx.add_turn(turn_of("u2", "bob", "c2"));
    first = tx.high_water("t");
  });
  write_to(*store_, [&](Transaction& tx) {
    tx.add_turn(turn_of("u3", "bob", "c2"));
    tx.add_evidence(evidence_of("u1", "correction", "optimize_code"));
    FeedbackRecord feedback;
    feedback.tenant_id = "t";
    feedback.feedback_id = "f1";
    feedback.turn_id = "u1";
    feedback.author = "ann";
    feedback.satisfaction_score = 0.25;
    feedback.needs_correction = true;
    feedback.corrected_entities = std::vector<EntitySpan>{{1, 2, "A"}};
    EXPECT_TRUE(tx.add_feedback(feedback));
    EXPECT_FALSE(tx.add_feedback(feedback));
    second = tx.high_water("t");
  });
  write_to(*store_, [](Transaction& tx) { tx.add_evidence(evidence_of("u2", "review", "x")); });
  reopen();

  auto tx = store_->begin_read();
  const auto bundles = tx->turns_touched("t", {first, second});
  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[0].turn.turn_id, "u1");
  ASSERT_EQ(bundles[0].evidence.size(), 2u);
  EXPECT_EQ(bundles[0].evidence[0].source, "self");
  EXPECT_EQ(bundles[0].evidence[1].value, "optimize_code");
  EXPECT_EQ(bundles[0].evidence[1].score, 0.75);
  ASSERT_EQ(bundles[0].feedback.size(), 1u);
  EXPECT_EQ(bundles[0].feedback[0].satisfaction_score, 0.25);
  EXPECT_EQ(bundles[0].feedback[0].needs_correction, true);
  EXPECT_FALSE(bundles[0].feedback[0].corrected_intent);
  EXPECT_EQ(bundles[0].feedback[0].corrected_entities, (std::vector<EntitySpan>{{1, 2, "A"}}));
  EXPECT_EQ(bundles[1].turn.turn_id, "u3");
  EXPECT_EQ(tx->count_turns("t", {first, second}), 1);
  EXPECT_EQ(tx->count_turns_judged("t", {first, second}), 1);
  EXPECT_EQ(tx->count_turns_judged("t", {0, first}), 0);
  EXPECT_EQ(tx->turns_touched("t", {0, first}).front().evidence.size(), 1u);
  EXPECT_EQ(tx->turns_touched("t", {0, INT64_MAX, 1}).size(), 1u);
  EXPECT_EQ(tx->last_turn_of("t", "c2")->turn_id, "u3");
}

TEST_P(StoreContract, TextsAreFoundByWhatWasSaidAboutThem) {
  int64_t first = 0;
  write_to(*store_, [&](Transaction& tx) {
    for (const auto& [id, key] :
         {std::pair{"u1", "k1"}, {"u2", "k2"}, {"u3", "k1"}, {"u4", "k3"}}) {
      TurnRecord turn = turn_of(id);
      turn.text_key = key;
      turn.user_text = "text of " + turn.turn_id;
      tx.add_turn(turn);
      tx.add_evidence(evidence_of(id, "self", "x"));
    }
    tx.add_evidence(evidence_of("u2", "correction", "y"));
    first = tx.high_water("t");
    tx.add_evidence(evidence_of("u3", "correction", "y"));
    tx.add_evidence(evidence_of("u1", "rating", "satisfaction"));
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->texts_judged("t", {}), (std::vector<std::string>{"k2", "k1"}));
  EXPECT_EQ(tx->texts_judged("t", {first}), std::vector<std::string>{"k1"});
  EXPECT_TRUE(tx->texts_judged("other", {}).empty());
  const std::vector<std::string> wanted = {"k1", "k3"};
  const auto bundles = tx->turns_of_texts("t", wanted, INT64_MAX);
  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[0].turn.turn_id, "u1");
  EXPECT_EQ(bundles[0].turn.text_key, "k1");
  EXPECT_EQ(bundles[0].evidence.size(), 2u);
  EXPECT_EQ(bundles[1].turn.turn_id, "u3");
  EXPECT_TRUE(tx->turns_of_texts("t", wanted, first).empty());
  EXPECT_EQ(tx->unjudged_texts("t", {}), std::vector<std::string>{"text of u4"});
  EXPECT_EQ(tx->unjudged_texts("t", {0, first, 1}), std::vector<std::string>{"text of u1"});
}

TEST_P(StoreContract, ExamplesAreVersionsThatAreSupersededAndTracedToGenerations) {
  write_to(*store_, [](Transaction& tx) {
    tx.put_example(example_of("e1", "train"));
    tx.put_example(example_of("e2", "select", "bob"));
    ExampleRecord next = example_of("e1.2", "train");
    next.text_key = "key of e1";
    next.version = 2;
    next.weight = 0.5;
    next.authors = {"ann", "carl"};
    tx.put_example(next);
    tx.put_example(next);
    ExampleRecord retracted = example_of("e3", "train", "bob");
    retracted.state = "retracted";
    tx.put_example(retracted);
    tx.add_generation_examples("t", "g1", std::vector<std::string>{"e1", "e2", "e1"});
    tx.add_generation_examples("t", "g2", std::vector<std::string>{"e1.2"});
  });
  reopen();
  auto tx = store_->begin_read();
  const auto train = tx->examples("t", {.split = "train"});
  ASSERT_EQ(train.size(), 2u);
  EXPECT_EQ(train[0].example_id, "e1.2");
  EXPECT_EQ(train[0].version, 2);
  EXPECT_EQ(train[0].weight, 0.5);
  EXPECT_EQ(train[0].authors, (std::vector<std::string>{"ann", "carl"}));
  EXPECT_EQ(train[0].heads, example_of("e1", "train").heads);
  EXPECT_EQ(tx->examples("t", {.state = "active"}).size(), 2u);
  EXPECT_EQ(tx->examples("t", {.user_id = "bob", .limit = 1, .newest_first = true})[0].example_id,
            "e3");
  EXPECT_EQ(tx->examples_of_texts("t", std::vector<std::string>{"key of e1"}).size(), 1u);
  EXPECT_EQ(tx->generation_examples("t", "g1"), (std::vector<std::string>{"e1", "e2"}));
  EXPECT_EQ(tx->generations_that_saw("t", "bob"), (std::vector<std::string>{"g1"}));
  EXPECT_EQ(tx->generations_that_saw("t", "carl"), (std::vector<std::string>{"g2"}));
  EXPECT_EQ(tx->generations_that_saw("t", "ann"), (std::vector<std::string>{"g1", "g2"}));
  EXPECT_TRUE(tx->generations_that_saw("t", "dora").empty());
}

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

TEST_P(StoreContract, ATextKeepsItsSplit) {
  write_to(*store_, [](Transaction& tx) {
    tx.put_split("t", "g1", "certify");
    tx.put_split("t", "g1", "train");
  });
  const auto found = store_->begin_read()->splits("t", std::vector<std::string>{"g1", "g2"});
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"g1", "certify"}}));
}

TEST_P(StoreContract, AWithdrawnTurnLeavesNothingAndOthersOfItsTextWait) {
  write_to(*store_, [](Transaction& tx) {
    for (const auto& [id, user] : {std::pair{"u1", "ann"}, {"u2", "bob"}}) {
      TurnRecord turn = turn_of(id, user);
      turn.text_key = "key of e1";
      tx.add_turn(turn);
    }
    tx.add_evidence(evidence_of("u1", "correction", "x"));
    tx.put_example(example_of("e1", "train"));
    EXPECT_FALSE(tx.withdraw_turn("t", "unknown"));
    EXPECT_TRUE(tx.withdraw_turn("t", "u1"));
  });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->turn("t", "u1"));
  EXPECT_TRUE(tx->turn("t", "u2"));
  EXPECT_TRUE(tx->examples("t", {}).empty());
  EXPECT_EQ(tx->count_turns_judged("t", {}), 0);
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

TEST_P(StoreContract, ActivityIsCountedBySpans) {
  write_to(*store_, [](Transaction& tx) {
    for (const int64_t at : {5, 12, 13, 31}) {
      TurnRecord turn = turn_of("u" + std::to_string(at));
      turn.received_at = at;
      tx.add_turn(turn);
    }
    FeedbackRecord said;
    said.tenant_id = "t";
    said.turn_id = "u12";
    said.author = "ann";
    for (const int64_t at : {14, 15}) {
      said.feedback_id = std::to_string(at);
      said.received_at = at;
      tx.add_feedback(said);
      said.corrected_intent = "x";
    }
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->activity("t", 10, 10), (std::vector<ActivityRecord>{{10, 2, 2, 1}, {30, 1, 0, 0}}));
  EXPECT_TRUE(tx->activity("nobody", 0, 10).empty());
}

TEST_P(StoreContract, CyclesAreAStateMachineThatCanBeResumed) {
  CycleRecord cycle;
  cycle.tenant_id = "t";
  cycle.cycle_id = "y1";
  cycle.started_at = 10;
  write_to(*store_, [&](Transaction& tx) {
    tx.put_cycle(cycle);
    cycle.status = "training";
    cycle.payload = R"({"epoch":3})";
    tx.put_cycle(cycle);
  });
  reopen();
  const auto unfinished =
      read_from(*store_, [](Transaction& tx) { return tx.unfinished_cycle("t"); });
  ASSERT_TRUE(unfinished);
  EXPECT_EQ(unfinished->status, "training");
  EXPECT_EQ(unfinished->payload, R"({"epoch":3})");
  cycle.status = "completed";
  cycle.finished_at = 20;
  write_to(*store_, [&](Transaction& tx) { tx.put_cycle(cycle); });
  auto tx = store_->begin_read();
  EXPECT_FALSE(tx->unfinished_cycle("t"));
  EXPECT_EQ(tx->recent_cycles("t", 5).size(), 1u);
  EXPECT_EQ(tx->cycle("t", "y1")->finished_at, 20);
  EXPECT_EQ(tx->count_cycles("t").at("completed"), 1);
}

TEST_P(StoreContract, OneHolderALease) {
  auto held = store_->acquire_lease("t");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(store_->acquire_lease("t"), nullptr);
  const auto others = store_->acquire_lease("other");
  ASSERT_NE(others, nullptr);
  const int64_t first = held->token();
  held.reset();
  EXPECT_FALSE(store_->begin_read()->lease("t"));
  held = store_->acquire_lease("t");
  ASSERT_NE(held, nullptr);
  EXPECT_GT(held->token(), first);
  EXPECT_TRUE(store_->begin_read()->lease("other"));
}

TEST_P(StoreContract, OnlyTheHolderOfTheLeaseWritesBehindIt) {
  const auto held = store_->acquire_lease("t");
  const auto write = [&](int64_t token) {
    write_to(*store_, [&](Transaction& tx) {
      tx.require_lease("t", token);
      tx.set_value("t", "name", "value");
    });
  };
  write(held->token());
  // As if its time had been over: another takes it, and the first one wakes up.
  const int64_t next =
      write_to(*store_, [](Transaction& tx) { return tx.take_lease("t", "another", 5); });
  EXPECT_GT(next, held->token());
  try {
    write(held->token());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kBusy);
  }
  write(next);
  write_to(*store_, [&](Transaction& tx) {
    tx.release_lease("t", held->token());
    EXPECT_EQ(tx.lease("t")->owner, "another");
    tx.renew_lease("t", next, 77);
    EXPECT_EQ(tx.lease("t")->expires_at, 77);
    EXPECT_THROW(tx.renew_lease("t", held->token(), 99), Error);
    tx.release_lease("t", next);
    EXPECT_FALSE(tx.lease("t"));
  });
}

TEST_P(StoreContract, TheLivePointerKeepsItsHistory) {
  write_to(*store_, [](Transaction& tx) {
    tx.put_generation(generation_of("g1"));
    tx.put_generation(generation_of("g2", "g1"));
    tx.set_live({"t", "g1", "", "init", "first", "", 1});
    tx.set_live({"t", "g2", "g1", "deploy", "better", "y1", 2});
    tx.set_live({"t", "g1", "g2", "rollback", "asked", "", 3});
    GenerationRecord broken = generation_of("g2", "g1");
    broken.state = "broken";
    tx.put_generation(broken);
  });
  reopen();
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->live("t")->generation_id, "g1");
  const auto history = tx->live_history("t", 10);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].kind, "rollback");
  EXPECT_EQ(history[1].reason, "better");
  EXPECT_EQ(tx->generations("t").front().generation_id, "g2");
  EXPECT_EQ(tx->generation("t", "g2")->state, "broken");
  EXPECT_FALSE(tx->live("other"));
}

TEST_P(StoreContract, OnlyAKnownGenerationCanBeLive) {
  auto tx = store_->begin_write();
  EXPECT_THROW(tx->set_live({"t", "absent", "", "init", "", "", 1}), Error);
}

TEST_P(StoreContract, TheAuditTrailIsChained) {
  write_to(*store_, [](Transaction& tx) {
    for (int i = 0; i < 5; ++i) {
      EventRecord event;
      event.tenant_id = i == 2 ? "other" : "t";
      event.at = i;
      event.kind = "turns.collected";
      event.details = R"({"n":1})";
      tx.add_event(event);
    }
  });
  reopen();
  auto tx = store_->begin_read();
  const auto events = tx->events("t", {});
  ASSERT_EQ(events.size(), 4u);
  EXPECT_NE(events[0].hash, events[1].hash);
  EXPECT_FALSE(tx->verify_events("t"));
  EXPECT_EQ(tx->events("t", {events[1].sequence}).size(), 2u);
  const auto newest = tx->recent_events("t", events[3].sequence, 2);
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].hash, events[2].hash);
  EXPECT_EQ(newest[1].hash, events[1].hash);
}

TEST_P(StoreContract, CountersQuarantineAndValues) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_counter("t", "turns", 3);
    tx.add_counter("t", "turns", 4);
    tx.set_value("t", "calibration", "{}");
    tx.set_value("t", "calibration", "[1]");
    QuarantineRecord item;
    item.tenant_id = "t";
    item.kind = "burst";
    item.subject = "e1";
    tx.add_quarantine(item);
    tx.add_quarantine(item);
    tx.release_quarantine("t", tx.quarantine("t", false)[0].sequence);
  });
  reopen();
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->counters("t").at("turns"), 7);
  EXPECT_EQ(tx->value("t", "calibration"), "[1]");
  EXPECT_EQ(tx->quarantine("t", false).size(), 1u);
  EXPECT_EQ(tx->quarantine("t", true).size(), 2u);
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

TEST_P(StoreContract, WhatTheModelSaidIsReplacedWhereItStood) {
  write_to(*store_, [](Transaction& tx) {
    tx.add_turn(turn_of("u1"));
    for (const char* head : {"intent", "persona"}) {
      EvidenceRecord said = evidence_of("u1", "self", "old", "g1");
      said.head = head;
      tx.add_evidence(said);
    }
    tx.add_evidence(evidence_of("u1", "correction", "x", "ann"));
  });
  const int64_t before = store_->begin_read()->high_water("t");
  write_to(*store_, [](Transaction& tx) {
    EvidenceRecord intent = evidence_of("", "self", "new", ""), sentiment = intent;
    sentiment.head = "sentiment";
    tx.replace_answer(*tx.turn("t", "u1"), "g2", std::vector<EvidenceRecord>{intent, sentiment});
  });
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->turn("t", "u1")->generation_id, "g2");
  const auto bundles = tx->turns_touched("t", {.after = 0, .up_to = before});
  ASSERT_EQ(bundles.size(), 1u);
  std::map<std::string, std::string> said;
  for (const EvidenceRecord& e : bundles[0].evidence)
    said[e.source + "." + e.head] = e.value + " " + e.generation_id;
  EXPECT_EQ(said.size(), 3u);
  EXPECT_EQ(said["self.intent"], "new g2");
  EXPECT_EQ(said["self.sentiment"], "new g2");
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
  EXPECT_EQ(write_to(*store_, [](Transaction& tx) { return tx.drop_stale_vectors("t", "f3"); }), 1);
  EXPECT_TRUE(store_->begin_read()->vectors("t", "f1").empty());
  EXPECT_EQ(store_->begin_read()->vectors("u", "f1").size(), 1u);
}

TEST_P(StoreContract, AReaderSeesOneMoment) {
  auto reader = store_->begin_read();
  write_to(*store_, [](Transaction& tx) { tx.add_turn(turn_of("u1")); });
  EXPECT_FALSE(reader->turn("t", "u1"));
  EXPECT_TRUE(store_->begin_read()->turn("t", "u1"));
}

TEST_P(StoreContract, WritersOfManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([this, worker] {
      for (int i = 0; i < 25; ++i) {
        write_to(*store_, [&](Transaction& tx) {
          tx.add_turn(turn_of("u" + std::to_string(worker) + "-" + std::to_string(i)));
          tx.add_counter("t", "turns", 1);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->counters("t").at("turns"), 100);
  EXPECT_EQ(tx->count_turns("t", {}), 100);
  EXPECT_TRUE(store_->check().empty());
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

TEST_P(StoreContract, WhatAUserThinksOfPersonasGoesWithTheUser) {
  write_to(*store_, [&](Transaction& tx) {
    for (const char* id : {"u1", "u2", "u3"}) {
      TurnRecord turn = turn_of(id);
      turn.user_id = "jane";
      turn.persona = std::string(id) == "u3" ? "" : "expert";
      tx.add_turn(turn);
      FeedbackRecord said;
      said.tenant_id = "t";
      said.feedback_id = std::string("f-") + id;
      said.turn_id = id;
      said.author = "jane";
      said.satisfaction_score = 0.5;
      if (std::string(id) == "u2") said.preferred_persona = "friend";
      tx.add_feedback(said);
    }
    EvidenceRecord self;
    self.tenant_id = "t";
    self.turn_id = "u3";
    self.head = "persona";
    self.source = "self";
    self.value = "helper";
    tx.add_evidence(self);
  });
  const PersonaHistory history = store_->begin_read()->persona_history("t", "jane");
  EXPECT_EQ(history.stated, "friend");
  ASSERT_EQ(history.ratings.size(), 2u);
  EXPECT_EQ(history.ratings.at("expert").count, 2u);
  EXPECT_DOUBLE_EQ(history.ratings.at("expert").sum, 1.0);
  EXPECT_EQ(history.ratings.at("helper").count, 1u);
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "other").ratings.empty());
  write_to(*store_, [&](Transaction& tx) { tx.erase_user("t", "jane"); });
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "jane").stated.empty());
  EXPECT_TRUE(store_->begin_read()->persona_history("t", "jane").ratings.empty());
}

TEST_P(StoreContract, AReadTransactionCannotChangeAnything) {
  auto tx = store_->begin_read();
  EXPECT_THROW(tx->add_counter("t", "n", 1), Error);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(StoreFactory{"sqlite",
                                                      [](const Path& folder) {
                                                        return open_sqlite_store(
                                                            Env::real(), folder / "pawl.db");
                                                      }}),
                         [](const testing::TestParamInfo<StoreFactory>& instance) {
                           return instance.param.name;
                         });

}  // namespace
}  // namespace pawl
