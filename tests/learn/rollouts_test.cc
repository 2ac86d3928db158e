#include "learn/cycle/rollouts.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "tests/learn/cycle_fixture.h"

namespace pawl::learn {
namespace {

// The weak first generation, and what a cycle made of it; the tests below say of the users what
// they think of either.
class RolloutsTest : public CycleTest {
 protected:
  struct Workspace : Copy {
    std::unique_ptr<Store> store = open();
    Generations generations{env, *store, folder.path(), "t"};
    std::string weak = live(), good;
    RolloutSettings settings;
    int turns = 0;

    CycleResult learn_with_store() {
      CycleSettings cycle = quick_settings();
      cycle.rollout = settings;
      return learn(cycle, store.get());
    }
    RolloutLook look(size_t least = 1) {
      return Rollouts(env, *store, generations, "t", settings, {}).look(least);
    }
    std::optional<Rollout> rollout(const std::string& generation) {
      return read_from(*store, [&](Transaction& t) { return read_rollout(t, "t", generation); });
    }
    std::string phase(const std::string& generation) {
      return read_from(*store, [&](Transaction& t) {
        return phase_of(read_rollout(t, "t", generation), *t.generation("t", generation), true);
      });
    }
    // What a generation says of a text.
    Answers says(const std::string& generation, const std::string& text) {
      const auto opened = generations.open(generation);
      Warnings none;
      const auto nlp = load_pipeline(env, opened.pipeline, none);
      return answers_of(*nlp, std::vector<std::string>{text}).front();
    }
    // Turns of a generation whose users say that another label would have been right; without one,
    // that nothing was wrong.
    void answer(const std::string& generation, size_t count, const std::string& text,
                const std::string& right = "", const std::string& only_user = "") {
      const std::string said = says(generation, text)[Head::kIntent];
      write_to(*store, [&](Transaction& t) {
        for (size_t i = 0; i < count; ++i) {
          const std::string n = std::to_string(turns++);
          TurnRecord turn;
          turn.tenant_id = "t";
          turn.turn_id = "live-" + n;
          turn.conversation_id = "live-talk-" + n;
          turn.user_id = only_user.empty() ? "live-user-" + n : only_user;
          turn.user_text = text;
          turn.text_key = text_key(text);
          turn.generation_id = generation;
          t.add_turn(turn);
          EvidenceRecord evidence;
          evidence.tenant_id = "t";
          evidence.turn_id = turn.turn_id;
          evidence.head = "intent";
          evidence.source = "self";
          evidence.value = said;
          evidence.author = evidence.generation_id = generation;
          t.add_evidence(evidence);
          evidence.source = "correction";
          evidence.value = right;
          evidence.author = turn.user_id;
          if (right.empty()) {
            evidence.head = "response";
            evidence.source = "rating";
            evidence.value = "satisfaction";
            evidence.score = 1;
          }
          t.add_evidence(evidence);
        }
      });
    }
    // A text of which both generations say different things, and what the weak one says.
    std::pair<std::string, std::string> contested() {
      for (int i = 200; i < 400; ++i) {
        for (const auto& [label, words] : topics()) {
          const std::string text = words + "thing" + std::to_string(i);
          const std::string one = says(weak, text)[Head::kIntent];
          if (one != says(good, text)[Head::kIntent]) return {text, one};
        }
      }
      ADD_FAILURE() << "both say the same";
      return {};
    }
    // A cycle deployed a generation, beside which the weak one had answered to everybody's content.
    void deploy() {
      answer(weak, 40, "play some thing7");
      const auto result = learn_with_store();
      EXPECT_TRUE(result.model_improved) << result.reason << result.error_message;
      good = result.generation;
    }
  };
};

TEST_F(RolloutsTest, ADeployedGenerationHasShadowedWhatWasCollectedAndBakes) {
  Workspace w;
  w.deploy();
  const auto rollout = w.rollout(w.good);
  ASSERT_TRUE(rollout);
  EXPECT_EQ(rollout->phase, "baking");
  EXPECT_EQ(rollout->baseline_id, w.weak);
  EXPECT_EQ(rollout->shadow.at("turns").as_uint(), 130u);
  const uint64_t otherwise = rollout->shadow.at("disagreements").at("intent").as_uint();
  EXPECT_GT(otherwise, 10u);
  size_t kept = 0;
  for (const TurnBundle& bundle : w.store->begin_read()->recent_turns("t", INT64_MAX, "", 500)) {
    for (const EvidenceRecord& e : bundle.evidence)
      kept += e.source == kShadowSource && e.author == w.good;
  }
  EXPECT_EQ(kept, otherwise);
  EXPECT_EQ(w.phase(w.weak), "settled");
}

TEST_F(RolloutsTest, AMuchWorseGenerationIsTakenBackAndItsCycleSaysWhy) {
  Workspace w;
  w.deploy();
  const auto [text, right] = w.contested();
  const auto cycle = w.store->begin_read()->recent_cycles("t", 1).front();
  const int64_t looks = w.store->begin_read()->count_looks("t", "intent", "");
  w.answer(w.good, 20, text, right);
  const RolloutLook look = w.look();
  ASSERT_TRUE(look.taken_back) << look.rollout->note << to_json(look.rollout->live);
  EXPECT_EQ(w.live(), w.weak);
  EXPECT_EQ(w.phase(w.good), "rolled_back");
  const auto t = w.store->begin_read();
  const auto now = *t->cycle("t", cycle.cycle_id);
  EXPECT_EQ(now.status, "rolled_back");
  EXPECT_NE(now.reason.find("20 people found fault"), std::string::npos) << now.reason;
  EXPECT_TRUE(parse_json(now.result).at("rollback_performed").as_bool());
  EXPECT_FALSE(parse_json(now.result).at("model_improved").as_bool());
  EXPECT_FALSE(t->generation("t", w.good)->rejected.empty());
  EXPECT_EQ(t->counters("t").at("generations.taken_back"), 1);
  EXPECT_EQ(t->count_looks("t", "intent", ""), looks + 1);
  const auto events = t->recent_events("t", INT64_MAX, 20);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [&](const EventRecord& e) {
    return e.kind == "generation.taken_back" && e.subject == w.good;
  }));
  EXPECT_FALSE(t->verify_events("t"));
  EXPECT_FALSE(w.look().taken_back);  // once
}

