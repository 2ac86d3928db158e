#include "learn/data/curate.h"

#include <gtest/gtest.h>

#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

// Texts and what people say about them; the pipeline has no heads, so that nothing is predicted but
// what the turns say.
class CurateTest : public ::testing::Test {
 protected:
  CurateTest() : live_(test::tiny_blank()) {}

  static JudgedTurn turn(const std::string& text, const std::string& user = "ann",
                         const std::string& conversation = "c") {
    JudgedTurn turn;
    turn.turn_id = text + "/" + user;
    turn.conversation_id = conversation;
    turn.user_id = user;
    turn.text = text;
    turn.statements = {{"intent", "self", "a", 0.9, "generation", 0}};
    return turn;
  }
  static JudgedTurn corrected(const std::string& text, const std::string& label,
                              const std::string& author, const std::string& user = "") {
    JudgedTurn judged = turn(text, user.empty() ? author : user);
    judged.statements.push_back({"intent", "correction", label, 1, author, 1});
    return judged;
  }
  static JudgedTurn with_spans(const std::string& text, const std::string& spans) {
    JudgedTurn judged = turn(text);
    judged.statements.push_back({"entities", "correction", spans, 1, "ann", 1});
    return judged;
  }
  static TextGroup group(std::vector<JudgedTurn> turns) {
    const std::string key = text_key(turns.front().text);
    return {key, std::move(turns), {}};
  }
  Curated curated(const std::vector<TextGroup>& groups) {
    return curate(groups, *live_, splits_, options_);
  }

  std::unique_ptr<Language> live_;
  std::map<std::string, Split> splits_;
  CurateOptions options_;
};

TEST_F(CurateTest, ATextBecomesOneExampleWithAllItsAuthors) {
  const Curated result =
      curated({group({corrected("fix it", "b", "ann"), corrected("Fix it!", "b", "bob", "carl")})});
  ASSERT_EQ(result.examples.size(), 1u);
  const LabeledExample& e = result.examples[0];
  EXPECT_EQ(e.label(Head::kIntent), "b");
  EXPECT_EQ(e.heads.at(Head::kIntent).support, (std::vector<std::string>{"ann", "bob"}));
  EXPECT_EQ(e.authors, (std::vector<std::string>{"ann", "bob", "carl"}));
  EXPECT_EQ(e.source, "correction");
}

TEST_F(CurateTest, ARetractedLabelIsGoneFromTheNextVersion) {
  TextGroup text = group({corrected("fix it", "b", "ann")});
  text.known = curated({text}).examples.at(0);
  EXPECT_EQ(curated({text}).left_out.at("unchanged"), 1u);
  text.turns[0].statements.push_back({"response", "rating", "satisfaction", 0.6, "ann", 2});
  text.turns[0].statements.erase(text.turns[0].statements.begin() + 1);
  const Curated after = curated({text});
  EXPECT_TRUE(after.examples.empty());
  EXPECT_EQ(after.retracted, std::vector<std::string>{text.key});
}

TEST_F(CurateTest, CapsCountWhoSaidSoAndNotWhoseTurnItWas) {
  options_.defence = {.max_examples_per_author = 2, .burst = 100, .min_label_authors = 2};
  std::vector<TextGroup> groups;
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    groups.push_back(group({corrected("others say " + n, "b", "mallory", "user" + n)}));
  }
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    groups.push_back(group({corrected("I say " + n, "b", "user" + n)}));
  }
  const Curated result = curated(groups);
  EXPECT_EQ(result.examples.size(), 7u);
  EXPECT_EQ(result.left_out.at("user_cap"), 3u);
}

TEST_F(CurateTest, AVoiceBeyondTheCapIsNotHeardWhereOthersSpeak) {
  options_.defence = {.max_examples_per_author = 1, .burst = 100, .min_label_authors = 2};
  const Curated result =
      curated({group({corrected("one", "b", "mallory"), corrected("one", "b", "carl")}),
               group({corrected("two", "b", "mallory"), corrected("two", "c", "ann"),
                      corrected("two", "c", "bob")})});
  ASSERT_EQ(result.examples.size(), 2u);
  EXPECT_EQ(result.examples[1].label(Head::kIntent), "c");
  EXPECT_EQ(result.examples[1].authors, (std::vector<std::string>{"ann", "bob", "mallory"}))
      << "mallory's turn, not his voice";
  EXPECT_EQ(result.examples[1].heads.at(Head::kIntent).support,
            (std::vector<std::string>{"ann", "bob"}));
}

