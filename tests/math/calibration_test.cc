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
  std::vector<float> scores;
  for (int i = 0; i < 200; ++i) scores.push_back(static_cast<float>(199 - i));
  EXPECT_EQ(choose_floor(scores, 0.05), 10.0);
  EXPECT_EQ(choose_floor(scores, 0.0), 0.0);
  EXPECT_TRUE(std::isinf(choose_floor({}, 0.05)));
}

}  // namespace
}  // namespace pawl