TEST_F(RolloutsTest, WhatItWasTaughtIsDoubtedAndNotLearntAgain) {
  Workspace w;
  w.deploy();
  const auto [text, right] = w.contested();
  w.answer(w.good, 20, text, right);
  ASSERT_TRUE(w.look().taken_back);
  const auto again = w.learn_with_store();
  EXPECT_NE(w.live(), w.good);
  EXPECT_FALSE(again.model_improved) << again.reason;
}

TEST_F(RolloutsTest, OneHostileUserTakesNothingBack) {
  Workspace w;
  w.deploy();
  const auto [text, right] = w.contested();
  w.answer(w.good, 200, text, right, "enemy");
  const RolloutLook look = w.look();
  EXPECT_FALSE(look.taken_back);
  EXPECT_EQ(look.rollout->live.at("users_at_fault").as_uint(), 1u);
  EXPECT_EQ(w.live(), w.good);
}

TEST_F(RolloutsTest, WhatTheEarlierOneWouldHaveGotWrongTooIsNoFaultOfTheLaterOne) {
  Workspace w;
  w.deploy();
  const auto [text, right] = w.contested();
  w.answer(w.good, 60, text, "something new");
  EXPECT_FALSE(w.look().taken_back);
  EXPECT_EQ(w.rollout(w.good)->live.at("users_at_fault").as_uint(), 0u);
}

TEST_F(RolloutsTest, AGenerationThatIsNoWorseIsSettledAfterItsTurns) {
  Workspace w;
  w.settings.bake_turns = 50;
  w.deploy();
  w.answer(w.good, 30, "play some thing8");
  EXPECT_FALSE(w.look().settled);
  EXPECT_EQ(w.phase(w.good), "baking");
  w.answer(w.good, 30, "play some thing8");
  EXPECT_TRUE(w.look().settled);
  EXPECT_EQ(w.phase(w.good), "settled");
}

TEST_F(RolloutsTest, ACandidateMayWaitInTheShadowForNewTurns) {
  Workspace w;
  w.settings.shadow_new_turns = 30;
  const auto result = w.learn_with_store();
  ASSERT_FALSE(result.generation.empty()) << result.reason;
  EXPECT_FALSE(result.model_improved);
  EXPECT_EQ(w.live(), w.weak);
  EXPECT_EQ(w.rollout(result.generation)->phase, "shadow");
  w.answer(w.weak, 20, "play some thing9");
  EXPECT_FALSE(w.look().went_live);
  w.answer(w.weak, 10, "play some thing9");
  EXPECT_TRUE(w.look().went_live);
  EXPECT_EQ(w.live(), result.generation);
  EXPECT_EQ(w.rollout(result.generation)->phase, "baking");
  EXPECT_EQ(w.rollout(result.generation)->shadow.at("turns").as_uint(), 30u);
  const auto cycle = *w.store->begin_read()->cycle("t", result.cycle_id);
  EXPECT_TRUE(parse_json(cycle.result).at("model_improved").as_bool());
}

TEST_F(RolloutsTest, WhatACandidateWaitsForIsWhatWasSetWhenItWentIntoTheShadow) {
  Workspace w;
  w.settings.shadow_new_turns = 30;
  w.learn_with_store();
  w.settings.shadow_new_turns = 0;
  w.answer(w.weak, 20, "play some thing9");
  EXPECT_FALSE(w.look().went_live);
  w.answer(w.weak, 10, "play some thing9");
  EXPECT_TRUE(w.look().went_live);
}

TEST_F(RolloutsTest, FewTurnsHoldACandidateUpNoLongerThanItsHours) {
  Workspace w;
  w.settings.shadow_new_turns = 1000;
  w.settings.shadow_hours = 1e-7;
  const auto result = w.learn_with_store();
  while (!w.look().went_live) std::this_thread::yield();
  EXPECT_EQ(w.live(), result.generation);
}

TEST_F(RolloutsTest, APersonsRollbackEndsTheWatch) {
  Workspace w;
  w.deploy();
  w.generations.rollback("by hand");
  EXPECT_EQ(w.phase(w.good), "rolled_back");
  const RolloutLook look = w.look();
  EXPECT_FALSE(look.taken_back || look.settled);
  EXPECT_EQ(w.live(), w.weak);
}

}  // namespace
}  // namespace pawl::learn
