// The gate: a candidate head replaces the incumbent only when it is better, worse nowhere that
// matters, and above the bar. Heads are judged one by one, each on the same held-out examples for
// both models.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "learn/statistics.h"

namespace pawl::learn {

struct GateOptions {
  double threshold = 0.8;          // the head's configured bar on accuracy (F-score for entities)
  bool require_threshold = false;  // true: the bar is absolute
  double alpha = 0.1;    // error budget of "better" between two successes, spent over attempts
  size_t attempt = 1;    // looks at this head since it last changed, this one included
  double margin = 0.02;  // how much worse still counts as not inferior
  double margin_alpha = 0.05;  // level of the non-inferiority test
  double worse_alpha = 0.05;   // level of the per-label tests, after Holm's correction
  size_t min_examples = 40;    // with fewer held-out ones nothing is judged and nothing spent
  size_t min_own = 5;          // of these, the candidate's own where forerunners are heard, too
  double own_alpha = 0.2;      // on those alone it must not be worse at this level
  size_t min_support = 10;     // labels with fewer examples are pooled
  uint64_t seed = 0;
};

// One held-out example of a classification head.
struct LabelOutcome {
  std::string gold, incumbent, candidate;
};

// One held-out document of the entity head; per entity label.
struct EntityOutcome {
  std::map<std::string, SpanCounts> incumbent, candidate;
};

struct GateTest {
  std::string
      name;  // "intent.better", "intent.not_inferior", "intent.worse.LABEL", "intent.threshold"
  double statistic = 0;
  double p_value = 1;  // of "worse" after Holm's correction
  bool passed = false;
  // What it takes to compute it again. `bound`: of "better" and "not_inferior" p_value must be at
  // most that, of "worse" and "own" above it, of thresholds the statistic at least.
  std::optional<double> bound = {};
  std::optional<double> uncorrected = {};  // of "worse": before the correction
  std::optional<Discordant> counts = {};   // of tests over pairs of right and wrong answers
};

struct HeadScores {
  double accuracy = 0, precision = 0, recall = 0,
         f1_score = 0;  // macro averages over gold labels; F for entities
  size_t support = 0;
};

struct LabelScores {
  size_t support = 0;
  double incumbent_recall = 0, candidate_recall = 0;
};

struct HeadVerdict {
  std::string head;
  bool deploy = false;
  size_t by_forerunners = 0;  // of the examples
  bool judged = true;         // false: too few held-out examples, this look spends no error budget
  bool passed_threshold = false;
  std::string reason;  // one sentence for a person
  size_t attempt = 0;  // GateOptions::attempt
  HeadScores incumbent, candidate;
  std::vector<GateTest> tests;  // all of them, passed or not
  std::map<std::string, LabelScores> per_label;
};

// `forerunners`: what forerunners (see forerunner.h) said beside the same incumbent. They are
// evidence like the candidate's own, but on its own outcomes alone, of which there must be min_own,
// it must not be worse than the incumbent (McNemar's test at own_alpha).
HeadVerdict judge_labels(const std::string& head, const std::vector<LabelOutcome>& outcomes,
                         const GateOptions& options,
                         const std::vector<LabelOutcome>& forerunners = {});
HeadVerdict judge_entities(const std::vector<EntityOutcome>& outcomes, const GateOptions& options);

}  // namespace pawl::learn