TEST_F(CurateTest, WhatACycleHasNoRoomForWaitsInOrder) {
  options_.max_examples = 2;
  std::vector<TextGroup> groups;
  for (int i = 0; i < 4; ++i)
    groups.push_back(group({corrected("text " + std::to_string(i), "b", "u" + std::to_string(i))}));
  const Curated result = curated(groups);
  EXPECT_EQ(result.examples.size(), 2u);
  EXPECT_EQ(result.waiting, (std::vector<std::string>{groups[2].key, groups[3].key}));
}

TEST_F(CurateTest, ABurstOfOneAuthorTakesAllOfHisWordsAndNobodyElses) {
  std::vector<TextGroup> groups;
  for (int i = 0; i < 6; ++i)
    groups.push_back(group({corrected("text " + std::to_string(i), "b", "mallory")}));
  groups.push_back(group({corrected("something else", "c", "mallory")}));
  groups.push_back(group({corrected("honest", "b", "ann")}));
  const Curated result = curated(groups);
  ASSERT_EQ(result.bursts.size(), 1u);
  EXPECT_EQ(result.bursts[0].author, "mallory");
  EXPECT_EQ(result.bursts[0].turns, 6u);
  ASSERT_EQ(result.examples.size(), 1u);
  EXPECT_EQ(result.examples[0].text, "honest");
  EXPECT_EQ(result.left_out.at("burst"), 7u);
  EXPECT_NEAR(result.named, 1, 0.2) << "bursts do not tell how often people name the right label";
  options_.defence.min_label_authors = 1;
  EXPECT_EQ(curated(groups).examples.size(), 8u) << "a workspace of one person";
}

TEST_F(CurateTest, NamingCountsWhereItHeldUpAndObjectingByHowLikelyTheAnswerWasWrong) {
  std::vector<TextGroup> groups;
  LiveView live;
  for (int i = 0; i < 20; ++i) {
    const std::string text(8, static_cast<char>('a' + i));  // like no other
    groups.push_back(
        group({corrected(text, i % 2 == 0 ? "b" : "c", "mallory" + std::to_string(i % 5))}));
    live.scores[Head::kIntent].push_back({{"a", 0.98}, {"b", 0.01}, {"c", 0.01}});
  }
  options_.held_out[Head::kIntent] = {950, 1000};
  options_.max_waiting = 0;  // what waits is not counted at all
  const Curated attacked = curate(groups, live, splits_, options_);
  EXPECT_TRUE(attacked.examples.empty());
  EXPECT_EQ(attacked.named, 0);
  EXPECT_LT(attacked.unnamed, 15) << "of 20";
  live.scores[Head::kIntent] = {{{"a", 0.4}, {"b", 0.4}, {"c", 0.2}}};
  const std::vector<TextGroup> honest = {group({corrected("honest", "b", "ann")})};
  const Curated right = curate(honest, live, splits_, options_);
  ASSERT_EQ(right.examples.size(), 1u);
  EXPECT_NEAR(right.named, 1, 0.2);
  EXPECT_EQ(right.unnamed, 0);
}

// The first cycle of a head that learnt from a few examples without an encoder: nothing was held
// out yet, and what it says of itself is all that is known of it.
TEST_F(CurateTest, AHeadThatIsHardlyEverSureDoesNotOutweighThePeopleWhoCorrectIt) {
  std::vector<TextGroup> groups;
  LiveView live;
  const std::vector<std::string> labels = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 60; ++i) {
    const std::string text = std::string(6, static_cast<char>('a' + i % 20)) +
                             std::string(6, static_cast<char>('f' + i / 20));
    groups.push_back(group({corrected(text, labels[i % 5], "p" + std::to_string(i % 19))}));
    const std::string& likeliest = labels[(i + (i % 4 == 0 ? 0 : 1 + i / 5 % 4)) % 5];
    Scores scores;
    for (const std::string& label : labels)
      scores.emplace_back(label, label == likeliest ? 0.28 : 0.18);
    live.scores[Head::kIntent].push_back(std::move(scores));
  }
  EXPECT_GT(curate(groups, live, splits_, options_).examples.size(), 55u);
  options_.held_out[Head::kIntent] = {800, 1000};  // seldom sure, and yet right: people err
  EXPECT_LT(curate(groups, live, splits_, options_).examples.size(), 30u);
}

