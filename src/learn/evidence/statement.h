// What anybody says about a turn, and who says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "learn/heads/head.h"

namespace pawl::learn {

struct Statement {
  std::string head;  // "intent", ...; "response": of the answer as a whole
  // "self", "review", "correction", "teacher", "rating", "implicit": evidence/sources
  std::string source;
  std::string value;   // a label; entities as JSON; of a rating what it rates
  double score = 1;    // confidence or rating, 0..1
  std::string author;  // user, operator, or generation
  int64_t at = 0;
};

// A turn and everything that was said about it, oldest first.
struct JudgedTurn {
  std::string turn_id, conversation_id, user_id;
  std::string text;  // without personal data
  std::vector<Statement> statements;
};

// What the name of a teacher begins with as an author; its model and prompt follow.
inline constexpr std::string_view kTeacherAuthor = "teacher:";
inline bool is_teacher(std::string_view author) {
  return author.starts_with(kTeacherAuthor);
}

// Whether anybody but the model itself said anything about it.
bool is_judged(const JudgedTurn& turn);

// One author's newest statements about one turn, as one source reads them.
class Voice {
 public:
  Voice(std::string author, bool own, std::string predicted)
      : author_(std::move(author)), own_(own), predicted_(std::move(predicted)) {}

  const std::string& author() const { return author_; }
  bool own() const { return own_; }  // the author is the turn's user
  // What the turn was answered with; empty: unknown.
  const std::string& predicted() const { return predicted_; }
  // Of this source about this head; null when there is none. `value` as well, unless empty.
  const Statement* find(std::string_view source, std::string_view head,
                        std::string_view value = {}) const;
  // Whether there is more than what he showed without saying it.
  bool says_something() const;
  // Replaces what the author said of this before: people change their minds.
  void hear(const Statement& statement);

 private:
  std::string author_;
  bool own_;
  std::string predicted_;
  std::vector<Statement> statements_;
};

// The authors of statements about a turn, with what each said last, in the order in which they
// first spoke. The model itself is none of them.
std::vector<Voice> voices_of(const JudgedTurn& turn, Head head);

}  // namespace pawl::learn
