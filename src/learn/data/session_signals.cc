#include "learn/data/session_signals.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace pawl::learn {
namespace {

constexpr const char* kCounts = "signals";  // the store's value

SessionTurn to_session(const TurnRecord& turn) {
  return {turn.user_id, turn.user_text, turn.said_at};
}

std::optional<Signal> signal_about(const TurnInConversation& place, const SignalWords& words,
                                   int64_t until) {
  const SessionTurn turn = to_session(place.turn);
  std::optional<SessionTurn> before, after;
  if (place.before) before = to_session(*place.before);
  if (place.after) after = to_session(*place.after);
  const TurnInSession session{before ? &*before : nullptr, &turn, after ? &*after : nullptr};
  return find_signal(session, words, until);
}

}  // namespace

void hear_signals(Transaction& transaction, const std::string& tenant,
                  const std::vector<JudgedTurn*>& turns, const SignalOptions& options,
                  int64_t up_to) {
  if (!options.heard || turns.empty()) return;
  std::map<std::string, JudgedTurn*> by_id;
  std::vector<std::string> ids;
  for (JudgedTurn* turn : turns) {
    if (by_id.emplace(turn->turn_id, turn).second) ids.push_back(turn->turn_id);
  }
  const auto places = transaction.turns_in_conversations(tenant, ids, up_to);
  int64_t until = 0;
  for (const auto& place : places)
    until = std::max({until, place.turn.said_at, place.after ? place.after->said_at : 0});
  std::set<std::tuple<std::string, std::string, std::string, SignalKind>> shown;
  for (const TurnInConversation& place : places) {
    const auto signal = signal_about(place, options.words, until);
    if (!signal) continue;
    const TurnRecord& turn = place.turn;
    if (!shown.emplace(turn.conversation_id, turn.session_id, turn.user_id, signal->kind).second)
      continue;
    by_id.at(turn.turn_id)
        ->statements.push_back({.head = "response",
                                .source = "implicit",
                                .value = std::string(signal_name(signal->kind)),
                                .score = 1,
                                .author = turn.user_id,
                                .at = signal->at});
  }
}

SignalCounts read_signal_counts(Transaction& transaction, const std::string& tenant) {
  const auto kept = transaction.value(tenant, kCounts);
  try {
    return kept ? read_counts(*kept) : SignalCounts();
  } catch (const std::exception&) {
    return {};  // damaged: they are counted anew
  }
}

void add_signal_counts(Transaction& transaction, const std::string& tenant,
                       const SignalCounts& counts) {
  if (counts == SignalCounts()) return;
  SignalCounts all = read_signal_counts(transaction, tenant);
  all.add(counts);
  transaction.set_value(tenant, kCounts, write_counts(all));
}

}  // namespace pawl::learn
