#include "learn/evidence/signals.h"

#include <gtest/gtest.h>

#include "config/settings.h"
#include "learn/data/material.h"
#include "learn/evidence/posterior.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

constexpr int64_t kSecond = 1'000'000;

// What the defaults take for thanks and for giving up.
SignalWords words() {
  const Settings settings;
  return {read_phrases(settings.text("learning.thanks_words")),
          read_phrases(settings.text("learning.giving_up_words"))};
}

std::optional<SignalKind> shown(const std::string& text, const std::string& next,
                                int64_t seconds = 20, const std::string& next_user = "ann") {
  const SessionTurn turn{"ann", text, 0}, after{next_user, next, seconds * kSecond};
  const auto signal = find_signal({nullptr, &turn, &after}, words(), seconds * kSecond);
  return signal ? std::optional(signal->kind) : std::nullopt;
}

TEST(SignalsTest, ThanksAreToldInManyLanguages) {
  for (const char* thanks : {"Thanks!", "thank you so much", "Danke schön", "Merci beaucoup",
                             "¡Gracias!", "спасибо большое", "ありがとうございます", "谢谢你",
                             "감사합니다", "شكرا", "ok, thanks", "धन्यवाद"})
    EXPECT_EQ(shown("wake me at seven", thanks), SignalKind::kThanks) << thanks;
  for (const char* other : {"and now play music", "thanksgiving recipes for a crowd of ten people",
                            "tackle the next problem"})
    EXPECT_EQ(shown("wake me at seven", other), std::nullopt) << other;
}

TEST(SignalsTest, GivingUpIsToldFromWordsAndFromSilenceAfterAskingAgain) {
  for (const char* words : {"forget it", "Never mind.", "vergiss es", "算了", "laisse tomber",
                            "thanks for nothing, this is wrong"})
    EXPECT_EQ(shown("wake me at seven", words), SignalKind::kGaveUp) << words;
  const SessionTurn first{"ann", "wake me at seven", 0};
  const SessionTurn again{"ann", "please wake me up at seven", 30 * kSecond};
  const TurnInSession last{&first, &again, nullptr};
  EXPECT_FALSE(find_signal(last, {}, 60 * kSecond));  // she may still be typing
  const auto later = find_signal(last, {}, 3600 * kSecond);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->kind, SignalKind::kGaveUp);
  const TurnInSession alone{nullptr, &first, nullptr};
  EXPECT_FALSE(find_signal(alone, {}, 3600 * kSecond));
}

TEST(SignalsTest, TheSameRequestAtOnceIsRephrasedAndTheSameTextRepeated) {
  EXPECT_EQ(shown("wake me at seven", "please wake me up at seven"), SignalKind::kRephrased);
  EXPECT_EQ(shown("включи музыку на кухне", "пожалуйста включи музыку в кухне"),
            SignalKind::kRephrased);
  EXPECT_EQ(shown("明天早上七点叫我起床", "请明天早上七点叫我起来"), SignalKind::kRephrased);
  EXPECT_EQ(shown("wake me at seven", "Wake me at seven!"), SignalKind::kRepeated);
  EXPECT_EQ(shown("wake me at seven", "what is the weather like in rome"), std::nullopt);
  EXPECT_EQ(shown("wake me at seven", "please wake me up at seven", 600), std::nullopt);
  EXPECT_EQ(shown("wake me at seven", "please wake me up at seven", 20, "bob"), std::nullopt);
}

TEST(SignalsTest, ASignalSaysLittleUntilItIsMeasured) {
  const SignalTrust unknown = measured_trust({});
  for (const SignalConfusion& c : unknown) {
    EXPECT_FALSE(c.vouches);
    EXPECT_LT(std::max(c.when_right / c.when_wrong, c.when_wrong / c.when_right), 1.6);
  }
  SignalCounts counts;
  counts.right = 200, counts.wrong = 200;
  const auto thanks = static_cast<size_t>(SignalKind::kThanks);
  const auto again = static_cast<size_t>(SignalKind::kRephrased);
  counts.with_right = {0, 0, 10, 60};
  counts.with_wrong = {0, 0, 90, 5};
  const SignalTrust measured = measured_trust(counts);
  EXPECT_TRUE(measured[thanks].vouches);
  EXPECT_FALSE(measured[again].vouches);
  EXPECT_GT(measured[again].when_wrong / measured[again].when_right, 3);
  // One that people show whether the answer was right or not says nothing.
  counts.with_right[thanks] = counts.with_wrong[thanks] = 60;
  EXPECT_FALSE(measured_trust(counts)[thanks].vouches);
  EXPECT_NEAR(measured_trust(counts)[thanks].when_right / measured_trust(counts)[thanks].when_wrong,
              1, 0.1);
  EXPECT_EQ(read_counts(write_counts(counts)), counts);
}

