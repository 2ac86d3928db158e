#include "learn/judge/live_watch.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"
#include "learn/judge/complaint.h"

namespace pawl::learn {
namespace {

// Turns of users who find fault with a share of their answers; every third user is a grumbler.
class Stream {
 public:
  Stream(uint64_t seed, size_t users) : rng_(seed), users_(users) {}

  std::vector<AnsweredTurn> turns(size_t count, double rate, double weight = 1) {
    std::vector<AnsweredTurn> made;
    for (size_t i = 0; i < count; ++i) {
      const size_t user = rng_.below(users_);
      const double mine = user % 3 == 0 ? 2.5 * rate : rate / 4;
      made.push_back({"user-" + std::to_string(user), rng_.uniform() < mine ? weight : 0});
    }
    return made;
  }

 private:
  Rng rng_;
  size_t users_;
};

size_t taken_back(size_t runs, size_t users, size_t before, size_t since, double rate_before,
                  double rate_since, double alpha) {
  size_t worse = 0;
  for (size_t run = 0; run < runs; ++run) {
    Stream stream(run + 1, users);
    const auto earlier = stream.turns(before, rate_before);
    const auto later = stream.turns(since, rate_since);
    worse += compare_live(earlier, later, {.alpha = alpha}).worse;
  }
  return worse;
}

// The evidence is the greatest at any look: one look at the end stands for one after every turn.
TEST(LiveWatchTest, EqualGenerationsAreTakenBackNoOftenerThanAlphaHoweverOftenOneLooks) {
  constexpr size_t kRuns = 400;
  constexpr double kAlpha = 0.05, kMost = kRuns * kAlpha;
  EXPECT_LE(taken_back(kRuns, 200, 800, 800, 0.1, 0.1, kAlpha), kMost);
  // One had far more time to complain of the earlier one, or far less.
  EXPECT_LE(taken_back(kRuns, 80, 2000, 150, 0.1, 0.1, kAlpha), kMost);
  EXPECT_LE(taken_back(kRuns, 80, 150, 2000, 0.1, 0.1, kAlpha), kMost);
  EXPECT_LE(taken_back(kRuns, 200, 800, 800, 0.3, 0.2, kAlpha), kMost / 10);
}

TEST(LiveWatchTest, AMuchWorseOneIsTakenBackQuickly) {
  EXPECT_GE(taken_back(100, 200, 800, 150, 0.03, 0.3, 0.01), 97u);
  EXPECT_GE(taken_back(100, 200, 800, 600, 0.05, 0.15, 0.01), 80u);
}

TEST(LiveWatchTest, ALaterLookNeverKnowsLess) {
  Stream stream(3, 50);
  const auto before = stream.turns(200, 0.1), since = stream.turns(200, 0.2);
  double evidence = 1;
  for (size_t n = 0; n <= since.size(); n += 10) {
    const auto told = compare_live(before, {since.data(), n}, {});
    EXPECT_GE(told.evidence, evidence);
    evidence = told.evidence;
  }
}

TEST(LiveWatchTest, OneHostileUserAloneMovesNothing) {
  Stream stream(4, 100);
  const auto before = stream.turns(500, 0);
  std::vector<AnsweredTurn> since = stream.turns(200, 0);
  for (int i = 0; i < 300; ++i) since.push_back({"enemy", 1});
  const auto told = compare_live(before, since, {});
  EXPECT_EQ(told.users_at_fault, 1u);
  EXPECT_LE(told.evidence, 2);
  EXPECT_FALSE(told.worse);
}

TEST(LiveWatchTest, WhoIsNotReliedOnMovesLess) {
  std::vector<AnsweredTurn> before, trusted, doubted;
  for (int i = 0; i < 12; ++i) {
    const std::string user = "user-" + std::to_string(i);
    before.push_back({user, 0});
    trusted.push_back({user, 0.9});
    doubted.push_back({user, 0.2});
  }
  EXPECT_TRUE(compare_live(before, trusted, {}).worse);
  EXPECT_FALSE(compare_live(before, doubted, {}).worse);
}

TEST(LiveWatchTest, WithoutTurnsOfBothThereIsNothingToSay) {
  const std::vector<AnsweredTurn> some = {{"a", 1}, {"b", 1}};
  EXPECT_EQ(compare_live({}, some, {}).evidence, 1);
  EXPECT_EQ(compare_live(some, {}, {}).evidence, 1);
}

JudgedTurn answered_turn(std::vector<Statement> said) {
  JudgedTurn turn{.turn_id = "t", .conversation_id = "c", .user_id = "me", .text = "hi",
                  .statements = {{"intent", "self", "greet", 0.8, "g1", 1}}};
  for (Statement& s : said) turn.statements.push_back(std::move(s));
  return turn;
}

TEST(ComplaintTest, ACorrectionCountsWhereTheOtherWouldHaveNamedIt) {
  const auto turn = answered_turn({{"intent", "correction", "order", 1, "me", 2}});
  const auto complaint = complaint_about(turn, {}, Trust());
  ASSERT_TRUE(complaint);
  EXPECT_NEAR(complaint->weight, kStrangerNames, 1e-9);
  const Answers answered = answers_to(turn);
  EXPECT_TRUE(would_have_been_spared(*complaint, answered, {{Head::kIntent, "order"}}));
  EXPECT_FALSE(would_have_been_spared(*complaint, answered, {{Head::kIntent, "greet"}}));
  EXPECT_FALSE(would_have_been_spared(*complaint, answered, {{Head::kIntent, "leave"}}));
}

TEST(ComplaintTest, BlameAloneCountsWhereTheOtherWouldHaveSaidSomethingElse) {
  for (const Statement& said : {Statement{"response", "rating", "satisfaction", 0.1, "me", 2},
                                Statement{"response", "correction", "wrong", 1, "me", 2}}) {
    const auto turn = answered_turn({said});
    const auto complaint = complaint_about(turn, {}, Trust());
    ASSERT_TRUE(complaint);
    const Answers answered = answers_to(turn);
    EXPECT_TRUE(would_have_been_spared(*complaint, answered, {{Head::kIntent, "leave"}}));
    EXPECT_FALSE(would_have_been_spared(*complaint, answered, answered));
  }
}

TEST(ComplaintTest, PraiseAndWhatOthersSayAreNone) {
  const auto about = [](Statement said) {
    return complaint_about(answered_turn({std::move(said)}), {}, Trust());
  };
  EXPECT_FALSE(about({"response", "rating", "satisfaction", 0.9, "me", 2}));
  EXPECT_FALSE(about({"intent", "correction", "greet", 1, "me", 2}));
  EXPECT_FALSE(about({"intent", "correction", "order", 1, "somebody", 2}));
}

TEST(ComplaintTest, ItWeighsWhatItsAuthorsRecordIsWorth) {
  const auto turn = answered_turn({{"intent", "correction", "order", 1, "me", 2}});
  Reputations liar;
  liar["me"].named = {0, 40};
  EXPECT_LT(complaint_about(turn, liar, Trust())->weight, 0.2);
}

}  // namespace
}  // namespace pawl::learn
