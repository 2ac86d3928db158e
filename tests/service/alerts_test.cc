#include "service/alerts.h"

#include <algorithm>

#include "tests/service/service_fixture.h"

namespace pawl::service {
namespace {

constexpr int64_t kHour = int64_t{3600} * 1'000'000;

class AlertsTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    init();
    EngineOptions chosen = options();
    chosen.settings.set("alerts.min_free_disk_mb", SettingValue(int64_t{0}), "test");
    chosen.settings.set("alerts.to_memory", SettingValue(false), "test");
    engine_.emplace(env_, std::move(chosen));
    alerts_.emplace(
        *engine_, [] { return ProcessFacts(); },
        [this](const Alert& alert) { told_.push_back((alert.firing ? "+" : "-") + alert.rule); });
  }

  void add_turns(int count, int corrected, int64_t hours_ago) {
    const int64_t at = env_.now_micros() - hours_ago * kHour;
    write_to(engine_->store(), [&](Transaction& t) {
      for (int i = 0; i < count; ++i) {
        TurnRecord turn;
        turn.tenant_id = "default";
        turn.turn_id = "t" + std::to_string(hours_ago) + "-" + std::to_string(i);
        turn.conversation_id = "c";
        turn.user_id = "u";
        turn.received_at = at;
        t.add_turn(turn);
        if (i >= corrected) continue;
        FeedbackRecord said;
        said.tenant_id = "default";
        said.feedback_id = said.turn_id = turn.turn_id;
        said.received_at = at;
        said.corrected_intent = "x";
        t.add_feedback(said);
      }
    });
  }

  void add_cycle(const std::string& id, bool improved) {
    CycleRecord cycle;
    cycle.tenant_id = "default";
    cycle.cycle_id = id;
    cycle.status = "completed";
    cycle.finished_at = env_.now_micros();
    cycle.result = R"({"training_success":true,"model_improved":)" +
                   std::string(improved ? "true}" : "false}");
    write_to(engine_->store(), [&](Transaction& t) { t.put_cycle(cycle); });
  }

  std::optional<Engine> engine_;
  std::optional<Alerts> alerts_;
  std::vector<std::string> told_;
};

TEST_F(AlertsTest, MoreCorrectionsThanUsualAreToldOnceAndTheirEndToo) {
  add_turns(200, 10, 100);
  add_turns(60, 4, 3);
  alerts_->check();
  EXPECT_TRUE(told_.empty()) << "as many as ever";
  add_turns(60, 20, 2);
  alerts_->check();
  alerts_->check();
  EXPECT_EQ(told_, std::vector<std::string>{"+corrections"});
  ASSERT_EQ(alerts_->firing().size(), 1u);
  EXPECT_EQ(alerts_->firing()[0].tenant, "default");
  EXPECT_EQ(alerts_->firing()[0].message,
            "20 % of the last day's turns were corrected, of the days before 5 %");
  add_turns(300, 0, 1);
  alerts_->check();
  EXPECT_EQ(told_.back(), "-corrections");
}

TEST_F(AlertsTest, AShareOfFewTurnsMeansNothing) {
  add_turns(200, 10, 100);
  add_turns(40, 40, 1);
  alerts_->check();
  EXPECT_TRUE(told_.empty());
}

TEST_F(AlertsTest, CandidatesRefusedInARowAreTold) {
  add_cycle("1", true);
  add_cycle("2", false);
  add_cycle("3", false);
  alerts_->check();
  EXPECT_TRUE(told_.empty());
  add_cycle("4", false);
  alerts_->check();
  EXPECT_EQ(told_, std::vector<std::string>{"+refused"});
  add_cycle("5", true);
  alerts_->check();
  EXPECT_EQ(told_.back(), "-refused");
}

}  // namespace
}  // namespace pawl::service
