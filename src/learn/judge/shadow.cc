#include "learn/judge/shadow.h"

#include "learn/heads/heads.h"
#include "learn/intake/collect_checks.h"

namespace pawl::learn {
namespace {

Answers answers_in(const Doc& doc) {
  Answers answers;
  for (const Head head : all_heads()) {
    if (head->kind == HeadKind::kLabel) {
      if (auto best = best_label(doc, head); !best.label.empty())
        answers[head] = std::move(best.label);
      continue;
    }
    std::vector<EntitySpan> spans;
    for (const Span& span : doc.entities()) {
      spans.push_back({static_cast<int64_t>(doc[span.start].idx),
                       static_cast<int64_t>(doc[span.end - 1].end()),
                       std::string(doc.vocab().strings().at(span.label))});
    }
    answers[head] = entities_text(spans);
  }
  return answers;
}

std::string answer_kept(const Answers& answers, Head head) {
  const auto found = answers.find(head);
  return found == answers.end() ? std::string() : found->second;
}

}  // namespace

std::vector<Answers> answers_of(const Language& nlp, std::span<const std::string> texts) {
  std::vector<Answers> all;
  for (const Doc& doc : nlp.pipe(texts)) all.push_back(answers_in(doc));
  return all;
}

std::vector<Head> disagreements(const Answers& one, const Answers& other) {
  std::vector<Head> heads;
  for (const Head head : all_heads()) {
    if (answer_kept(one, head) != answer_kept(other, head)) heads.push_back(head);
  }
  return heads;
}

std::vector<EvidenceRecord> shadow_evidence(const TurnRecord& turn, const Answers& answers,
                                            std::span<const Head> heads,
                                            const std::string& generation, int64_t now) {
  std::vector<EvidenceRecord> found;
  for (const Head head : heads) {
    EvidenceRecord& evidence = found.emplace_back();
    evidence.tenant_id = turn.tenant_id;
    evidence.turn_id = turn.turn_id;
    evidence.head = head->name;
    evidence.source = kShadowSource;
    evidence.value = answer_kept(answers, head);
    evidence.author = generation;
    evidence.generation_id = turn.generation_id;
    evidence.at = now;
  }
  return found;
}

std::optional<Answers> shadow_answers(const TurnBundle& bundle, const std::string& generation) {
  std::optional<Answers> answers;
  for (const EvidenceRecord& e : bundle.evidence) {
    const auto head = head_of(e.head);
    if (e.source != kShadowSource || e.author != generation || !head) continue;
    if (!answers) answers.emplace();
    (*answers)[*head] = e.value;
  }
  return answers;
}

}  // namespace pawl::learn
