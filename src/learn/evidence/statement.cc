#include "learn/evidence/statement.h"

#include <algorithm>

namespace pawl::learn {
namespace {

constexpr std::string_view kSelf = "self";

// Ratings of different things stand beside each other, labels of one head do not.
bool replaces(const Statement& later, const Statement& earlier) {
  return later.source == earlier.source && later.head == earlier.head &&
         (later.head != "response" || later.value == earlier.value);
}

std::string predicted_of(const JudgedTurn& turn, Head head) {
  std::string predicted;
  for (const Statement& s : turn.statements) {
    if (s.source == kSelf && s.head == head->name) predicted = s.value;
  }
  // Who is content with no answer, or is not, says nothing of any label.
  return predicted == kNoneOfThese ? std::string() : predicted;
}

}  // namespace

bool is_judged(const JudgedTurn& turn) {
  return std::any_of(turn.statements.begin(), turn.statements.end(),
                     [](const Statement& s) { return s.source != kSelf; });
}

const Statement* Voice::find(std::string_view source, std::string_view head,
                             std::string_view value) const {
  for (const Statement& s : statements_) {
    if (s.source == source && s.head == head && (value.empty() || s.value == value)) return &s;
  }
  return nullptr;
}

bool Voice::says_something() const {
  return std::any_of(statements_.begin(), statements_.end(),
                     [](const Statement& s) { return s.source != "implicit"; });
}

void Voice::hear(const Statement& statement) {
  const auto known = std::find_if(statements_.begin(), statements_.end(),
                                  [&](const Statement& s) { return replaces(statement, s); });
  if (known != statements_.end())
    *known = statement;
  else
    statements_.push_back(statement);
}

std::vector<Voice> voices_of(const JudgedTurn& turn, Head head) {
  const std::string predicted = predicted_of(turn, head);
  std::vector<Voice> voices;
  for (const Statement& s : turn.statements) {
    if (s.source == kSelf) continue;
    auto voice = std::find_if(voices.begin(), voices.end(),
                              [&](const Voice& v) { return v.author() == s.author; });
    if (voice == voices.end())
      voice = voices.insert(voices.end(), Voice(s.author, s.author == turn.user_id, predicted));
    voice->hear(s);
  }
  return voices;
}

}  // namespace pawl::learn