TEST_F(CurateTest, WhatWaitsTellsOfItsAuthorAndIsReplacedByTheNextLook) {
  std::vector<TextGroup> groups;
  LiveView live;
  for (int i = 0; i < 5; ++i) {
    groups.push_back(group({corrected("quite clear " + std::to_string(i), "b", "mallory")}));
    live.scores[Head::kIntent].push_back({{"a", 0.98}, {"b", 0.01}, {"c", 0.01}});
  }
  options_.held_out[Head::kIntent] = {950, 1000};
  const Curated first = curate(groups, live, splits_, options_);
  ASSERT_EQ(first.waiting.size(), 5u);
  const Reputation known = first.reputations.at("mallory");
  EXPECT_EQ(known.named, Record()) << "nothing is settled";
  EXPECT_GT(known.open.wrong, 2);
  EXPECT_LT(known.open.right, 1);
  EXPECT_EQ(named_in_all(known), known.open);
  const Curated second =
      curate(groups, live, splits_, options_, {.reputations = first.reputations});
  EXPECT_FALSE(second.reputations.contains("mallory")) << "looked at twice, counted once";
}

TEST_F(CurateTest, CorrectionsThatOthersShareAreNoBurst) {
  std::vector<TextGroup> groups;
  for (int i = 0; i < 8; ++i) {
    const std::string text = "text " + std::to_string(i);
    groups.push_back(group({corrected(text, "b", "ann"), corrected(text, "b", "bob")}));
  }
  EXPECT_TRUE(curated(groups).bursts.empty());
  EXPECT_EQ(curated(groups).examples.size(), 8u);
}

TEST_F(CurateTest, EntitiesStayOnTheSpellingTheyWereGivenFor) {
  const Curated result = curated({group(
      {corrected("I'm in Paris", "b", "bob"), with_spans("I'm in  Paris", R"([[8,13,"GPE"]])")})});
  ASSERT_EQ(result.examples.size(), 1u);
  const LabeledExample& e = result.examples[0];
  EXPECT_EQ(e.text, "I'm in  Paris");
  EXPECT_EQ(e.label(Head::kIntent), "b");
  EXPECT_EQ(e.spans(Head::kEntities), (std::vector<EntityLabel>{{8, 13, "GPE"}}));
}

TEST_F(CurateTest, ATextStaysInTheSplitItWasGiven) {
  const TextGroup text = group({corrected("Why?", "b", "ann")});
  for (const Split split : {Split::kTrain, Split::kSelect, Split::kCertify}) {
    splits_[group_key("why")] = split;
    EXPECT_EQ(curated({text}).examples.at(0).split, split);
  }
}

TEST_F(CurateTest, AnOperatorsLabelStaysAndPeopleAddWhatItLeftOpen) {
  TextGroup text = group({corrected("fix it", "b", "ann"), corrected("fix it", "b", "bob")});
  text.turns[0].statements.push_back({"sentiment", "correction", "calm", 1, "ann", 2});
  LabeledExample seed;
  seed.key = text.key;
  seed.text = "Fix it.";
  seed.source = "examples";
  seed.version = 1;
  seed.heads[Head::kIntent].label = "a";
  text.known = seed;
  const Curated result = curated({text});
  ASSERT_EQ(result.examples.size(), 1u);
  EXPECT_EQ(result.examples[0].label(Head::kIntent), "a");
  EXPECT_EQ(result.examples[0].label(Head::kSentiment), "calm");
  EXPECT_EQ(result.examples[0].text, "Fix it.");
}

TEST_F(CurateTest, WhatARefusedCandidateWasTaughtWaitsForOthersToConfirmIt) {
  TextGroup text = group({corrected("fix it", "b", "ann")});
  text.known = curated({text}).examples.at(0);
  text.known->heads.at(Head::kIntent).set_aside = true;
  text.turns.push_back(corrected("fix it", "b", "ann", "other"));
  for (const LabeledExample& e : curated({text}).examples)
    EXPECT_TRUE(e.heads.at(Head::kIntent).set_aside) << "the same author says it again";
  text.turns.push_back(corrected("fix it", "b", "bob"));
  const Curated confirmed = curated({text});
  ASSERT_EQ(confirmed.examples.size(), 1u);
  EXPECT_FALSE(confirmed.examples[0].heads.at(Head::kIntent).set_aside);
}

