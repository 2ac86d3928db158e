// What one author can make of a cycle: caps, bursts, and who it takes to vouch for a label.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "learn/data/text_group.h"
#include "learn/evidence/reliability.h"
#include "learn/evidence/reputation.h"

namespace pawl::learn {

struct DefenceOptions {
  size_t max_examples_per_author = 20;  // new ones a cycle
  // More contradictions than this, of one author, towards one label, in one cycle, which nobody
  // else shares, are a burst: nothing of its author counts in this cycle.
  size_t burst = 5;
  // Authors it takes to vouch for a label that no operator and no live model knows. With 1 a
  // workspace is one person's, whose word alone is enough: bursts and shares are not looked at.
  size_t min_label_authors = 2;
  std::set<std::string> released = {};  // authors whose burst an operator found honest
};

// Whether nobody but teachers supports it: enough to train on, never to judge by.
bool is_taught(const Annotation& annotation);

struct Burst {
  std::string author;
  std::string label;
  size_t turns = 0;
};

// The bursts among these groups, the authors in order. Groups whose known example the author had a
// say in already are no news.
std::vector<Burst> find_bursts(std::span<const TextGroup> groups, const DefenceOptions& options,
                               const Trust& trust);

// Counts what each author adds to a cycle.
class AuthorBudget {
 public:
  explicit AuthorBudget(size_t limit) : limit_(limit) {}
  bool spent(const std::string& author) const;
  void spend(const std::string& author) { ++used_[author]; }

 private:
  size_t limit_;
  std::map<std::string, size_t> used_;
};

// An annotation that must not train or judge, and why.
struct LeftOut {
  std::string key;  // of the example's text
  Head head;
  std::string why;  // "set_aside", "doubtful_author", "unvouched_label", "author_share"
};

// Removes annotations that must not train or judge, from examples ordered old to new; an example
// without any goes altogether:
// - those that were set aside;
// - of the certify split those that only teachers support;
// - those that rest on one author alone whose record does not hold up: below kDistrusted for all
//   splits, below kDoubted for the certify split (in the others such are marked as doubted);
// - labels that neither an operator, nor `known` (labels of the live heads), nor enough authors
//   vouch for, and those beyond kMaxLabels;
// - of a label's certify examples that rest on one author alone, those beyond the first by which
//   this author would be more than half of them; of its train examples those by which he would be
//   more than a fifth, beyond two bursts. The newest go first.
// `left_out`, if there is one, is told all of them.
void admit(std::vector<LabeledExample>& examples,
           const std::map<Head, std::set<std::string>>& known, const DefenceOptions& options,
           const Reputations& reputations = {}, std::vector<LeftOut>* left_out = nullptr);

inline constexpr double kDistrusted = 0.35, kDoubted = 0.5;

}  // namespace pawl::learn
