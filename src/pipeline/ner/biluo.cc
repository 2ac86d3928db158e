#include "pipeline/ner/biluo.h"

#include <set>

namespace pawl {

namespace {

constexpr const char* kNames[kBiluoMoves] = {"M", "B", "I", "L", "U", "O"};

bool is_missing_or_out(int move) {
  const auto kind = static_cast<BiluoMove>(move);
  return kind == BiluoMove::kMissing || kind == BiluoMove::kOut;
}

bool is_action(int move, bool labelled) {
  const auto kind = static_cast<BiluoMove>(move);
  return kind != BiluoMove::kMissing && !(kind == BiluoMove::kOut && labelled);
}

constexpr TransitionMoves kMoves = {
    .names = kNames,
    .count = kBiluoMoves,
    .first_labelled = static_cast<int>(BiluoMove::kBegin),
    .last_labelled = static_cast<int>(BiluoMove::kOut),
    .is_action = is_action,
    .has_hyphen = [](int move) { return !is_missing_or_out(move); },
    .what = "an entity action",
};

}  // namespace

BiluoActions::BiluoActions() : TypedTransitionTable(kMoves) {}

std::vector<std::string> BiluoActions::labels() const {
  std::set<std::string> names;
  for (const auto& [move, counts] : table()) {
    if (is_missing_or_out(move)) continue;
    for (const auto& [label, count] : counts) {
      if (!label.empty()) names.insert(label);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace pawl
