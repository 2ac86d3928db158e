#include "math/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "math/isa.h"

namespace pawl {
namespace {

constexpr size_t kDense = 6;
constexpr size_t kSparse = 40;

struct Point {
  std::vector<uint32_t> columns;
  std::vector<float> values, dense;
  uint32_t label;
  FeatureView view() const { return {columns, values, dense}; }
};

std::vector<Point> make_points(size_t n, uint32_t classes, uint64_t seed) {
  Rng rng(seed);
  std::vector<Point> points;
  for (size_t i = 0; i < n; ++i) {
    Point point;
    point.label = static_cast<uint32_t>(rng.below(classes));
    for (uint32_t column = 0; column < kSparse; ++column) {
      const bool own = column % classes == point.label;
      if (rng.uniform() > (own ? 0.5 : 0.1)) continue;
      point.columns.push_back(column);
      point.values.push_back(0.3f);
    }
    for (size_t k = 0; k < kDense; ++k) {
      const double centre = k == point.label % kDense ? 0.5 : 0.0;
      point.dense.push_back(static_cast<float>(centre + 0.4 * rng.normal()));
    }
    points.push_back(std::move(point));
  }
  return points;
}

LogisticTrainer trainer_of(std::span<const Point> points, uint32_t classes) {
  LogisticTrainer trainer(kDense, 1.0f);
  trainer.grow(kSparse, classes);
  for (const Point& point : points) trainer.add_example(point.view(), point.label, 1.0f);
  return trainer;
}

// The largest part of the gradient of the objective, in double precision.
double gradient_size(const LogisticTrainer& trainer, std::span<const Point> points, double c,
                     double weight = 1.0) {
  const Matrix& w = trainer.weights();
  std::vector<double> gradient(w.rows() * trainer.classes());
  for (size_t f = 0; f < w.rows(); ++f) {
    for (size_t k = 0; k < trainer.classes(); ++k) {
      gradient[f * trainer.classes() + k] = static_cast<double>(w(f, k));
    }
  }
  for (size_t i = 0; i < points.size(); ++i) {
    const std::vector<float> scores = trainer.scores(i);
    double total = 0.0;
    for (float score : scores) total += std::exp(static_cast<double>(score));
    for (size_t k = 0; k < scores.size(); ++k) {
      const double p = std::exp(static_cast<double>(scores[k])) / total;
      const double residual = c * weight * (p - (k == points[i].label ? 1.0 : 0.0));
      const auto add = [&](size_t row, float value) {
        gradient[row * trainer.classes() + k] += residual * static_cast<double>(value);
      };
      for (size_t d = 0; d < kDense; ++d) add(d, points[i].dense[d]);
      add(kDense, 1.0f);
      for (size_t j = 0; j < points[i].columns.size(); ++j) {
        add(kDense + 1 + points[i].columns[j], points[i].values[j]);
      }
    }
  }
  double largest = 0.0;
  for (double value : gradient) largest = std::max(largest, std::abs(value));
  return largest;
}

class Isas : public testing::TestWithParam<Isa> {};

TEST_P(Isas, TheGradientVanishesAtTheSolution) {
  const ScopedIsa isa(GetParam());
  for (const double c : {0.1, 1.0, 10.0, 300.0}) {
    const auto points = make_points(300, 5, 1);
    LogisticTrainer trainer = trainer_of(points, 5);
    const LogisticResult result = trainer.solve({.c = c, .tolerance = 3e-5, .max_passes = 2000});
    EXPECT_TRUE(result.converged) << c << " " << result.distance;
    EXPECT_LT(gradient_size(trainer, points, c), 2e-4 * 300 * c) << c;
  }
}

TEST_P(Isas, TheSameCallsGiveTheSameBits) {
  const ScopedIsa isa(GetParam());
  const auto points = make_points(200, 7, 2);
  LogisticTrainer a = trainer_of(points, 7);
  LogisticTrainer b = trainer_of(points, 7);
  a.solve({.c = 5.0, .seed = 3});
  b.solve({.c = 5.0, .seed = 3});
  for (size_t i = 0; i < a.weights().size(); ++i) {
    ASSERT_EQ(a.weights().data()[i], b.weights().data()[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Isas, testing::ValuesIn(supported_isas()),
                         [](const auto& test) { return std::string(isa_name(test.param)); });

TEST(LogisticTrainer, AnExampleOfWeightTwoCountsAsTwo) {
  const auto points = make_points(60, 3, 4);
  LogisticTrainer twice(kDense, 1.0f), doubled(kDense, 1.0f);
  for (LogisticTrainer* trainer : {&twice, &doubled}) trainer->grow(kSparse, 3);
  for (const Point& point : points) {
    twice.add_example(point.view(), point.label, 1.0f);
    twice.add_example(point.view(), point.label, 1.0f);
    doubled.add_example(point.view(), point.label, 2.0f);
  }
  twice.solve({.c = 2.0, .tolerance = 3e-5, .max_passes = 2000});
  doubled.solve({.c = 2.0, .tolerance = 3e-5, .max_passes = 2000});
  for (size_t i = 0; i < twice.weights().size(); ++i) {
    ASSERT_NEAR(twice.weights().data()[i], doubled.weights().data()[i], 2e-3);
  }
}

TEST(LogisticTrainer, ACorrectionEndsWhereTrainingFromScratchDoes) {
  const auto points = make_points(500, 6, 5);
  LogisticTrainer corrected = trainer_of(std::span(points).first(499), 6);
  corrected.solve({.c = 10.0, .tolerance = 1e-5});
  const size_t added = corrected.add_example(points[499].view(), points[499].label, 1.0f);
  const LogisticResult result =
      corrected.correct({&added, 1}, {.c = 10.0, .max_passes = 5000}, 0.002);
  EXPECT_TRUE(result.converged);
  LogisticTrainer scratch = trainer_of(points, 6);
  scratch.solve({.c = 10.0, .tolerance = 1e-5});
  EXPECT_NEAR(corrected.objective(10.0), scratch.objective(10.0), 1e-3 * scratch.objective(10.0));
}

TEST(LogisticTrainer, AnotherLabelForAKnownExampleIsLearnt) {
  const auto points = make_points(300, 4, 6);
  LogisticTrainer trainer = trainer_of(points, 4);
  trainer.solve({.c = 10.0});
  std::vector<Point> changed = points;
  changed[7].label = (points[7].label + 1) % 4;
  trainer.set_label(7, changed[7].label);
  const size_t index = 7;
  EXPECT_TRUE(trainer.correct({&index, 1}, {.c = 10.0, .max_passes = 5000}, 0.001).converged);
  LogisticTrainer scratch = trainer_of(changed, 4);
  scratch.solve({.c = 10.0, .tolerance = 1e-5});
  EXPECT_NEAR(trainer.objective(10.0), scratch.objective(10.0), 1e-3 * scratch.objective(10.0));
}

TEST(LogisticTrainer, ANewLabelMakesTheModelGrowAndKeepsTheOldWeights) {
  const auto points = make_points(100, 16, 7);
  LogisticTrainer trainer = trainer_of(points, 16);
  trainer.solve({.c = 1.0});
  const Matrix before = trainer.weights();
  trainer.grow(kSparse + 3, 17);
  EXPECT_EQ(trainer.classes(), 17u);
  for (size_t f = 0; f < before.rows(); ++f) {
    for (size_t k = 0; k < 16; ++k) ASSERT_EQ(before(f, k), trainer.weights()(f, k));
    ASSERT_EQ(trainer.weights()(f, 16), 0.0f);
  }
  const size_t added = trainer.add_example(points[0].view(), 16, 1.0f);
  trainer.correct({&added, 1}, {.c = 1.0}, 0.001);
  const auto scores = trainer.scores(added);
  EXPECT_GT(scores[16], 0.0f);
}

TEST(LogisticTrainer, ResumedTrainingGoesOnFromTheSolution) {
  const auto points = make_points(400, 5, 8);
  LogisticTrainer trainer = trainer_of(points, 5);
  trainer.solve({.c = 5.0, .tolerance = 1e-5});
  LogisticTrainer resumed = trainer_of(points, 5);
  resumed.resume(trainer.weights());
  const LogisticResult result = resumed.solve({.c = 5.0, .tolerance = 1e-3});
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.passes, 1u);
}

TEST(LogisticTrainer, OneClassAndNoExamplesAreNoProblem) {
  LogisticTrainer empty(kDense, 1.0f);
  EXPECT_EQ(empty.solve({}).steps, 0u);
  const auto points = make_points(3, 1, 9);
  LogisticTrainer one = trainer_of(points, 1);
  EXPECT_TRUE(one.solve({}).converged);
}

}  // namespace
}  // namespace pawl
