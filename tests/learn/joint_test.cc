#include "learn/evidence/joint.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pawl::learn {
namespace {

constexpr const char* kLabels[] = {"rain", "alarm", "music", "train", "news", "lights"};

// Texts in groups of their own: all texts about one label are near each other, and nothing else is.
class JointTest : public ::testing::Test {
 protected:
  JointTest() {
    evidence_.head = Head::kIntent;
    for (const char* label : kLabels) add_precedent(label);
  }

  void add_precedent(const std::string& label) {
    evidence_.precedents.push_back({label, 1, {}});
    about_.push_back(label);
  }
  // A text truly about `about`; the model takes it for `predicted`.
  size_t add(const std::string& about, const std::string& predicted) {
    JudgedText text;
    for (const char* label : kLabels)
      text.scores.emplace_back(label, label == predicted ? 0.5 : 0.1);
    texts_.push_back(about);
    predicted_.push_back(predicted);
    evidence_.texts.push_back(std::move(text));
    return evidence_.texts.size() - 1;
  }
  void say(size_t text, const std::string& author, const Statement& statement, bool own = true) {
    Voice voice(author, own, predicted_[text]);
    voice.hear(statement);
    evidence_.texts[text].voices.push_back(std::move(voice));
  }
  void correct(size_t text, const std::string& author, const std::string& label) {
    say(text, author, {"intent", "correction", label, 1, author, 1});
  }
  void rate(size_t text, const std::string& author, double score) {
    say(text, author, {"response", "rating", "satisfaction", score, author, 1});
  }
  JointBeliefs judged() {
    const size_t precedents = evidence_.precedents.size();
    evidence_.near.clear();
    for (size_t i = 0; i < texts_.size(); ++i) {
      std::vector<Neighbour>& near = evidence_.near.emplace_back();
      for (size_t p = 0; p < precedents; ++p) {
        if (about_[p] == texts_[i]) near.push_back({p, 0.5});
      }
      for (size_t j = 0; j < texts_.size(); ++j) {
        if (j != i && texts_[j] == texts_[i]) near.push_back({precedents + j, 0.5});
      }
    }
    return JointBeliefs(evidence_);
  }

