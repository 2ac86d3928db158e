#include "learn/judge/judge.h"

namespace pawl::learn {
namespace {

std::string gold_label(const Example& example, Head head) {
  for (const auto& [category, value] : example.cats) {
    if (value > 0.5f) return from_category(head, category).value_or("");
  }
  return "";
}

HeadVerdict judge_recogniser(const CandidateHead& candidate, const Language& live,
                             const std::vector<LabeledExample>& held_out,
                             const GateOptions& options) {
  const std::vector<Example> examples = to_examples(held_out, candidate.head, live);
  const TrainableComponent* incumbent = find_head(live, candidate.head);
  const std::vector<Doc> after = predict_copies(*candidate.trained.component, examples);
  std::vector<Doc> before;
  if (incumbent != nullptr) before = predict_copies(*incumbent, examples);
  std::vector<EntityOutcome> outcomes(examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    outcomes[i].candidate = count_entities(examples[i], after[i]);
    outcomes[i].incumbent =
        count_entities(examples[i], before.empty() ? examples[i].predicted : before[i]);
  }
  return judge_entities(outcomes, options);
}

}  // namespace

std::vector<LabelOutcome> outcomes_of(const CandidateHead& candidate, const Language& live,
                                      const std::vector<LabeledExample>& held_out) {
  const Head head = candidate.head;
  const std::vector<Example> examples = to_examples(held_out, head, live);
  const TrainableComponent* incumbent = find_head(live, head);
  const std::vector<Doc> after = predict_copies(*candidate.trained.component, examples);
  std::vector<Doc> before;
  if (incumbent != nullptr) before = predict_copies(*incumbent, examples);
  std::vector<LabelOutcome> outcomes;
  for (size_t i = 0; i < examples.size(); ++i) {
    outcomes.push_back({gold_label(examples[i], head),
                        before.empty() ? "" : best_label(before[i], head).label,
                        best_label(after[i], head).label});
  }
  return outcomes;
}

HeadVerdict judge_candidate(const CandidateHead& candidate, const Language& live,
                            const std::vector<LabeledExample>& certify, const GateOptions& options,
                            const std::vector<LabelOutcome>& forerunners) {
  if (candidate.head->kind == HeadKind::kSpans)
    return judge_recogniser(candidate, live, certify, options);
  return judge_labels(std::string(head_name(candidate.head)), outcomes_of(candidate, live, certify),
                      options, forerunners);
}

}  // namespace pawl::learn