TEST(SignalsTest, ASignalJudgesThePredictedLabelAndNamesNoOther) {
  Voice voice("ann", true, "alarm");
  voice.hear({"response", "implicit", "rephrased", 1, "ann", 1});
  Trust trust;
  trust.labels = 3;
  trust.signals[static_cast<size_t>(SignalKind::kRephrased)] = {0.05, 0.2, false};
  const Scores likelihood = likelihood_of(voice, Head::kIntent, trust);
  ASSERT_EQ(likelihood.size(), 2u);
  EXPECT_EQ(likelihood[0].first, "alarm");
  EXPECT_NEAR(likelihood[0].second / likelihood[1].second, 0.25, 1e-9);
  EXPECT_FALSE(named_by(voice, Head::kIntent));
  EXPECT_FALSE(speaks_for(voice, Head::kIntent, trust, "alarm"));
  // Nothing of it is left beside a word of her own.
  voice.hear({"response", "rating", "satisfaction", 1, "ann", 2});
  const Scores rated = likelihood_of(voice, Head::kIntent, trust);
  EXPECT_NEAR(rated[0].second / rated[1].second, trust.good_when_right / trust.good_when_wrong,
              1e-9);
}

class StoredSignalsTest : public ::testing::Test {
 protected:
  StoredSignalsTest() { store_ = open_sqlite_store(Env::real(), folder_ / "pawl.db"); }

  void say(const std::string& text, const std::string& user, const std::string& conversation) {
    write_to(*store_, [&](Transaction& t) {
      TurnRecord turn;
      turn.tenant_id = "t";
      turn.turn_id = "turn " + std::to_string(++turns_);
      turn.conversation_id = conversation;
      turn.user_id = user;
      turn.said_at = turns_ * 10 * kSecond;
      turn.user_text = text;
      turn.text_key = text_key(text);
      t.add_turn(turn);
      EvidenceRecord e;
      e.tenant_id = "t";
      e.turn_id = turn.turn_id;
      e.head = "intent";
      e.source = "self";
      e.value = "alarm";
      e.score = 0.9;
      t.add_evidence(e);
    });
  }
  Material read(const SignalTrust& trust) {
    return read_from(*store_, [&](Transaction& t) {
      return read_material(t, "t", {0, t.high_water("t")}, 100, {true, words()}, trust);
    });
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  int64_t turns_ = 0;
};

TEST_F(StoredSignalsTest, ThanksForSilentTurnsCountOnceMeasuredAndOnceASession) {
  for (const char* text : {"wake me at seven", "thanks", "set an alarm for nine", "thank you"})
    say(text, "ann", "c1");
  for (const char* text : {"wake me at six", "what time is it"}) say(text, "bob", "c2");
  EXPECT_TRUE(read({}).groups.empty());
  SignalTrust trust = {};
  trust[static_cast<size_t>(SignalKind::kThanks)] = {0.3, 0.03, true};
  const Material material = read(trust);
  ASSERT_EQ(material.groups.size(), 1u);
  EXPECT_EQ(material.groups[0].key, text_key("wake me at seven"));
  const Statement& last = material.groups[0].turns[0].statements.back();
  EXPECT_EQ(last.source, "implicit");
  EXPECT_EQ(last.value, "thanks");
  EXPECT_EQ(last.author, "ann");
}

TEST_F(StoredSignalsTest, ASilentTurnBringsAllThatWasSaidOfItsText) {
  say("wake me at seven", "carl", "c0");
  write_to(*store_, [&](Transaction& t) {
    EvidenceRecord e;
    e.tenant_id = "t";
    e.turn_id = "turn 1";
    e.head = "intent";
    e.source = "correction";
    e.value = "reminder";
    e.author = "carl";
    t.add_evidence(e);
  });
  const int64_t earlier = read_from(*store_, [](Transaction& t) { return t.high_water("t"); });
  for (const char* text : {"wake me at seven", "thanks"}) say(text, "ann", "c1");
  SignalTrust trust = {};
  trust[static_cast<size_t>(SignalKind::kThanks)] = {0.3, 0.03, true};
  const Material material = read_from(*store_, [&](Transaction& t) {
    return read_material(t, "t", {earlier, t.high_water("t")}, 100, {true, words()}, trust);
  });
  ASSERT_EQ(material.groups.size(), 1u);
  ASSERT_EQ(material.groups[0].turns.size(), 2u);
  EXPECT_EQ(material.groups[0].turns[0].statements.back().value, "reminder");
}

}  // namespace
}  // namespace pawl::learn
