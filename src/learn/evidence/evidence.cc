#include "learn/evidence/evidence.h"

#include <algorithm>
#include <cmath>

namespace pawl::learn {
namespace {

constexpr double kCoolest = 0.05;
constexpr double kHottest = 20;
constexpr double kSmallestSpread = 0.1;
constexpr double kLargestSpread = 0.5;

using Distribution = std::vector<std::pair<std::string, double>>;

double& mass(Distribution& distribution, const std::string& label) {
  auto found = std::find_if(distribution.begin(), distribution.end(),
                            [&](const auto& x) { return x.first == label; });
  if (found != distribution.end()) return found->second;
  return distribution.emplace_back(label, 0.0).second;
}

bool knows(const Distribution& distribution, const std::string& label) {
  return std::any_of(distribution.begin(), distribution.end(),
                     [&](const auto& x) { return x.first == label; });
}

// The model's scores, mixed with a share as large as the model is often wrong: half of it is for
// labels the model has never heard of, where somebody names one, since no score can speak for
// those; the rest goes to all alike, so that no label is impossible before the evidence is in.
Distribution prior_of(const HeadEvidence& evidence, const Trust& trust) {
  Distribution prior = evidence.scores;
  std::vector<std::string> unheard;
  for (const auto* named : {&evidence.correction, &evidence.review}) {
    if (!named->has_value() || knows(prior, **named)) continue;
    unheard.push_back(**named);
    prior.emplace_back(**named, 0.0);
  }
  if (!evidence.predicted.empty()) mass(prior, evidence.predicted);
  const double spread = std::clamp(1 - trust.model_accuracy, kSmallestSpread, kLargestSpread);
  const double open = evidence.scores.empty() || unheard.empty() ? 0.0 : spread / 2;
  const double share = 1.0 / static_cast<double>(std::max<size_t>(1, prior.size()));
  for (auto& [label, p] : prior)
    p = evidence.scores.empty() ? share : (1 - spread) * p + (spread - open) * share;
  for (const std::string& label : unheard)
    mass(prior, label) += open / static_cast<double>(unheard.size());
  return prior;
}

// A source that names a label: right with probability `trust`, otherwise any other label alike.
void apply_named(Distribution& posterior, const std::string& label, double trust) {
  const double others = static_cast<double>(std::max<size_t>(1, posterior.size() - 1));
  for (auto& [name, p] : posterior) p *= name == label ? trust : (1 - trust) / others;
}

void apply_rating(Distribution& posterior, const std::string& predicted, double right,
                  double wrong) {
  for (auto& [name, p] : posterior) p *= name == predicted ? right : wrong;
}

bool apply_opinion(Distribution& posterior, const HeadEvidence& evidence, const Trust& trust) {
  if (evidence.predicted.empty()) return false;
  const bool good =
      evidence.rating && *evidence.rating >= trust.good_rating && !evidence.says_wrong;
  const bool bad = evidence.says_wrong || (evidence.rating && *evidence.rating <= trust.bad_rating);
  if (good)
    apply_rating(posterior, evidence.predicted, trust.good_when_right, trust.good_when_wrong);
  if (bad)
    apply_rating(posterior, evidence.predicted, 1 - trust.good_when_right,
                 1 - trust.good_when_wrong);
  return good;
}

}  // namespace

Scores at_temperature(Scores scores, double temperature) {
  double highest = 0, total = 0;
  for (const auto& [label, p] : scores) highest = std::max(highest, p);
  if (highest <= 0) return scores;
  for (auto& [label, p] : scores) total += p = std::pow(p / highest, 1 / temperature);
  for (auto& [label, p] : scores) p /= total;
  return scores;
}

double fit_temperature(const std::vector<Scores>& predictions, double accuracy) {
  double low = kCoolest, high = kHottest;
  if (predictions.empty()) return 1;
  for (int step = 0; step < 40; ++step) {
    const double middle = std::sqrt(low * high);
    double sum = 0;
    for (const Scores& scores : predictions) {
      double best = 0;
      for (const auto& [label, p] : at_temperature(scores, middle)) best = std::max(best, p);
      sum += best;
    }
    (sum / static_cast<double>(predictions.size()) > accuracy ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

LabelPosterior weigh_evidence(const HeadEvidence& evidence, const Trust& trust) {
  Distribution posterior = prior_of(evidence, trust);
  LabelPosterior best;
  if (evidence.review) apply_named(posterior, *evidence.review, trust.review);
  if (evidence.correction) apply_named(posterior, *evidence.correction, trust.correction);
  if (evidence.correction && *evidence.correction != evidence.predicted) {
    apply_rating(posterior, evidence.predicted, trust.correction_when_right, 1);
  }
  // A correction already says that the answer was wrong; its rating adds nothing of its own.
  const bool praised = !evidence.correction && apply_opinion(posterior, evidence, trust);
  double total = 0;
  for (const auto& [label, p] : posterior) {
    total += p;
    if (p > best.probability) best = {label, p, false};
  }
  if (total > 0) best.probability /= total;
  best.supported = (evidence.review && best.label == *evidence.review) ||
                   (evidence.correction && best.label == *evidence.correction) ||
                   (praised && best.label == evidence.predicted);
  return best;
}

}  // namespace pawl::learn
