// The bars that all heads together have to reach.
#pragma once

#include <vector>

#include "learn/judge/gate.h"

namespace pawl::learn {

struct OverallBars {
  double mean = 0;        // of the heads' accuracies (validation.accuracy)
  double share = 0;       // of all held-out answers that are right (learning.validation_threshold)
  bool required = false;  // true: they are absolute (validation.require_thresholds)
};

// Tests "all.accuracy" and "all.right" of the candidates together; both pass when nothing was
// judged. A bar that is missed keeps every head when it is absolute, or when the incumbents reach
// it: then `verdicts` lose their deployments and say so. Doing it twice is the same as once.
std::vector<GateTest> hold_to_bars(std::vector<HeadVerdict>& verdicts, const OverallBars& bars);

}  // namespace pawl::learn