  JointEvidence evidence_;
  std::vector<std::string> about_, texts_, predicted_;
};

TEST_F(JointTest, WhoAgreesWithNeighboursIsTrustedAndWhoDoesNotIsNot) {
  for (int i = 0; i < 12; ++i) {
    const std::string about = kLabels[i % 6], other = kLabels[(i + 1) % 6];
    correct(add(about, other), "honest", about);
    correct(add(about, about), "hostile", kLabels[(i * 5 + 2 + i / 6) % 6]);
  }
  const JointBeliefs beliefs = judged();
  EXPECT_GT(beliefs.reliability_of("honest", &Reputation::named), 0.85);
  EXPECT_LT(beliefs.reliability_of("hostile", &Reputation::named), 0.45);
  const double stranger = beliefs.reliability_of("nobody", &Reputation::named);
  EXPECT_GT(stranger, beliefs.reliability_of("hostile", &Reputation::named));
  EXPECT_LT(stranger, beliefs.reliability_of("honest", &Reputation::named));
  for (size_t i = 0; i < 24; i += 2) {
    EXPECT_EQ(beliefs.believe(i).label, texts_[i]);
    EXPECT_GT(beliefs.believe(i).probability, 0.7);
  }
  for (size_t i = 1; i < 24; i += 2) {
    const Belief belief = beliefs.believe(i);
    EXPECT_TRUE(belief.label == texts_[i] || belief.probability < 0.7) << texts_[i];
  }
}

TEST_F(JointTest, NobodyVouchesForHimself) {
  for (int i = 0; i < 8; ++i) correct(add("sports", "news"), "one", "sports");
  const double alone = judged().reliability_of("one", &Reputation::named);
  const double believed = judged().believe(0).probability;
  for (int i = 0; i < 8; ++i) correct(add("sports", "news"), "other" + std::to_string(i), "sports");
  const JointBeliefs together = judged();
  EXPECT_GT(together.reliability_of("one", &Reputation::named), alone);
  EXPECT_GT(together.believe(0).probability, believed);
  EXPECT_GT(together.believe(0).probability, 0.8);
}

TEST_F(JointTest, WhoAlwaysSaysTheSameSaysLittleByIt) {
  std::vector<size_t> varied, always;
  for (int i = 0; i < 6; ++i) {
    const std::string about = kLabels[i];
    varied.push_back(add(about + "-unknown", "news"));
    correct(varied.back(), "varied", i % 2 == 0 ? "music" : kLabels[i]);
    always.push_back(add(about + "-unseen", "news"));
    correct(always.back(), "always", "music");
  }
  const JointBeliefs beliefs = judged();
  EXPECT_GT(beliefs.believe(varied[0]).probability, beliefs.believe(always[0]).probability);
}

// Labels that the model does not know have room where it is unsure.
TEST_F(JointTest, AStrangersNewLabelDoesNotOutweighASureModelAndItsNeighbours) {
  for (int i = 0; i < 12; ++i)
    rate(add(kLabels[i % 6], kLabels[i % 6]), "any" + std::to_string(i), 0.9);
  const size_t sure = add("rain", "rain");
  for (auto& [label, p] : evidence_.texts[sure].scores) p = label == "rain" ? 0.95 : 0.01;
  correct(sure, "stranger", "sports");
  const size_t unsure = add("sports", "news");
  correct(unsure, "another", "sports");
  const JointBeliefs beliefs = judged();
  const Belief belief = beliefs.believe(sure);
  EXPECT_TRUE(belief.label == "rain" || belief.probability < 0.7) << belief.probability;
  EXPECT_EQ(beliefs.believe(unsure).label, "sports");
  EXPECT_GT(beliefs.believe(unsure).probability, 0.7);
}

TEST_F(JointTest, PraiseOfWhatNeighboursContradictCountsForLittle) {
  for (int i = 0; i < 10; ++i) rate(add("rain", "music"), "flatterer", 1);
  for (int i = 0; i < 10; ++i) rate(add("rain", "rain"), "fair", 1);
  const JointBeliefs beliefs = judged();
  EXPECT_LT(beliefs.reliability_of("flatterer", &Reputation::judged),
            beliefs.reliability_of("fair", &Reputation::judged));
  EXPECT_EQ(beliefs.believe(0).label, "rain");
  EXPECT_EQ(beliefs.believe(10).label, "rain");
  EXPECT_TRUE(beliefs.believe(10).supported());
  EXPECT_FALSE(beliefs.believe(0).supported());
}

TEST_F(JointTest, AnOperatorsWordStandsAndChangesNobodysRecordButTheOthers) {
  const size_t text = add("rain", "music");
  correct(text, "ann", "news");
  say(text, "operator", {"intent", "review", "rain", 1, "operator", 2}, false);
  const JointBeliefs beliefs = judged();
  EXPECT_EQ(beliefs.believe(text).label, "rain");
  EXPECT_GT(beliefs.believe(text).probability, 0.95);
  const Reputations records = beliefs.records(text);
  EXPECT_FALSE(records.contains("operator"));
  EXPECT_GT(records.at("ann").named.wrong, records.at("ann").named.right);
}

TEST_F(JointTest, ASilencedVoiceIsNotHeard) {
  const size_t text = add("rain", "music");
  correct(text, "ann", "rain");
  const JointBeliefs beliefs = judged();
  EXPECT_TRUE(beliefs.believe(text).supported());
  EXPECT_FALSE(beliefs.believe(text, {"ann"}).supported());
}

TEST_F(JointTest, TheOrderOfTextsDoesNotMatter) {
  correct(add("rain", "music"), "ann", "rain");
  correct(add("alarm", "music"), "bob", "alarm");
  rate(add("rain", "rain"), "carl", 0.9);
  const JointBeliefs forward = judged();
  std::reverse(texts_.begin(), texts_.end());
  std::reverse(predicted_.begin(), predicted_.end());
  std::reverse(evidence_.texts.begin(), evidence_.texts.end());
  const JointBeliefs backward = judged();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(forward.believe(i).label, backward.believe(2 - i).label);
    EXPECT_NEAR(forward.believe(i).probability, backward.believe(2 - i).probability, 1e-9);
  }
}

TEST(GeneralReliability, CountsEachAuthorOnceHoweverMuchHeSays) {
  Reputations few = {{"ann", {{9, 1}, {}}}, {"bob", {{9, 1}, {}}}};
  Reputations loud = few;
  few["mallory"] = {{0, 10}, {}};
  loud["mallory"] = {{0, 1000}, {}};
  const double a = general_reliability(few, &Reputation::named, kStrangerNames);
  const double b = general_reliability(loud, &Reputation::named, kStrangerNames);
  EXPECT_NEAR(a, b, 0.05);
  EXPECT_GT(b, 0.5);
}

TEST(Neighbours, OfNgramsShareWordsAndOfEqualOnesTheEarlierComeFirst) {
  const std::vector<std::string_view> texts = {"play some jazz music", "will it rain tomorrow",
                                               "will it rain today", "will it rain today"};
  const Matrix vectors = ngram_vectors(texts);
  const auto near = nearest(vectors, 1, 2, 10);
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0][0].row, 2u);
  EXPECT_EQ(near[0][1].row, 3u);
  EXPECT_EQ(near[1][0].row, 3u);
  EXPECT_NEAR(near[1][0].weight, 1, 1e-5);
}

}  // namespace
}  // namespace pawl::learn
