#include "math/calibration.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace pawl {

namespace {

constexpr double kMaxTemperature = 20.0;

double negative_log_likelihood(ConstMatrixView scores, std::span<const uint32_t> labels,
                               double temperature) {
  double sum = 0.0;
  for (size_t i = 0; i < scores.rows; ++i) {
    const float* row = scores.row(i);
    const float top = *std::max_element(row, row + scores.cols);
    float total = 0.0f;
    const auto factor = static_cast<float>(1.0 / temperature);
    for (size_t k = 0; k < scores.cols; ++k) total += std::exp((row[k] - top) * factor);
    sum += static_cast<double>((top - row[labels[i]]) * factor + std::log(total));
  }
  return sum;
}

}  // namespace

size_t calibrated_softmax(std::span<const float> scores, double temperature, std::span<float> y) {
  assert(!scores.empty() && scores.size() == y.size());
  const auto best = std::max_element(scores.begin(), scores.end());
  double total = 0.0;
  for (size_t k = 0; k < scores.size(); ++k) {
    const double e = std::exp(static_cast<double>(scores[k] - *best) / temperature);
    y[k] = static_cast<float>(e);
    total += e;
  }
  for (float& p : y) p = static_cast<float>(static_cast<double>(p) / total);
  return static_cast<size_t>(best - scores.begin());
}

double fit_temperature(ConstMatrixView scores, std::span<const uint32_t> labels) {
  if (scores.rows == 0) return 1.0;
  const double golden = (std::sqrt(5.0) - 1.0) / 2.0;
  double low = -std::log(kMaxTemperature);
  double high = -low;
  const auto value = [&](double x) { return negative_log_likelihood(scores, labels, std::exp(x)); };
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double at_left = value(left);
  double at_right = value(right);
  while (high - low > 1e-2) {
    if (at_left <= at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - golden * (high - low);
      at_left = value(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + golden * (high - low);
      at_right = value(right);
    }
  }
  return std::exp(0.5 * (low + high));
}

namespace {

constexpr double kSlopePrior =
    4.0;  // as much as so many answers, a unit from the mean, against a slope

double fit_slope(std::span<const RightAnswer> right) {
  double mean_x = 0.0, mean_y = 0.0;
  for (const RightAnswer& answer : right) {
    mean_x += std::log1p(answer.support);
    mean_y += answer.score;
  }
  const auto count = static_cast<double>(right.size());
  mean_x /= count;
  mean_y /= count;
  double xx = kSlopePrior, xy = 0.0;
  for (const RightAnswer& answer : right) {
    const double x = std::log1p(answer.support) - mean_x;
    xx += x * x;
    xy += x * (answer.score - mean_y);
  }
  return std::max(0.0, xy / xx);
}

}  // namespace

Floor choose_floor(std::span<const RightAnswer> right, double share) {
  if (right.empty()) return {-std::numeric_limits<double>::infinity(), 0.0};
  Floor floor{0.0, fit_slope(right)};
  std::vector<double> rest;
  for (const RightAnswer& answer : right) {
    rest.push_back(answer.score - floor.slope * std::log1p(answer.support));
  }
  std::sort(rest.begin(), rest.end());
  const auto below = static_cast<size_t>(share * static_cast<double>(rest.size()));
  floor.base = rest[std::min(below, rest.size() - 1)];
  return floor;
}

}  // namespace pawl