TEST_F(CurateTest, AnOperatorVouchesAloneAndIsSubjectToNoCapAndNoBurst) {
  options_.defence = {.max_examples_per_author = 2, .burst = 5, .min_label_authors = 2};
  std::vector<TextGroup> groups;
  for (int i = 0; i < 12; ++i) {
    JudgedTurn reviewed = turn("review me " + std::to_string(i), "user" + std::to_string(i));
    reviewed.statements.push_back({"intent", "review", "new", 1, "operator", 1});
    groups.push_back(group({reviewed}));
  }
  const Curated result = curated(groups);
  EXPECT_TRUE(result.bursts.empty());
  EXPECT_EQ(result.examples.size(), 12u);
  std::vector<LabeledExample> examples = result.examples;
  for (const LabeledExample& e : examples) EXPECT_TRUE(e.heads.at(Head::kIntent).reviewed);
  admit(examples, {}, options_.defence);
  EXPECT_EQ(examples.size(), 12u);
}

TEST_F(CurateTest, AReleasedAuthorsBurstCounts) {
  options_.defence = {.max_examples_per_author = 20, .burst = 5, .min_label_authors = 2};
  std::vector<TextGroup> groups;
  for (int i = 0; i < 8; ++i)
    groups.push_back(group({corrected("mine " + std::to_string(i), "b", "ann")}));
  EXPECT_EQ(curated(groups).bursts.size(), 1u);
  EXPECT_TRUE(curated(groups).examples.empty());
  options_.defence.released = {"ann"};
  EXPECT_TRUE(curated(groups).bursts.empty());
}

TEST_F(CurateTest, TheAccountTellsWhatTheBeliefWasMadeOf) {
  std::vector<TextGroup> groups = {
      group({corrected("fix it", "b", "ann"), corrected("Fix it!", "b", "bob", "carl")})};
  const Curated result = curated(groups);
  ASSERT_EQ(result.accounts.size(), 1u);
  const TextAccount& account = result.accounts[0];
  EXPECT_EQ(account.outcome, "example");
  ASSERT_EQ(account.heads.size(), 1u);
  const HeadAccount& told = account.heads[0];
  EXPECT_EQ(told.outcome, BeliefOutcome::kBelieved);
  EXPECT_EQ(told.belief.label, "b");
  Scores weighed = told.account.prior;
  for (const auto& opinion : told.account.opinions) {
    EXPECT_GT(opinion.reliability, 0);
    for (auto& [label, p] : weighed) {
      const auto own = std::find_if(opinion.likelihood.begin(), opinion.likelihood.end(),
                                    [&](const auto& one) { return one.first == label; });
      p *= own == opinion.likelihood.end() ? opinion.likelihood.back().second : own->second;
    }
  }
  double total = 0, best = 0;
  for (const auto& [label, p] : weighed) total += p, best = std::max(best, p);
  EXPECT_NEAR(best / total, told.belief.probability, 1e-9);
}

TEST_F(CurateTest, WhatUsersShowIsMeasuredOnWhatTheySaid) {
  std::vector<TextGroup> groups;
  for (int i = 0; i < 6; ++i) {
    JudgedTurn said = corrected("ask " + std::to_string(i), "b", "user" + std::to_string(i));
    said.statements.push_back({"response", "implicit", "rephrased", 1, said.user_id, 2});
    JudgedTurn second = corrected("ask " + std::to_string(i), "b", "other" + std::to_string(i));
    groups.push_back(group({said, second}));
  }
  const Curated result = curated(groups);
  EXPECT_EQ(result.examples.size(), 6u);
  EXPECT_EQ(result.signals.right, 0);
  EXPECT_EQ(result.signals.wrong, 12);
  EXPECT_EQ(result.signals.with_wrong[static_cast<size_t>(SignalKind::kRephrased)], 6);
}

TEST_F(CurateTest, PraiseIsTheSourceWhereNobodyNamedALabel) {
  JudgedTurn praised = turn("well answered");
  praised.statements.push_back({"response", "rating", "satisfaction", 1, "ann", 1});
  praised.statements.push_back({"response", "implicit", "thanks", 1, "ann", 2});
  options_.quality_threshold = 0.1;
  const Curated result = curated({group({praised})});
  ASSERT_EQ(result.examples.size(), 1u);
  EXPECT_EQ(result.examples[0].source, "rating");
}

}  // namespace
}  // namespace pawl::learn
