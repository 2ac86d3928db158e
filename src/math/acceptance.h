// From which confidence on a cheap classifier may answer without asking the better one behind it.
#pragma once

#include <cstddef>
#include <span>

namespace pawl {

// What one tier said of a held-out example.
struct Judged {
  float confidence = 0;
  bool correct = false;
};

// The smallest confidence from which the first tier may answer alone. How often a tier is right at
// a confidence of the first is a logistic curve over its log odds (Platt 1999), fitted to these
// examples; by the curves, the answers accepted lose no more than one right answer in 300 examples
// against the second tier, and add no more than an eighth to its errors, one more than were seen.
// Below kFewJudged examples curves alone say too little: what was accepted must also have been
// right as often as the second tier's answers, but for one in a thousand of the examples, and so by
// more than chance says: of n examples that only one tier has right, the lead must be sqrt(n), its
// standard error. `first` and `second` hold the same examples. Above 1 (never) when fewer than
// `min_support` would be accepted.
inline constexpr size_t kFewJudged = 1000;
double choose_acceptance(std::span<const Judged> first, std::span<const Judged> second,
                         size_t min_support);

}  // namespace pawl
