#include <algorithm>

#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

constexpr double kSmallestSpread = 0.1;
constexpr double kLargestSpread = 0.5;

bool knows(const Scores& scores, const std::string& label) {
  return std::any_of(scores.begin(), scores.end(), [&](const auto& x) { return x.first == label; });
}

}  // namespace

Scores prior_of(const Scores& scores, std::span<const std::string> named,
                std::span<const std::string> answered, const Trust& trust) {
  Scores prior = scores;
  std::vector<size_t> unheard;
  for (const std::string& label : named) {
    if (knows(prior, label)) continue;
    unheard.push_back(prior.size());
    prior.emplace_back(label, 0.0);
  }
  for (const std::string& label : answered) {
    if (!label.empty() && !knows(prior, label)) prior.emplace_back(label, 0.0);
  }
  const double spread = std::clamp(1 - trust.model_accuracy, kSmallestSpread, kLargestSpread);
  const double open = scores.empty() || unheard.empty() ? 0.0 : spread / 2;
  const double share = 1.0 / static_cast<double>(std::max<size_t>(1, prior.size()));
  for (auto& [label, p] : prior)
    p = scores.empty() ? share : (1 - spread) * p + (spread - open) * share;
  for (const size_t i : unheard) prior[i].second += open / static_cast<double>(unheard.size());
  return prior;
}

}  // namespace pawl::learn
