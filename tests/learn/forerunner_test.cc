#include "learn/train/forerunner.h"

#include <gtest/gtest.h>

#include "learn/cycle/cycle_history.h"

namespace pawl::learn {
namespace {

LabeledExample example(const std::string& text, Split split) {
  LabeledExample e;
  e.text = text;
  e.key = text_key(text);
  e.split = split;
  e.heads[Head::kIntent].label = "greet";
  return e;
}

using Texts = std::vector<std::string>;

Texts texts(const std::vector<LabeledExample>& examples) {
  Texts out;
  for (const auto& e : examples) out.push_back(e.text);
  return out;
}

TEST(Forerunner, TrainsOnWhatTheLastCycleHadAndOnNoCertifyExample) {
  const std::vector<LabeledExample> memory = {
      example("old", Split::kTrain), example("old judge", Split::kCertify),
      example("last", Split::kTrain), example("last select", Split::kSelect),
      example("last judge", Split::kCertify)};
  const CandidateData data = forerunner_data(memory, 2, {});
  EXPECT_EQ(texts(data.memory), Texts{"old"});
  EXPECT_EQ(texts(data.fresh), (Texts{"last", "last select"}));
}

TEST(Forerunner, HasNothingToTrainOnWithoutAnEarlierCycle) {
  const std::vector<LabeledExample> memory = {example("a seed", Split::kTrain)};
  EXPECT_TRUE(forerunner_data(memory, memory.size(), {}).fresh.empty());
}

TEST(Forerunner, IsJudgedOnWhatIsNeitherItsOwnNorTheCandidatesToBeJudgedOn) {
  const std::vector<LabeledExample> memory = {example("Known text", Split::kTrain),
                                              example("old judge", Split::kCertify)};
  const std::vector<LabeledExample> fresh = {
      example("new train", Split::kTrain), example("new select", Split::kSelect),
      example("new judge", Split::kCertify), example("known text!", Split::kTrain)};
  EXPECT_EQ(texts(unseen_by_forerunner(memory, fresh)), (Texts{"new train", "new select"}));
}

}  // namespace
}  // namespace pawl::learn
