#include "math/calibration.h"

#include <gtest/gtest.h>

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

TEST(Calibration, TheFirstTierAnswersOnlyWhereItIsAsGoodAsTheSecond) {
  std::vector<Judged> first, second;
  for (int i = 0; i < 100; ++i) {
    const float confidence = 1.0f - 0.01f * static_cast<float>(i);
    first.push_back({confidence, i < 60});
    second.push_back({0.9f, i != 10});
  }
  // One more right answer than the second tier, spent again at example 60.
  EXPECT_NEAR(choose_acceptance(first, second, 20), 0.41, 1e-6);
  EXPECT_TRUE(std::isinf(choose_acceptance(first, second, 90)));
  EXPECT_TRUE(std::isinf(choose_acceptance({}, {}, 1)));
}

TEST(Calibration, ALeadThatChanceExplainsIsNotEnough) {
  // Of those that differ the first tier leads by 2 of 4 up to example 39, then by 1 of 5 and 2
  // of 6.
  std::vector<Judged> first, second;
  for (int i = 0; i < 60; ++i) {
    first.push_back({1.0f - 0.01f * static_cast<float>(i), i != 13 && i != 40});
    second.push_back({0.9f, i != 10 && i != 11 && i != 12 && i != 41});
  }
  EXPECT_NEAR(choose_acceptance(std::span(first).first(30), std::span(second).first(30), 5), 0.71,
              1e-6);
  EXPECT_NEAR(choose_acceptance(std::span(first).first(41), std::span(second).first(41), 5), 0.61,
              1e-6);
  EXPECT_NEAR(choose_acceptance(first, second, 5), 0.61, 1e-6);
}

TEST(Calibration, TheFloorLeavesTheShareBelow) {
  std::vector<float> scores;
  for (int i = 0; i < 200; ++i) scores.push_back(static_cast<float>(199 - i));
  EXPECT_EQ(choose_floor(scores, 0.05), 10.0);
  EXPECT_EQ(choose_floor(scores, 0.0), 0.0);
  EXPECT_TRUE(std::isinf(choose_floor({}, 0.05)));
}

}  // namespace
}  // namespace pawl
