#include "math/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace pawl {
namespace {

TEST(Calibration, FindsTheTemperatureScoresWereDrawnWith) {
  Rng rng(1);
  for (const double temperature : {0.3, 1.0, 4.0}) {
    Matrix scores(4000, 5);
    std::vector<uint32_t> labels;
    std::vector<float> p(5);
    for (size_t i = 0; i < scores.rows(); ++i) {
      for (size_t k = 0; k < 5; ++k) {
        scores(i, k) = static_cast<float>(temperature * 1.5 * rng.normal());
      }
      calibrated_softmax({scores.row(i), 5}, temperature, p);
      double left = rng.uniform();
      uint32_t label = 0;
      while (label < 4 && (left -= static_cast<double>(p[label])) > 0.0) ++label;
      labels.push_back(label);
    }
    EXPECT_NEAR(fit_temperature(scores, labels) / temperature, 1.0, 0.08);
  }
  EXPECT_EQ(fit_temperature(Matrix(), {}), 1.0);
}

TEST(Calibration, ProbabilitiesSumToOneWhateverTheScores) {
  for (const std::vector<float>& scores :
       {std::vector<float>{1e30f, -1e30f, 0.0f}, {3.0f, 3.0f, 3.0f}, {-1e4f, -2e4f, -3e4f}}) {
    std::vector<float> p(3);
    EXPECT_EQ(calibrated_softmax(scores, 0.05, p), 0u);
    EXPECT_NEAR(p[0] + p[1] + p[2], 1.0f, 1e-6f);
  }
}

TEST(Calibration, TheFloorLeavesTheShareBelow) {
  std::vector<RightAnswer> right;
  for (int i = 0; i < 200; ++i) right.push_back({199.0 - i, 5.0});
  EXPECT_EQ(choose_floor(right, 0.05).at(5.0), 10.0);
  EXPECT_EQ(choose_floor(right, 0.0).at(5.0), 0.0);
  EXPECT_EQ(choose_floor(right, 0.05).slope, 0.0);
  EXPECT_TRUE(std::isinf(choose_floor({}, 0.05).at(5.0)));
}

// Right answers of labels with few examples score lower: a share of both lies below.
TEST(Calibration, TheFloorIsLowerForLabelsWithFewExamples) {
  std::vector<RightAnswer> right;
  for (int i = 0; i < 1000; ++i) {
    const double support = i % 10 == 0 ? 2.0 : 50.0;
    right.push_back({2.0 * std::log1p(support) + i / 1000.0, support});
  }
  const Floor floor = choose_floor(right, 0.05);
  EXPECT_NEAR(floor.slope, 2.0, 0.1);
  size_t few = 0, many = 0;
  for (const RightAnswer& answer : right) {
    (answer.support < 10.0 ? few : many) += answer.score < floor.at(answer.support);
  }
  EXPECT_LE(few, 20u);  // one floor for all would cut off fifty of these and none of those
  EXPECT_NEAR(static_cast<double>(few + many), 50.0, 1.0);
}

// Chance among the scores of a few: no label is asked for more because it is rare.
TEST(Calibration, TheFloorNeverFallsWithMoreExamples) {
  std::vector<RightAnswer> right;
  for (int i = 0; i < 100; ++i) right.push_back({i % 2 == 0 ? 3.0 : 1.0, i % 2 == 0 ? 2.0 : 50.0});
  EXPECT_EQ(choose_floor(right, 0.05).slope, 0.0);
}

}  // namespace
}  // namespace pawl
