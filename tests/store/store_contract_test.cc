#include "tests/store/store_contract.h"

#include <thread>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/store/store_records.h"

namespace pawl {
namespace {

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

TEST_P(StoreContract, ATextKeepsItsSplit) {
  write_to(*store_, [](Transaction& tx) {
    tx.put_split("t", "g1", "certify");
    tx.put_split("t", "g1", "train");
  });
  const auto found = store_->begin_read()->splits("t", std::vector<std::string>{"g1", "g2"});
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"g1", "certify"}}));
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
