#include "learn/evidence/distribution.h"

#include <algorithm>
#include <cmath>

namespace pawl::learn {
namespace {

constexpr double kCoolest = 0.05;
constexpr double kHottest = 20;

double highest(const Scores& scores) {
  double best = 0;
  for (const auto& [label, p] : scores) best = std::max(best, p);
  return best;
}

}  // namespace

double mean_confidence(const std::vector<Scores>& predictions) {
  if (predictions.empty()) return 1;
  double sum = 0;
  for (const Scores& scores : predictions) sum += highest(scores);
  return sum / static_cast<double>(predictions.size());
}

void apply_named(Scores& posterior, const std::string& label, double trust, size_t labels) {
  if (labels == 0) labels = posterior.size();
  const double others = static_cast<double>(std::max<size_t>(2, labels) - 1);
  for (auto& [name, p] : posterior) p *= name == label ? trust : (1 - trust) / others;
}

void apply_judged(Scores& posterior, const std::string& label, double right, double wrong) {
  for (auto& [name, p] : posterior) p *= name == label ? right : wrong;
}

Scores at_temperature(Scores scores, double temperature) {
  const double top = highest(scores);
  double total = 0;
  if (top <= 0) return scores;
  for (auto& [label, p] : scores) total += p = std::pow(p / top, 1 / temperature);
  for (auto& [label, p] : scores) p /= total;
  return scores;
}

double fit_temperature(const std::vector<Scores>& predictions, double accuracy) {
  double low = kCoolest, high = kHottest;
  if (predictions.empty()) return 1;
  for (int step = 0; step < 40; ++step) {
    const double middle = std::sqrt(low * high);
    double sum = 0;
    for (const Scores& scores : predictions) sum += highest(at_temperature(scores, middle));
    (sum / static_cast<double>(predictions.size()) > accuracy ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace pawl::learn
