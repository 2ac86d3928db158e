#include "learn/evidence/evidence.h"

#include <gtest/gtest.h>

namespace pawl::learn {
namespace {

const std::vector<std::pair<std::string, double>> kUnsure = {
    {"a", 0.4}, {"b", 0.3}, {"c", 0.2}, {"d", 0.1}};
const std::vector<std::pair<std::string, double>> kSure = {
    {"a", 0.97}, {"b", 0.01}, {"c", 0.01}, {"d", 0.01}};

TEST(Evidence, APredictionAloneIsNeverSupported) {
  const auto posterior = weigh_evidence({.scores = kSure, .predicted = "a"}, {});
  EXPECT_EQ(posterior.label, "a");
  EXPECT_FALSE(posterior.supported);
}

TEST(Evidence, ACorrectionWinsOverAnUnsureModel) {
  const auto posterior =
      weigh_evidence({.scores = kUnsure, .predicted = "a", .correction = "b"}, {});
  EXPECT_EQ(posterior.label, "b");
  EXPECT_TRUE(posterior.supported);
  EXPECT_GT(posterior.probability, 0.85);
}

TEST(Evidence, ACorrectionAgainstASureAndAccurateModelStaysDoubtful) {
  const auto posterior = weigh_evidence({.scores = kSure, .predicted = "a", .correction = "d"},
                                        {.model_accuracy = 0.95});
  EXPECT_LT(posterior.probability, 0.7);
}

TEST(Evidence, ALabelNobodyHasSeenCanBeNamed) {
  const auto posterior =
      weigh_evidence({.scores = kUnsure, .predicted = "a", .correction = "brand_new"}, {});
  EXPECT_EQ(posterior.label, "brand_new");
  EXPECT_TRUE(posterior.supported);
}

TEST(Evidence, ASureModelHasNoSayAboutALabelItNeverHeardOf) {
  Scores many = {{"a", 0.97}};
  for (int i = 0; i < 60; ++i) many.emplace_back("other" + std::to_string(i), 0.0005);
  const Trust accurate = {.model_accuracy = 0.9};
  const auto heard =
      weigh_evidence({.scores = many, .predicted = "a", .correction = "other7"}, accurate);
  const auto unheard =
      weigh_evidence({.scores = many, .predicted = "a", .correction = "brand_new"}, accurate);
  EXPECT_LT(heard.probability, 0.7);
  EXPECT_EQ(unheard.label, "brand_new");
  EXPECT_GT(unheard.probability, 0.7);
}

TEST(Evidence, RoomForUnheardLabelsIsGivenOnlyWhereOneIsNamed) {
  const auto without = weigh_evidence({.scores = kUnsure, .predicted = "a"}, {});
  EXPECT_EQ(without.label, "a");
  EXPECT_NEAR(without.probability, 0.7 * 0.4 + 0.3 / 4, 1e-9);
}

TEST(Evidence, PraiseSupportsThePredictionAndNeverNamesAnother) {
  const auto praised = weigh_evidence({.scores = kUnsure, .predicted = "a", .rating = 0.9}, {});
  EXPECT_EQ(praised.label, "a");
  EXPECT_TRUE(praised.supported);
  const auto blamed = weigh_evidence({.scores = kUnsure, .predicted = "a", .rating = 0.1}, {});
  EXPECT_NE(blamed.label, "a");
  EXPECT_FALSE(blamed.supported);
}

TEST(Evidence, AMiddlingRatingSaysNothing) {
  const auto without = weigh_evidence({.scores = kUnsure, .predicted = "a"}, {});
  const auto with = weigh_evidence({.scores = kUnsure, .predicted = "a", .rating = 0.6}, {});
  EXPECT_DOUBLE_EQ(without.probability, with.probability);
  EXPECT_FALSE(with.supported);
}

TEST(Evidence, AReviewOutweighsACorrection) {
  const auto posterior =
      weigh_evidence({.scores = kUnsure, .predicted = "a", .review = "c", .correction = "b"}, {});
  EXPECT_EQ(posterior.label, "c");
  EXPECT_TRUE(posterior.supported);
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

TEST(Evidence, WithoutAModelTheNamedLabelStands) {
  const auto posterior = weigh_evidence({.correction = "b"}, {});
  EXPECT_EQ(posterior.label, "b");
  EXPECT_TRUE(posterior.supported);
}

}  // namespace
}  // namespace pawl::learn
