#include "learn/review/label_errors.h"

#include <algorithm>
#include <map>

#include "learn/evidence/neighbours.h"

namespace pawl::learn {
namespace {

constexpr size_t kVoters = 20;
// Weight of an imagined voter of every label together: far ones alone convince nobody.
constexpr double kFloor = 0.05;
// Fewer rows of a label say nothing of it.
constexpr size_t kFewest = 3;
// Of what is usual for a label: by the usual itself every second error would be missed.
constexpr double kNearlyUsual = 2.0 / 3;

double probability_of(const Scores& scores, const std::string& label) {
  for (const auto& [name, p] : scores) {
    if (name == label) return p;
  }
  return 0;
}

}  // namespace

std::vector<SuspectLabel> suspect_labels(std::span<const std::string> labels,
                                         std::span<const Scores> probabilities) {
  std::map<std::string, std::pair<double, size_t>> of_label;  // sum of its own, rows
  for (size_t i = 0; i < labels.size(); ++i) {
    auto& [sum, rows] = of_label[labels[i]];
    sum += probability_of(probabilities[i], labels[i]);
    ++rows;
  }
  std::vector<SuspectLabel> suspects;
  for (size_t i = 0; i < labels.size(); ++i) {
    SuspectLabel suspect{i, "", probability_of(probabilities[i], labels[i]), 0};
    for (const auto& [label, p] : probabilities[i]) {
      const auto found = of_label.find(label);
      if (label == labels[i] || found == of_label.end() || found->second.second < kFewest) continue;
      const double usual = found->second.first / static_cast<double>(found->second.second);
      if (p >= kNearlyUsual * usual && p > suspect.given && p > suspect.other)
        suspect.likelier = label, suspect.other = p;
    }
    if (!suspect.likelier.empty()) suspects.push_back(std::move(suspect));
  }
  std::stable_sort(suspects.begin(), suspects.end(), [](const auto& a, const auto& b) {
    return a.other - a.given > b.other - b.given;
  });
  return suspects;
}

std::vector<Scores> left_out_votes(const Matrix& vectors, std::span<const std::string> labels) {
  const auto near = nearest(vectors, 0, kVoters, fit_sharpness(vectors, labels));
  std::vector<Scores> votes;
  for (const auto& neighbours : near) {
    std::map<std::string, double> of_label;
    double total = kFloor;
    for (const Neighbour& n : neighbours) {
      of_label[labels[n.row]] += n.weight;
      total += n.weight;
    }
    Scores& scores = votes.emplace_back();
    for (const auto& [label, weight] : of_label) scores.emplace_back(label, weight / total);
  }
  return votes;
}

}  // namespace pawl::learn
