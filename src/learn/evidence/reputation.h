// How often what an author says holds up. Nobody starts with much: an author's reliability is that
// of authors in general until his own statements have been weighed against what is known without
// him (a Beta prior fitted to all authors: empirical Bayes).
#pragma once

#include <map>
#include <string>

namespace pawl::learn {

// Statements of one kind, each counted by the probability that it was sincere.
struct Record {
  double right = 0, wrong = 0;

  double total() const { return right + wrong; }
  bool operator==(const Record&) const = default;
};

// Who names labels well may judge answers badly, and praise is cheap: one does not earn trust for
// the other.
struct Reputation {
  Record named = {};   // corrections
  Record judged = {};  // ratings
  // Corrections that wait for more evidence, as the last look at them had it, each counted by how
  // far it was decided. The next look replaces them.
  Record open = {};

  bool operator==(const Reputation&) const = default;
};

using Reputations = std::map<std::string, Reputation>;

// Of an author with no record.
inline constexpr double kStrangerNames = 0.7;
inline constexpr double kStrangerJudges = 0.8;
// So many statements of the author weigh as much as what is known of authors in general.
inline constexpr double kReputationPrior = 4;

// Mean of the author's Beta posterior where authors in general are right so often.
double reliability(const Record& record, double general);

// All corrections, those that wait, too: what was taken of an author is what held up, and would
// make whoever contradicts everything look honest.
Record named_in_all(const Reputation& reputation);

// How often authors in general are right, each author counting once, however much he says: by these
// records and by a few imagined authors of reliability `stranger`.
double general_reliability(const Reputations& reputations, Record Reputation::* kind,
                           double stranger);

}  // namespace pawl::learn
