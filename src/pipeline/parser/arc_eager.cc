#include "pipeline/parser/arc_eager.h"

#include <set>

#include "pipeline/parser/projectivity.h"

namespace pawl {

namespace {

constexpr const char* kNames[kArcEagerMoves] = {"S", "D", "L", "R", "B"};

constexpr TransitionMoves kMoves = {
    .names = kNames,
    .count = kArcEagerMoves,
    .first_labelled = static_cast<int>(ArcEagerMove::kShift),
    .last_labelled = static_cast<int>(ArcEagerMove::kBreak),
    .is_action = [](int, bool) { return true; },
    .has_hyphen = [](int) { return false; },
    .what = "a parsing action",
};

}  // namespace

ArcEagerActions::ArcEagerActions() : TypedTransitionTable(kMoves) {}

std::vector<std::string> ArcEagerActions::labels() const {
  std::set<std::string> names;
  for (const auto& [move, counts] : table()) {
    for (const auto& [label, count] : counts) {
      if (label.empty()) continue;
      const size_t at = label.find(kDecoration);
      if (at == std::string::npos) {
        names.insert(label);
        continue;
      }
      const std::string head = label.substr(at + kDecoration.size());
      names.insert(head.substr(0, head.find(kDecoration)));
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace pawl
