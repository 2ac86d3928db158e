// Candidates against incumbents on held-out examples, and what follows for what they were taught.
#include "learn/judge/judge.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "learn/cycle/run.h"

namespace pawl::learn {
namespace {

// Refused, and worse by more than chance explains: on a label, or all over.
bool did_harm(const HeadVerdict& verdict) {
  if (verdict.deploy || !verdict.judged) return false;
  const std::string worse = verdict.head + ".worse.";
  for (const GateTest& test : verdict.tests) {
    if (!test.passed && test.name.starts_with(worse)) return true;
  }
  const double before = verdict.incumbent.accuracy;
  const double error = std::sqrt(
      before * (1 - before) / static_cast<double>(std::max<size_t>(1, verdict.incumbent.support)));
  return verdict.candidate.accuracy < before - 2 * error;
}

}  // namespace

// Praised turns are thinned out to the share of misunderstood ones that have a label, each by its
// own hash. What only teachers say judges nobody.
bool stands_for_traffic(const LabeledExample& example, double named_share) {
  if (example.source == "teacher") return false;
  if (example.source != "rating" && example.source != "implicit") return true;
  constexpr uint64_t kSeed = 0x62616c61;  // apart from the seed of the splits
  const uint64_t hash = murmur2_64a(example.key.data(), example.key.size(), kSeed);
  return static_cast<double>(hash >> 11) * 0x1p-53 < named_share;
}

// What a candidate that did harm was taught is set aside, and its forerunner's outcomes, judged on
// the same, count for nothing.
void LearningCycle::Run::set_aside_harmful(Transaction& transaction) {
  for (size_t i = 0; i < result.verdicts.size(); ++i) {
    if (!did_harm(result.verdicts[i])) continue;
    const Head head = candidates[i].head;
    if (Json* unseen = payload.find("unseen")) unseen->erase(head_name(head));
    set_aside(transaction, curation_context(), head);
  }
}

// A digest of the live head's weights: what outcomes of earlier cycles were compared with.
std::string LearningCycle::Run::incumbent_digest(Head head) const {
  const Path file = live_folder / component_name(head) / "model";
  return cycle.env_.exists(file) ? blake2b_hex(cycle.env_.read_file(file)) : std::string();
}

// The newest of these that stand for the traffic.
std::vector<LabeledExample> LearningCycle::Run::judges(const std::vector<LabeledExample>& examples,
                                                       double share) const {
  std::vector<LabeledExample> chosen;
  for (const auto& e : examples) {
    if (stands_for_traffic(e, share)) chosen.push_back(e);
  }
  if (chosen.size() > settings().max_certify) {
    chosen.erase(chosen.begin(),
                 chosen.end() - static_cast<std::ptrdiff_t>(settings().max_certify));
  }
  return chosen;
}

// This cycle's forerunners and the last one's.
std::vector<LabelOutcome> LearningCycle::Run::forerunner_outcomes(
    Head head, const CycleHistory& history) const {
  const Json* unseen = payload.find("unseen");
  const Json* kept = unseen == nullptr ? nullptr : unseen->find(head_name(head));
  if (kept == nullptr) return {};
  std::vector<LabelOutcome> outcomes = kept_outcomes(*kept);
  const auto earlier =
      history.forerunners(head, kept->at("incumbent").as_string(), settings().max_certify);
  outcomes.insert(outcomes.end(), earlier.begin(), earlier.end());
  return outcomes;
}

// Tuned layers of which too little could be shown wait for the examples of the next cycles.
void LearningCycle::Run::judge_layers() {
  for (size_t i = 0; i < result.verdicts.size(); ++i) {
    const HeadVerdict& verdict = result.verdicts[i];
    if (did_harm(verdict))
      drop_layers(payload, candidates[i].head);
    else if (request.tune && !verdict.deploy)
      keep_layers(payload, candidates[i].head);
  }
}

void LearningCycle::Run::validate() {
  need_examples();
  need_candidates();
  const CycleHistory history(cycle.store_, tenant(), record.cycle_id);
  const double share = history.named_share(payload.find("curation"));
  std::vector<LabeledExample> held_out;
  for (const auto* part : {&memory, &fresh}) {
    for (const auto& e : *part) {
      if (e.split == Split::kCertify) held_out.push_back(e);
    }
  }
  const auto certify = judges(held_out, share);
  progress.begin("validating", candidates.size());
  for (const CandidateHead& candidate : candidates) {
    GateOptions options = settings().gate;
    options.threshold = settings().thresholds.at(candidate.head);
    options.attempt = history.attempts(candidate.head);
    options.seed = settings().candidate.train.seed;
    result.verdicts.push_back(judge_candidate(candidate, *live, certify, options,
                                              forerunner_outcomes(candidate.head, history)));
    progress.advance();
  }
  progress.end();
  judge_layers();
  result.overall = hold_to_bars(result.verdicts, settings().bars);
  if (vectors != nullptr) vectors->save();
}

}  // namespace pawl::learn
