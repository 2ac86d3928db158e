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

double choose_floor(std::vector<float> scores_of_correct, double share) {
  if (scores_of_correct.empty()) return -std::numeric_limits<double>::infinity();
  std::sort(scores_of_correct.begin(), scores_of_correct.end());
  const auto below = static_cast<size_t>(share * static_cast<double>(scores_of_correct.size()));
  return static_cast<double>(scores_of_correct[std::min(below, scores_of_correct.size() - 1)]);
}

}  // namespace pawl
