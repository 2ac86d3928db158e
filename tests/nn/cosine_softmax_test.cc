#include "nn/cosine_softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/rng.h"

namespace pawl::nn {
namespace {

constexpr Target kTargets[] = {{2, 1.0f}, {0, 0.5f}, {1, 2.0f}, {2, 1.0f}};
constexpr size_t kLabels = 3, kWidth = 8;

Matrix random_rows(uint64_t seed) {
  Rng rng(seed);
  Matrix out(std::size(kTargets), kWidth);
  for (size_t i = 0; i < out.size(); ++i) {
    out.data()[i] = static_cast<float>(rng.uniform() - 0.3) * 3.0f;
  }
  return out;
}

class CosineLoss : public testing::Test {
 protected:
  CosineSoftmax softmax_{kLabels, kWidth, 4.0};
  const Matrix x_ = random_rows(1), moved_ = random_rows(2);

  void SetUp() override { softmax_.add(kTargets, random_rows(3)); }

  double loss(Matrix x) {
    softmax_.begin_step();
    return softmax_.backward(kTargets, x);
  }
  void expect_gradient(double gradient, float& value, const std::function<double()>& loss) {
    constexpr float kStep = 2e-3f;
    const float kept = value;
    value = kept + kStep;
    const double above = loss();
    value = kept - kStep;
    const double below = loss();
    value = kept;
    EXPECT_NEAR(gradient, (above - below) / (2.0 * double{kStep}), 2e-3);
  }
};

TEST_F(CosineLoss, IsTheWeightedMeanCrossEntropyOfScaledCosines) {
  const auto cosine = [&](size_t row, size_t label) {
    const float* a = x_.row(row);
    const float* b = softmax_.vectors().value.data() + label * kWidth;
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (size_t i = 0; i < kWidth; ++i) {
      ab += double{a[i]} * double{b[i]};
      aa += double{a[i]} * double{a[i]};
      bb += double{b[i]} * double{b[i]};
    }
    return ab / std::sqrt(aa * bb);
  };
  double expected = 0.0, weights = 0.0;
  for (size_t i = 0; i < std::size(kTargets); ++i) {
    double sum = 0.0;
    for (size_t label = 0; label < kLabels; ++label) sum += std::exp(4.0 * cosine(i, label));
    const double weight{kTargets[i].weight};
    expected -= weight * (4.0 * cosine(i, kTargets[i].label) - std::log(sum));
    weights += weight;
  }
  EXPECT_NEAR(loss(x_), expected / weights, 1e-5);
}

TEST_F(CosineLoss, GradientsOfTheRowsAreThoseOfTheLoss) {
  Matrix gradient = x_, x = x_;
  softmax_.begin_step();
  softmax_.backward(kTargets, gradient);
  for (size_t i = 0; i < x.size(); ++i) {
    expect_gradient(double{gradient.data()[i]}, x.data()[i], [&] { return loss(x); });
  }
}

TEST_F(CosineLoss, GradientsOfTheLabelsAddUpOverTheBatchesOfAStep) {
  Matrix first = x_, second = moved_;
  softmax_.begin_step();
  softmax_.backward(kTargets, first);
  softmax_.backward(kTargets, second);
  softmax_.end_step();
  const FloatVector gradient = softmax_.vectors().gradient;
  for (size_t i = 0; i < gradient.size(); ++i) {
    expect_gradient(double{gradient[i]}, softmax_.vectors().value[i],
                    [&] { return loss(x_) + loss(moved_); });
  }
}

TEST_F(CosineLoss, ARowOfZerosHasNoDirectionAndNoGradient) {
  Matrix x = x_;
  std::fill_n(x.row(1), kWidth, 0.0f);
  softmax_.begin_step();
  EXPECT_TRUE(std::isfinite(softmax_.backward(kTargets, x)));
  for (size_t i = 0; i < kWidth; ++i) EXPECT_EQ(x(1, i), 0.0f);
}

}  // namespace
}  // namespace pawl::nn
