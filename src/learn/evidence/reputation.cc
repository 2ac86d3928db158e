#include "learn/evidence/reputation.h"

namespace pawl::learn {
namespace {

constexpr double kImaginedAuthors = 5;  // authors
// How much an author has to say to count half.
constexpr double kHalf = 2;

}  // namespace

double reliability(const Record& record, double general) {
  return (record.right + kReputationPrior * general) / (record.total() + kReputationPrior);
}

Record named_in_all(const Reputation& reputation) {
  return {reputation.named.right + reputation.open.right,
          reputation.named.wrong + reputation.open.wrong};
}

double general_reliability(const Reputations& reputations, Record Reputation::* kind,
                           double stranger) {
  double sum = kImaginedAuthors * stranger, count = kImaginedAuthors;
  for (const auto& [author, reputation] : reputations) {
    const Record& record = reputation.*kind;
    if (record.total() <= 0) continue;
    const double weight = record.total() / (record.total() + kHalf);
    sum += weight * record.right / record.total();
    count += weight;
  }
  return sum / count;
}

}  // namespace pawl::learn
