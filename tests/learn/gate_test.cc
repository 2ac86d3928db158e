#include "learn/judge/gate.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pawl::learn {
namespace {

// `gained` examples only the candidate gets right, `lost` only the incumbent, `both`, `neither`.
std::vector<LabelOutcome> outcomes(size_t gained, size_t lost, size_t both, size_t neither,
                                   const std::string& gold = "a") {
  std::vector<LabelOutcome> all;
  for (size_t i = 0; i < gained; ++i) all.push_back({gold, "x", gold});
  for (size_t i = 0; i < lost; ++i) all.push_back({gold, gold, "x"});
  for (size_t i = 0; i < both; ++i) all.push_back({gold, gold, gold});
  for (size_t i = 0; i < neither; ++i) all.push_back({gold, "x", "y"});
  return all;
}

const GateTest& test_named(const HeadVerdict& verdict, const std::string& name) {
  for (const GateTest& t : verdict.tests) {
    if (t.name == name) return t;
  }
  throw std::runtime_error("no test named " + name);
}

TEST(Gate, ReplacesAHeadThatIsSignificantlyBetter) {
  const auto verdict = judge_labels("intent", outcomes(15, 2, 80, 3), {.threshold = 0.8});
  EXPECT_TRUE(verdict.deploy) << verdict.reason;
  EXPECT_TRUE(test_named(verdict, "intent.better").passed);
  EXPECT_NEAR(verdict.candidate.accuracy, 0.95, 1e-9);
  EXPECT_NEAR(verdict.incumbent.accuracy, 0.82, 1e-9);
}

TEST(Gate, EveryTestHoldsWhatItTakesToComputeItAgain) {
  auto all = outcomes(15, 2, 40, 3);
  for (const auto& o : outcomes(1, 3, 30, 2, "b")) all.push_back(o);
  const auto verdict = judge_labels("intent", all, {.attempt = 12}, outcomes(4, 0, 10, 0));
  EXPECT_EQ(verdict.attempt, 12u);
  const GateTest& better = test_named(verdict, "intent.better");
  EXPECT_EQ(better.counts->gained, 20u);
  EXPECT_EQ(better.counts->lost, 5u);
  EXPECT_EQ(better.p_value, mcnemar_better(*better.counts));
  EXPECT_EQ(*better.bound, spend_alpha(GateOptions().alpha, 12));
  const GateTest& margin = test_named(verdict, "intent.not_inferior");
  EXPECT_EQ(margin.p_value,
            non_inferiority(*margin.counts, verdict.candidate.support, margin.statistic));
  const GateTest& own = test_named(verdict, "intent.own");
  EXPECT_EQ(own.p_value, mcnemar_worse(*own.counts));
  EXPECT_EQ(own.counts->gained, 16u);
  std::vector<double> raw, corrected;
  for (const GateTest& t : verdict.tests) {
    if (!t.name.starts_with("intent.worse.")) continue;
    EXPECT_EQ(*t.uncorrected, mcnemar_worse(*t.counts));
    raw.push_back(*t.uncorrected);
    corrected.push_back(t.p_value);
    EXPECT_EQ(t.passed, t.p_value > *t.bound);
  }
  ASSERT_EQ(raw.size(), 2u);
  EXPECT_EQ(holm(raw), corrected);
  const GateTest& threshold = test_named(verdict, "intent.threshold");
  EXPECT_EQ(threshold.passed, threshold.statistic >= *threshold.bound);
}

TEST(Gate, KeepsTheIncumbentWhenNothingChanged) {
  const auto verdict = judge_labels("intent", outcomes(0, 0, 90, 10), {});
  EXPECT_FALSE(verdict.deploy);
  EXPECT_NE(verdict.reason.find("not measurably better"), std::string::npos) << verdict.reason;
}

TEST(Gate, JudgesNothingOnTooFewHeldOutExamples) {
  const auto verdict = judge_labels("intent", outcomes(20, 0, 10, 0), {});
  EXPECT_FALSE(verdict.deploy);
  EXPECT_FALSE(verdict.judged);
  EXPECT_TRUE(judge_labels("intent", outcomes(20, 0, 20, 0), {}).deploy);
}

TEST(Gate, KeepsTheIncumbentWithoutHeldOutExamples) {
  EXPECT_FALSE(judge_labels("intent", {}, {}).deploy);
}

TEST(Gate, AcceptsASmallGainThatIsSurelyNotInferiorAboveTheBar) {
  auto many = outcomes(6, 2, 950, 42);
  const auto verdict = judge_labels("intent", many, {});
  EXPECT_TRUE(verdict.deploy);
  EXPECT_FALSE(test_named(verdict, "intent.better").passed);
  EXPECT_NE(verdict.reason.find("higher, and surely not lower by more than 2.0 %: p="),
            std::string::npos)
      << verdict.reason;
  auto few = outcomes(2, 1, 45, 2);
  EXPECT_FALSE(judge_labels("intent", few, {}).deploy);
}

TEST(Gate, RefusesACandidateThatIsWorseOnOneLabel) {
  auto all = outcomes(40, 0, 100, 0, "common");
  for (const auto& o : outcomes(0, 14, 6, 0, "victim")) all.push_back(o);
  const auto verdict = judge_labels("intent", all, {});
  EXPECT_FALSE(verdict.deploy);
  EXPECT_NE(verdict.reason.find("worse on victim"), std::string::npos) << verdict.reason;
  EXPECT_TRUE(test_named(verdict, "intent.better").passed);
}

TEST(Gate, PoolsRareLabelsBeforeTestingThem) {
  auto all = outcomes(40, 0, 100, 0, "common");
  for (const char* label : {"r1", "r2", "r3", "r4"}) {
    for (const auto& o : outcomes(0, 4, 0, 0, label)) all.push_back(o);
  }
  EXPECT_FALSE(judge_labels("intent", all, {}).deploy);
}

TEST(Gate, BelowTheBarOnlyASignificantGainPasses) {
  EXPECT_FALSE(
      judge_labels("intent", outcomes(8, 6, 400, 586), {.threshold = 0.8, .margin = 0.05}).deploy);
  EXPECT_TRUE(judge_labels("intent", outcomes(60, 20, 400, 520), {.threshold = 0.8}).deploy);
  EXPECT_FALSE(judge_labels("intent", outcomes(60, 20, 400, 520),
                            {.threshold = 0.8, .require_threshold = true})
                   .deploy);
}

TEST(Gate, NeverFallsBelowABarTheIncumbentReaches) {
  // Better than the incumbent on average can never be below a bar that the incumbent reaches; worse
  // is refused.
  EXPECT_FALSE(judge_labels("intent", outcomes(0, 6, 80, 14), {.threshold = 0.85}).deploy);
}

TEST(Gate, LaterAttemptsNeedMoreEvidence) {
  const auto all = outcomes(9, 1, 20, 70);
  EXPECT_TRUE(judge_labels("intent", all, {.attempt = 1}).deploy);
  EXPECT_FALSE(judge_labels("intent", all, {.attempt = 60}).deploy);
}

// How many of two hundred candidates pass that gain and lose so often on texts to come, each judged
// once on so many held-out examples.
size_t promoted_of_200(double gains, double loses, size_t held_out) {
  std::mt19937_64 draw(20);
  std::uniform_real_distribution<double> chance(0, 1);
  size_t promoted = 0;
  for (int gate = 0; gate < 200; ++gate) {
    size_t gained = 0, lost = 0, neither = 0;
    for (size_t i = 0; i < held_out; ++i) {
      const double p = chance(draw);
      gained += p < gains;
      lost += p >= gains && p < gains + loses;
      neither += p >= gains + loses && p < gains + loses + 0.1;
    }
    const auto all = outcomes(gained, lost, held_out - gained - lost - neither, neither);
    promoted += judge_labels("intent", all, {.threshold = 0.8}).deploy;
  }
  return promoted;
}

TEST(Gate, AtMostOneInTwentyPassesOfCandidatesThatAreWorseByTheMargin) {
  for (const size_t held_out : {60, 150, 400}) {
    EXPECT_LE(promoted_of_200(0.03, 0.05, held_out), 10u) << held_out;
    EXPECT_LE(promoted_of_200(0.03, 0.06, held_out), 4u) << held_out;
  }
  EXPECT_GE(promoted_of_200(0.08, 0.02, 150), 100u);
}

TEST(Gate, ForerunnersShowAGainThatTheOwnExamplesAreTooFewFor) {
  const auto own = outcomes(3, 1, 25, 6);
  EXPECT_FALSE(judge_labels("intent", own, {}).deploy);
  const auto verdict = judge_labels("intent", own, {}, outcomes(14, 3, 80, 20));
  EXPECT_TRUE(verdict.deploy) << verdict.reason;
  EXPECT_EQ(verdict.by_forerunners, 117u);
  EXPECT_EQ(verdict.candidate.support, 152u);
}

TEST(Gate, ACandidateThatIsLowerItselfIsNotCarriedByItsForerunners) {
  const auto verdict = judge_labels("intent", outcomes(1, 4, 35, 6), {}, outcomes(30, 1, 80, 9));
  EXPECT_FALSE(verdict.deploy);
  EXPECT_FALSE(test_named(verdict, "intent.own").passed);
  EXPECT_NE(verdict.reason.find("lower"), std::string::npos) << verdict.reason;
}

TEST(Gate, ACandidateThatIsLowerByChanceIsNotHeldBack) {
  const auto verdict = judge_labels("intent", outcomes(2, 4, 35, 6), {}, outcomes(30, 1, 80, 9));
  EXPECT_TRUE(verdict.deploy) << verdict.reason;
  EXPECT_TRUE(judge_labels("intent", outcomes(0, 1, 35, 6), {}, outcomes(30, 1, 80, 9)).deploy);
  EXPECT_FALSE(judge_labels("intent", outcomes(0, 3, 35, 6), {}, outcomes(30, 1, 80, 9)).deploy);
}

TEST(Gate, ForerunnersDoNotStandInForHeldOutExamplesOfTheCandidate) {
  const auto verdict = judge_labels("intent", outcomes(2, 0, 2, 0), {}, outcomes(30, 1, 80, 9));
  EXPECT_FALSE(verdict.deploy) << verdict.reason;
  EXPECT_TRUE(judge_labels("intent", outcomes(2, 0, 3, 0), {}, outcomes(30, 1, 80, 9)).deploy);
}

TEST(Gate, JudgesEntitiesByPairedBootstrap) {
  std::vector<EntityOutcome> all(120);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].incumbent["TECH"] = {1, 1, i % 2 == 0 ? 1u : 0u};
    all[i].candidate["TECH"] = {1, 1, i % 8 == 7 ? 0u : 1u};
  }
  const auto verdict = judge_entities(all, {.threshold = 0.7, .seed = 3});
  EXPECT_TRUE(verdict.deploy) << verdict.reason;
  for (auto& o : all) std::swap(o.incumbent, o.candidate);
  EXPECT_FALSE(judge_entities(all, {.threshold = 0.7, .seed = 3}).deploy);
}

TEST(Gate, MetricsAreMacroAverages) {
  auto all = outcomes(0, 0, 9, 1, "a");
  for (const auto& o : outcomes(0, 0, 1, 1, "b")) all.push_back(o);
  const auto verdict = judge_labels("intent", all, {});
  EXPECT_NEAR(verdict.candidate.accuracy, 10.0 / 12, 1e-9);
  EXPECT_NEAR(verdict.candidate.recall, (0.9 + 0.5) / 2, 1e-9);
}

}  // namespace
}  // namespace pawl::learn
