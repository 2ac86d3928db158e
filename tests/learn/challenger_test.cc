#include "learn/challenger.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pawl::learn {
namespace {

LabeledExample example(const std::string& text, Split split) {
  LabeledExample e;
  e.text = text;
  e.key = text_key(text);
  e.split = split;
  e.intent = "greet";
  return e;
}

std::vector<std::string> texts(const std::vector<LabeledExample>& examples) {
  std::vector<std::string> out;
  for (const auto& e : examples) out.push_back(e.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Challenger, TrainsOnWhatTheLastCycleHadAndOnNoCertifyExample) {
  const std::vector<LabeledExample> memory = {
      example("old", Split::kTrain), example("old judge", Split::kCertify),
      example("last", Split::kTrain), example("last select", Split::kSelect),
      example("last judge", Split::kCertify)};
  const CandidateData data = challenger_data(memory, 2, {});
  EXPECT_EQ(texts(data.memory), Texts{"old"});
  EXPECT_EQ(texts(data.fresh), (Texts{"last", "last select"}));
}

TEST(Challenger, HasNothingToTrainOnWithoutAnEarlierCycle) {
  const std::vector<LabeledExample> memory = {example("a seed", Split::kTrain)};
  EXPECT_TRUE(challenger_data(memory, memory.size(), {}).fresh.empty());
}

TEST(Challenger, IsJudgedOnAllSplitsOfTheCycleButOnNoTextItTrainedOn) {
  const std::vector<LabeledExample> memory = {example("Known text", Split::kTrain),
                                              example("old judge", Split::kCertify)};
  const std::vector<LabeledExample> fresh = {
      example("new train", Split::kTrain), example("new select", Split::kSelect),
      example("new judge", Split::kCertify), example("known text!", Split::kTrain)};
  EXPECT_EQ(texts(unseen_by_challengers(memory, fresh)),
            (Texts{"old judge", "new train", "new select", "new judge"}));
}

HeadVerdict verdict(bool deploy, bool judged, const std::string& reason) {
  HeadVerdict v;
  v.head = "intent";
  v.deploy = deploy;
  v.judged = judged;
  v.reason = reason;
  v.tests = {{"intent.better", 1, 0.5, deploy}};
  return v;
}

bool has_test(const HeadVerdict& v, const std::string& name) {
  return std::any_of(v.tests.begin(), v.tests.end(),
                     [&](const GateTest& t) { return t.name == name; });
}

TEST(Challenger, StandsBackWhenTheNewestCandidateIsDeployed) {
  const auto v = settle(verdict(true, true, "newest"), verdict(true, true, "challenger"));
  EXPECT_TRUE(v.deploy);
  EXPECT_FALSE(v.challenger);
  EXPECT_EQ(v.reason, "newest");
}

TEST(Challenger, IsDeployedWhereTheNewestCandidateIsNot) {
  const auto v = settle(verdict(false, true, "newest"), verdict(true, true, "challenger"));
  EXPECT_TRUE(v.deploy);
  EXPECT_TRUE(v.challenger);
}

TEST(Challenger, SpeaksForBothWhenOnlyItWasJudged) {
  const auto v = settle(verdict(false, false, "newest"), verdict(false, true, "challenger"));
  EXPECT_FALSE(v.deploy);
  EXPECT_TRUE(v.judged);
  EXPECT_TRUE(v.challenger);
}

TEST(Challenger, KeepsTheTestsOfBothCandidatesOnRecord) {
  const auto kept = settle(verdict(false, true, "newest"), verdict(false, true, "challenger"));
  EXPECT_TRUE(has_test(kept, "intent.better"));
  EXPECT_TRUE(has_test(kept, "intent.challenger.better"));
  const auto taken = settle(verdict(false, true, "newest"), verdict(true, true, "challenger"));
  EXPECT_TRUE(has_test(taken, "intent.newest.better"));
}

}  // namespace
}  // namespace pawl::learn
