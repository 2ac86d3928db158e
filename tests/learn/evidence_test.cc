#include <gtest/gtest.h>

#include "learn/evidence/posterior.h"

namespace pawl::learn {
namespace {

const Scores kUnsure = {{"a", 0.4}, {"b", 0.3}, {"c", 0.2}, {"d", 0.1}};
const Scores kSure = {{"a", 0.97}, {"b", 0.01}, {"c", 0.01}, {"d", 0.01}};

// A turn of user "ann" that was answered with "a".
class Turn {
 public:
  Turn() {
    turn_.user_id = "ann";
    turn_.text = "a text";
    say("intent", "self", "a", "generation");
  }
  Turn& say(const std::string& head, const std::string& source, const std::string& value,
            const std::string& author = "ann", double score = 1) {
    turn_.statements.push_back({head, source, value, score, author, ++clock_});
    return *this;
  }
  Turn& corrected(const std::string& label, const std::string& author = "ann") {
    return say("intent", "correction", label, author);
  }
  Turn& rated(double score, const std::string& author = "ann") {
    return say("response", "rating", "satisfaction", author, score);
  }
  Turn& wrong() { return say("response", "correction", "wrong"); }
  const JudgedTurn& get() const { return turn_; }

 private:
  JudgedTurn turn_;
  static inline int64_t clock_ = 0;
};

Belief belief(const std::vector<Turn>& turns, const Scores& scores, const Trust& trust = {}) {
  std::vector<const JudgedTurn*> all;
  for (const Turn& turn : turns) all.push_back(&turn.get());
  return believe_label(Head::kIntent, scores, heard(all, Head::kIntent, trust), trust);
}
Belief belief(const Turn& turn, const Scores& scores, const Trust& trust = {}) {
  return belief(std::vector{turn}, scores, trust);
}

struct Case {
  const char* what;
  Turn turn;
  Scores scores;
  double accuracy;
  const char* label;
  double probability;
  bool supported;
};

TEST(Belief, OfOneAuthorIsWhatBayesRuleMakesOfTheSourcesReliability) {
  const std::vector<Case> cases = {
      {"correction", Turn().corrected("b"), kUnsure, 0.7, "b", 0.93470999088976614, true},
      {"against a sure model", Turn().corrected("d"), kSure, 0.95, "d", 0.63972125435540073, true},
      {"unheard", Turn().corrected("new"), kUnsure, 0.7, "new", 0.90692792162351299, true},
      {"praise", Turn().rated(0.9), kUnsure, 0.7, "a", 0.76756756756756761, true},
      {"blame", Turn().rated(0.1), kUnsure, 0.7, "b", 0.41498929336188439, false},
      {"wrong", Turn().wrong(), kUnsure, 0.7, "b", 0.41498929336188439, false},
      {"praised, wrong", Turn().rated(0.9).wrong(), kUnsure, 0.7, "b", 0.41498929336188439, false},
      {"review", Turn().say("intent", "review", "c").corrected("b").rated(0.2), kUnsure, 0.7, "c",
       0.88844829385369906, true},
      {"confirmed", Turn().corrected("a").rated(0.2), kUnsure, 0.9, "a", 0.94414168937329701, true},
      {"no model", Turn().corrected("b"), {}, 0.7, "b", 0.94736842105263164, true}};
  for (const Case& c : cases) {
    const Belief believed = belief(c.turn, c.scores, {.model_accuracy = c.accuracy});
    EXPECT_EQ(believed.label, c.label) << c.what;
    EXPECT_NEAR(believed.probability, c.probability, 1e-15) << c.what;
    EXPECT_EQ(believed.supported(), c.supported) << c.what;
  }
}

TEST(Belief, APredictionAloneHasNoVoice) {
  const JudgedTurn turn = Turn().get();
  const JudgedTurn* only = &turn;
  EXPECT_TRUE(heard({&only, 1}, Head::kIntent, {}).empty());
  EXPECT_FALSE(belief(Turn(), kSure).supported());
}

TEST(Belief, ASureModelHasNoSayAboutALabelItNeverHeardOf) {
  Scores many = {{"a", 0.97}};
  for (int i = 0; i < 60; ++i) many.emplace_back("other" + std::to_string(i), 0.0005);
  const Trust accurate = {.model_accuracy = 0.9};
  EXPECT_LT(belief(Turn().corrected("other7"), many, accurate).probability, 0.7);
  const Belief unheard = belief(Turn().corrected("brand_new"), many, accurate);
  EXPECT_EQ(unheard.label, "brand_new");
  EXPECT_GT(unheard.probability, 0.7);
}

TEST(Belief, AMiddlingRatingSaysNothing) {
  EXPECT_TRUE(belief(Turn().rated(0.6), kUnsure).authors.empty());
}

TEST(Belief, ARatingJudgesTheIntentThatWasAnsweredAndNotTheSentiment) {
  const JudgedTurn turn = Turn().say("sentiment", "self", "calm", "g").rated(0.9).get();
  const JudgedTurn* only = &turn;
  EXPECT_TRUE(heard({&only, 1}, Head::kSentiment, {}).empty());
}

TEST(Belief, VotesOfSeveralAuthorsAreCounted) {
  std::vector<Turn> turns;
  for (int i = 0; i < 30; ++i) turns.push_back(Turn().corrected("b", "user" + std::to_string(i)));
  turns.push_back(Turn().corrected("a", "one more"));
  const Belief believed = belief(turns, kSure, {.model_accuracy = 0.9});
  EXPECT_EQ(believed.label, "b");
  EXPECT_GT(believed.probability, 0.99);
  EXPECT_EQ(believed.support.size(), 30u);
  EXPECT_EQ(believed.authors.size(), 31u);
}

TEST(Belief, OneAuthorHasOneVoiceHoweverOftenHeSpeaks) {
  std::vector<Turn> turns(20, Turn().corrected("b"));
  EXPECT_DOUBLE_EQ(belief(turns, kUnsure).probability,
                   belief(Turn().corrected("b"), kUnsure).probability);
  turns.push_back(Turn().corrected("c"));
  EXPECT_EQ(belief(turns, kUnsure).label, "c");
}

TEST(Belief, AnAuthorMayChangeHisMindOnTheSameTurn) {
  EXPECT_EQ(belief(Turn().corrected("b").corrected("c"), kUnsure).label, "c");
}

TEST(Belief, AStrangersLateCorrectionDoesNotReplaceTheUsersOwn) {
  const Belief believed = belief(Turn().corrected("b").corrected("c", "stranger"), kUnsure);
  EXPECT_EQ(believed.label, "b");
  EXPECT_EQ(believed.support, std::vector<std::string>{"ann"});
  EXPECT_EQ(believed.authors, (std::vector<std::string>{"ann", "stranger"}));
}

TEST(Belief, SpansGoByVotesAndTheUsersOwnWeighMore) {
  const auto spans = [](const Turn& turn) {
    const JudgedTurn* only = &turn.get();
    return believe_spans(Head::kEntities, heard({&only, 1}, Head::kEntities, {}), {});
  };
  Turn turn;
  turn.say("entities", "correction", "[[0,1,\"X\"]]", "stranger");
  turn.say("entities", "correction", "[[0,1,\"Y\"]]");
  EXPECT_EQ(spans(turn).label, "[[0,1,\"Y\"]]");
  EXPECT_DOUBLE_EQ(spans(turn).probability, 0.9);
  turn.say("entities", "correction", "[[0,1,\"X\"]]", "another");
  EXPECT_EQ(spans(turn).label, "[[0,1,\"X\"]]");
  EXPECT_EQ(spans(turn).support, (std::vector<std::string>{"stranger", "another"}));
}

TEST(Calibration, MakesTheMeanConfidenceTheMeasuredAccuracy) {
  const std::vector<Scores> timid(50, Scores{{"a", 0.3}, {"b", 0.25}, {"c", 0.25}, {"d", 0.2}});
  const double temperature = fit_temperature(timid, 0.8);
  EXPECT_LT(temperature, 1);
  EXPECT_NEAR(at_temperature(timid[0], temperature)[0].second, 0.8, 1e-3);
  const std::vector<Scores> bold(50, kSure);
  EXPECT_GT(fit_temperature(bold, 0.6), 1);
  EXPECT_NEAR(at_temperature(kSure, fit_temperature(bold, 0.6))[0].second, 0.6, 1e-3);
}

TEST(Calibration, KeepsTheOrderAndTheSum) {
  double total = 0;
  const Scores scores = at_temperature(kUnsure, 3);
  for (size_t i = 0; i < scores.size(); ++i) {
    total += scores[i].second;
    EXPECT_LE(scores[i].second, scores[i > 0 ? i - 1 : 0].second);
  }
  EXPECT_NEAR(total, 1, 1e-12);
}

}  // namespace
}  // namespace pawl::learn
