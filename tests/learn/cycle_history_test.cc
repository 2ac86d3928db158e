#include "learn/cycle/cycle_history.h"

#include <gtest/gtest.h>

#include "store/sqlite/sqlite_store.h"

namespace pawl::learn {
namespace {

class CycleHistoryTest : public ::testing::Test {
 protected:
  CycleHistoryTest() : folder_(Path(::testing::TempDir()) / ("history-" + new_uuid(Env::real()))) {
    Env::real().create_directories(folder_);
    store_ = open_sqlite_store(Env::real(), folder_ / "pawl.db");
  }
  ~CycleHistoryTest() override {
    store_.reset();
    Env::real().remove_all(folder_);
  }

  // A finished cycle with a verdict on the intent head.
  void add(const std::string& id, bool judged, bool deployed, const std::string& incumbent,
           const std::vector<LabelOutcome>& outcomes) {
    CycleRecord cycle;
    cycle.tenant_id = "t";
    cycle.cycle_id = id;
    cycle.status = "completed";
    cycle.started_at = ++clock_;
    cycle.finished_at = clock_;
    Json payload = Json::object();
    keep_outcomes(payload, Head::kIntent, incumbent, outcomes);
    payload["curation"] = parse_json(R"({"named": 3, "unnamed": 6})");
    HeadVerdict verdict;
    verdict.head = "intent";
    verdict.judged = judged;
    verdict.deploy = deployed;
    write_to(*store_, [&](Transaction& t) {
      t.put_cycle(cycle);
      keep_judgement(t, cycle, {verdict}, payload);
      if (deployed) keep_deployed(t, cycle);
      count_named(t, "t", payload.at("curation"));
    });
    ASSERT_EQ(payload.find("unseen"), nullptr);
  }

  CycleHistory history() { return CycleHistory(*store_, "t", "now"); }

  Path folder_;
  std::unique_ptr<Store> store_;
  int64_t clock_ = 0;
};

TEST_F(CycleHistoryTest, AnErasureTakesBackEveryCountThatLearningGoesBy) {
  add("1", true, true, "w1", {});
  write_to(*store_, [&](Transaction& t) { keep_waiting(t, "t", Head::kEntities, 5); });
  const double share = history().named_share(nullptr);
  add("2", true, true, "w1", {});
  write_to(*store_, [&](Transaction& t) {
    keep_waiting(t, "t", Head::kEntities, 12);
    keep_tuned(t, "t", Head::kIntent, 300);
    count_named(t, "t", parse_json(R"({"named": 50, "unnamed": 1})"));
  });
  EXPECT_EQ(history().waiting_examples(Head::kEntities), 12u);
  EXPECT_EQ(history().waited_cycles(Head::kEntities), 2u);
  write_to(*store_, [&](Transaction& t) {
    t.unlearn_since("t", t.cycle("t", "2")->sequence, std::vector<std::string>{"2"});
  });
  EXPECT_EQ(history().waiting_examples(Head::kEntities), 5u);
  EXPECT_EQ(history().waited_cycles(Head::kEntities), 1u);
  write_to(*store_, [&](Transaction& t) { keep_waiting(t, "t", Head::kEntities, 0); });
  EXPECT_EQ(history().waited_cycles(Head::kEntities), 0u);
  EXPECT_EQ(history().tuned_with(Head::kIntent), 0u);
  EXPECT_EQ(history().named_share(nullptr), share);
}

TEST_F(CycleHistoryTest, CountsTheLooksSinceTheHeadLastChanged) {
  add("1", true, false, "w1", {});
  add("2", true, true, "w1", {});
  EXPECT_TRUE(history().changed_last(Head::kIntent));
  EXPECT_EQ(history().attempts(Head::kIntent), 1u);
  add("3", true, false, "w2", {});
  add("4", false, false, "w2", {});
  EXPECT_FALSE(history().changed_last(Head::kIntent));
  EXPECT_EQ(history().attempts(Head::kIntent), 2u);
}

TEST_F(CycleHistoryTest, TheLastCyclesForerunnerCountsAgainstTheSameWeightsOnly) {
  add("1", true, false, "w1", {{"x", "y", "x"}});
  add("2", true, false, "w1", {{"a", "b", "a"}, {"c", "c", "d"}});
  const auto kept = history().forerunners(Head::kIntent, "w1", 10);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].gold, "a");
  EXPECT_EQ(kept[0].incumbent, "b");
  EXPECT_EQ(kept[1].candidate, "d");
  EXPECT_EQ(history().forerunners(Head::kIntent, "w1", 1).size(), 1u);
  EXPECT_TRUE(history().forerunners(Head::kIntent, "rolled back to", 10).empty());
  EXPECT_TRUE(history().forerunners(Head::kSentiment, "w1", 10).empty());
  add("3", true, true, "w1", {{"e", "f", "e"}});
  EXPECT_TRUE(history().forerunners(Head::kIntent, "w1", 10).empty());
}

TEST_F(CycleHistoryTest, TheShareOfThoseWhoNameALabelIsThatOfAllCycles) {
  EXPECT_DOUBLE_EQ(history().named_share(nullptr), 1.0);
  add("1", true, false, "w1", {});
  EXPECT_DOUBLE_EQ(history().named_share(nullptr), 0.4);
  const Json present = parse_json(R"({"named": 8, "unnamed": 2})");
  EXPECT_DOUBLE_EQ(history().named_share(&present), 0.6);
}

}  // namespace
}  // namespace pawl::learn
