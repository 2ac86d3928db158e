#include "learn/evidence/reputation.h"

namespace pawl::learn {
namespace {

constexpr double kImagined = 5;  // authors
// What an author's own record is pulled by before he counts among authors in general, and how much
// he has to say to count half.
constexpr double kPull = 3, kHalf = 2;

}  // namespace

double reliability(const Record& record, double general) {
  return (record.right + kReputationPrior * general) / (record.total() + kReputationPrior);
}

double general_reliability(const Reputations& reputations, Record Reputation::* kind,
                           double stranger) {
  double sum = kImagined * stranger, count = kImagined;
  for (const auto& [author, reputation] : reputations) {
    const Record& record = reputation.*kind;
    const double weight = record.total() / (record.total() + kHalf);
    sum += weight * (record.right + kPull / 2) / (record.total() + kPull);
    count += weight;
  }
  return sum / count;
}

}  // namespace pawl::learn
