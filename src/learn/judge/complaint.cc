#include "learn/judge/complaint.h"

#include <algorithm>

#include "learn/evidence/posterior.h"
#include "learn/heads/heads.h"

namespace pawl::learn {
namespace {

// No spans at all are an answer, too.
std::string answer_in(const Answers& answers, Head head) {
  const auto found = answers.find(head);
  if (found != answers.end() && !found->second.empty()) return found->second;
  return head->kind == HeadKind::kSpans ? "[]" : "";
}

double weight_of(const std::string& user, bool names, const Reputations& reputations) {
  const auto kind = names ? &Reputation::named : &Reputation::judged;
  const double general =
      general_reliability(reputations, kind, names ? kStrangerNames : kStrangerJudges);
  const auto known = reputations.find(user);
  return reliability(known == reputations.end() ? Record() : known->second.*kind, general);
}

}  // namespace

Answers answers_to(const JudgedTurn& turn) {
  Answers answers;
  for (const Statement& s : turn.statements) {
    const auto head = head_of(s.head);
    if (s.source == "self" && head) answers[*head] = s.value;
  }
  return answers;
}

std::optional<Complaint> complaint_about(const JudgedTurn& turn, const Reputations& reputations,
                                         const Trust& trust) {
  const Answers answered = answers_to(turn);
  Complaint complaint;
  for (const Head head : all_heads()) {
    for (const Voice& voice : voices_of(turn, head)) {
      if (!voice.own()) continue;
      const Statement* named = voice.find("correction", head->name);
      if (named != nullptr && named->value != answer_in(answered, head))
        complaint.named[head] = named->value;
      else if (named == nullptr && head->answers && only_blames(voice, head, trust))
        complaint.blames = true;
    }
  }
  if (complaint.named.empty() && !complaint.blames) return std::nullopt;
  complaint.weight = weight_of(turn.user_id, !complaint.named.empty(), reputations);
  return complaint;
}

bool would_have_been_spared(const Complaint& complaint, const Answers& answered,
                            const Answers& other) {
  for (const auto& [head, label] : complaint.named) {
    if (answer_in(other, head) == label) return true;
  }
  return complaint.blames && complaint.named.empty() &&
         std::any_of(all_heads().begin(), all_heads().end(), [&](Head head) {
           return head->answers && answer_in(other, head) != answer_in(answered, head);
         });
}

}  // namespace pawl::learn
