#include "learn/judge/gate.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace pawl::learn {
namespace {

constexpr const char* kPooled = "(rare labels)";

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

HeadScores score_labels(const std::vector<LabelOutcome>& outcomes,
                        std::string LabelOutcome::* prediction) {
  std::map<std::string, size_t> gold, predicted, right;
  size_t correct = 0;
  for (const LabelOutcome& o : outcomes) {
    ++gold[o.gold];
    ++predicted[o.*prediction];
    if (o.gold == o.*prediction) ++right[o.gold], ++correct;
  }
  HeadScores scores;
  scores.support = outcomes.size();
  scores.accuracy = ratio(static_cast<double>(correct), static_cast<double>(outcomes.size()));
  for (const auto& [label, count] : gold) {
    const double p =
        ratio(static_cast<double>(right[label]), static_cast<double>(predicted[label]));
    const double r = ratio(static_cast<double>(right[label]), static_cast<double>(count));
    scores.precision += p / static_cast<double>(gold.size());
    scores.recall += r / static_cast<double>(gold.size());
    scores.f1_score += ratio(2 * p * r, p + r) / static_cast<double>(gold.size());
  }
  return scores;
}

SpanCounts total(const std::map<std::string, SpanCounts>& by_label) {
  SpanCounts sum;
  for (const auto& [label, c] : by_label) {
    sum.gold += c.gold;
    sum.predicted += c.predicted;
    sum.correct += c.correct;
  }
  return sum;
}

HeadScores score_entities(const std::vector<SpanCounts>& counts) {
  SpanCounts sum;
  for (const SpanCounts& c : counts) {
    sum.gold += c.gold;
    sum.predicted += c.predicted;
    sum.correct += c.correct;
  }
  HeadScores scores;
  scores.support = counts.size();
  scores.precision = ratio(sum.correct, sum.predicted);
  scores.recall = ratio(sum.correct, sum.gold);
  scores.f1_score = f_score(counts);
  scores.accuracy = scores.f1_score;
  return scores;
}

// What both kinds of head have in common once their tests are computed.
struct Evidence {
  double p_better = 1, p_margin = 1;
  double statistic = 0;
  std::optional<Discordant> counts = {};
};

struct WorseTest {
  double statistic = 0, p_value = 1;
  std::optional<Discordant> counts = {};
};

void add_worse_tests(HeadVerdict& verdict, const std::map<std::string, WorseTest>& by_label,
                     double alpha) {
  std::vector<double> raw;
  for (const auto& [label, x] : by_label) raw.push_back(x.p_value);
  const std::vector<double> adjusted = holm(raw);
  size_t i = 0;
  for (const auto& [label, x] : by_label) {
    const double p = adjusted[i++];
    verdict.tests.push_back({.name = verdict.head + ".worse." + label,
                             .statistic = x.statistic,
                             .p_value = p,
                             .passed = p > alpha,
                             .bound = alpha,
                             .uncorrected = x.p_value,
                             .counts = x.counts});
  }
}

std::string first_worse_label(const HeadVerdict& verdict) {
  const std::string prefix = verdict.head + ".worse.";
  for (const GateTest& test : verdict.tests) {
    if (!test.passed && test.name.starts_with(prefix)) return test.name.substr(prefix.size());
  }
  return "";
}

std::string against(double p, double bound) {
  char text[48];
  std::snprintf(text, sizeof text, "p=%.2g against %.2g", p, bound);
  return text;
}

void decide(HeadVerdict& verdict, const Evidence& evidence, const GateOptions& options) {
  const double alpha = spend_alpha(options.alpha, options.attempt);
  const bool significant = evidence.p_better <= alpha;
  const bool higher = verdict.candidate.accuracy > verdict.incumbent.accuracy;
  const bool safe = evidence.p_margin <= options.margin_alpha;
  const bool above = verdict.candidate.accuracy >= options.threshold;
  const bool incumbent_above = verdict.incumbent.accuracy >= options.threshold;
  const std::string& head = verdict.head;
  verdict.passed_threshold = above;
  verdict.attempt = options.attempt;
  verdict.tests.push_back({.name = head + ".better",
                           .statistic = evidence.statistic,
                           .p_value = evidence.p_better,
                           .passed = significant,
                           .bound = alpha,
                           .counts = evidence.counts});
  verdict.tests.push_back({.name = head + ".not_inferior",
                           .statistic = options.margin,
                           .p_value = evidence.p_margin,
                           .passed = safe,
                           .bound = options.margin_alpha,
                           .counts = evidence.counts});
  verdict.tests.push_back({.name = head + ".threshold",
                           .statistic = verdict.candidate.accuracy,
                           .passed = above,
                           .bound = options.threshold});
  const std::string change =
      percent(verdict.incumbent.accuracy) + " -> " + percent(verdict.candidate.accuracy);
  const std::string count =
      " on " + std::to_string(verdict.candidate.support) + " held-out examples" +
      (verdict.by_forerunners == 0
           ? ""
           : ", " + std::to_string(verdict.by_forerunners) + " of them by its forerunners");
  const std::string worse = first_worse_label(verdict);
  const std::string p = against(evidence.p_better, alpha);
  if (verdict.candidate.support < options.min_examples) {
    verdict.judged = false;
    verdict.reason = head + " kept: " + std::to_string(verdict.candidate.support) +
                     " held-out examples are too few to judge it on (" +
                     std::to_string(options.min_examples) + " are needed)";
  } else if (!worse.empty()) {
    verdict.reason = head + " kept: significantly worse on " + worse + " (" + change + count + ")";
  } else if (!significant && !(higher && safe)) {
    verdict.reason = head + " kept: not measurably better (" + change + count + ", " + p + ")";
  } else if (!above && options.require_threshold) {
    verdict.reason = head + " kept: below the required " + percent(options.threshold) + " (" +
                     change + count + ")";
  } else if (!above && (incumbent_above || !significant)) {
    verdict.reason = head + " kept: below the bar of " + percent(options.threshold) +
                     " and not significantly better (" + change + count + ", " + p + ")";
  } else {
    verdict.deploy = true;
    verdict.reason =
        head + " replaced: " + change + count + " (" +
        (significant ? p
                     : "higher, and surely not lower by more than " + percent(options.margin) +
                           ": " + against(evidence.p_margin, options.margin_alpha)) +
        ")";
  }
}

// What forerunners gained does not help a candidate that is lower where it was judged itself, by
// more than chance explains.
void hold_to_its_own(HeadVerdict& verdict, const std::vector<LabelOutcome>& own,
                     const GateOptions& options) {
  Discordant changes;
  for (const LabelOutcome& o : own) {
    const bool before = o.incumbent == o.gold, after = o.candidate == o.gold;
    changes.gained += after && !before;
    changes.lost += before && !after;
  }
  const double gain = static_cast<double>(changes.gained) - static_cast<double>(changes.lost);
  const double p = mcnemar_worse(changes);
  const bool enough = own.size() >= options.min_own;
  const bool held = enough && p > options.own_alpha;
  verdict.tests.push_back({.name = verdict.head + ".own",
                           .statistic = gain,
                           .p_value = p,
                           .passed = held,
                           .bound = options.own_alpha,
                           .counts = changes});
  if (!verdict.deploy || held) return;
  verdict.deploy = false;
  verdict.reason = verdict.head + " kept: its forerunners were better, this one ";
  verdict.reason += enough ? "is lower on the " + std::to_string(own.size()) +
                                 " held-out examples it was judged on itself"
                           : "has " + std::to_string(own.size()) + " held-out examples of its own";
}

}  // namespace

