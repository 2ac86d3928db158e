#include "learn/data/text_group.h"

#include <algorithm>
#include <map>

namespace pawl::learn {

bool says_something(const TurnBundle& bundle) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(),
                     [](const EvidenceRecord& e) { return !said_by_model(e.source); }) ||
         !bundle.feedback.empty();
}

JudgedTurn to_judged(const TurnBundle& bundle) {
  JudgedTurn turn;
  turn.turn_id = bundle.turn.turn_id;
  turn.conversation_id = bundle.turn.conversation_id;
  turn.user_id = bundle.turn.user_id;
  turn.text = bundle.turn.user_text;
  for (const EvidenceRecord& e : bundle.evidence) {
    if (e.source == kShadowSource) continue;  // not what the turn was answered with
    turn.statements.push_back({e.head, e.source, e.value, e.score, e.author, e.at});
  }
  return turn;
}

std::vector<TextGroup> group_by_text(std::span<const TurnBundle> bundles, Damages* damages) {
  std::vector<TextGroup> groups;
  std::map<std::string, size_t> by_key;
  for (const TurnBundle& bundle : bundles) {
    if (auto damage = damage_of(bundle)) {
      if (damages != nullptr) damages->push_back(*std::move(damage));
      continue;
    }
    JudgedTurn turn = to_judged(bundle);
    if (!is_judged(turn)) continue;
    const std::string key = bundle.turn.text_key;
    const auto [found, added] = by_key.try_emplace(key, groups.size());
    if (added) groups.push_back({.key = key, .turns = {}});
    groups[found->second].turns.push_back(std::move(turn));
  }
  return groups;
}

}  // namespace pawl::learn