HeadVerdict judge_labels(const std::string& head, const std::vector<LabelOutcome>& own,
                         const GateOptions& options, const std::vector<LabelOutcome>& forerunners) {
  HeadVerdict verdict;
  verdict.head = head;
  verdict.by_forerunners = forerunners.size();
  std::vector<LabelOutcome> outcomes = own;
  outcomes.insert(outcomes.end(), forerunners.begin(), forerunners.end());
  verdict.incumbent = score_labels(outcomes, &LabelOutcome::incumbent);
  verdict.candidate = score_labels(outcomes, &LabelOutcome::candidate);
  std::map<std::string, Discordant> by_label;
  Discordant all;
  for (const LabelOutcome& o : outcomes) {
    const bool before = o.incumbent == o.gold, after = o.candidate == o.gold;
    LabelScores& label = verdict.per_label[o.gold];
    ++label.support;
    label.incumbent_recall += before;
    label.candidate_recall += after;
    all.gained += after && !before;
    all.lost += before && !after;
    by_label[o.gold].gained += after && !before;
    by_label[o.gold].lost += before && !after;
  }
  std::map<std::string, Discordant> tested;
  for (auto& [label, scores] : verdict.per_label) {
    Discordant& d = tested[scores.support >= options.min_support ? label : kPooled];
    d.gained += by_label[label].gained;
    d.lost += by_label[label].lost;
    scores.incumbent_recall /= static_cast<double>(scores.support);
    scores.candidate_recall /= static_cast<double>(scores.support);
  }
  std::map<std::string, WorseTest> worse;
  for (const auto& [label, d] : tested)
    worse[label] = {static_cast<double>(d.lost), mcnemar_worse(d), d};
  add_worse_tests(verdict, worse, options.worse_alpha);
  const double gain = static_cast<double>(all.gained) - static_cast<double>(all.lost);
  decide(verdict,
         {mcnemar_better(all), non_inferiority(all, outcomes.size(), options.margin), gain, all},
         options);
  if (!forerunners.empty()) hold_to_its_own(verdict, own, options);
  return verdict;
}

HeadVerdict judge_entities(const std::vector<EntityOutcome>& outcomes, const GateOptions& options) {
  HeadVerdict verdict;
  verdict.head = "entities";
  std::vector<SpanCounts> before, after;
  std::map<std::string, SpanCounts> gold_before, gold_after;
  for (const EntityOutcome& o : outcomes) {
    before.push_back(total(o.incumbent));
    after.push_back(total(o.candidate));
    for (const auto& [label, c] : o.incumbent)
      gold_before[label].gold += c.gold, gold_before[label].correct += c.correct;
    for (const auto& [label, c] : o.candidate)
      gold_after[label].gold += c.gold, gold_after[label].correct += c.correct;
  }
  verdict.incumbent = score_entities(before);
  verdict.candidate = score_entities(after);
  std::map<std::string, std::set<std::string>> groups;
  for (const auto& [label, c] : gold_before) {
    verdict.per_label[label] = {c.gold, ratio(c.correct, c.gold),
                                ratio(gold_after[label].correct, c.gold)};
    groups[c.gold >= options.min_support ? label : kPooled].insert(label);
  }
  std::map<std::string, WorseTest> worse;
  for (const auto& [name, labels] : groups) {
    std::vector<SpanCounts> ours, theirs;
    for (const EntityOutcome& o : outcomes) {
      SpanCounts a, b;
      for (const auto& label : labels) {
        if (auto x = o.candidate.find(label); x != o.candidate.end())
          a = total({{"", a}, {label, x->second}});
        if (auto x = o.incumbent.find(label); x != o.incumbent.end())
          b = total({{"", b}, {label, x->second}});
      }
      if (a.gold + a.predicted + b.gold + b.predicted > 0) ours.push_back(a), theirs.push_back(b);
    }
    const BootstrapResult r = paired_bootstrap(ours, theirs, options.margin, options.seed, 1000);
    worse[name] = {r.difference, ours.empty() ? 1.0 : r.p_worse};
  }
  add_worse_tests(verdict, worse, options.worse_alpha);
  const BootstrapResult r = paired_bootstrap(after, before, options.margin, options.seed);
  decide(verdict, {r.p_better, r.p_margin, r.difference}, options);
  return verdict;
}

}  // namespace pawl::learn
