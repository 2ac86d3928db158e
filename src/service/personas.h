// Who answers: by a table of rules that the workspace's operator edits, then by what this user said
// he prefers, then by whom he was content with.
//
// personas.txt in the workspace: a rule a line, "intent, sentiment, persona"; * fits anything; the
// first rule that fits decides; what follows a # is a remark. Without the file, or where no rule
// fits, the usual rules decide.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "store/store.h"

namespace pawl::service {

struct PersonaChoice {
  std::string persona;
  std::string reason;  // a sentence for a person
};

class PersonaRules {
 public:
  static const PersonaRules& usual();
  // Throws Error(kInvalidInput) naming `where` and line.
  static PersonaRules parse(std::string_view text, const std::string& where);

  PersonaChoice choose(std::string_view intent, std::string_view sentiment) const;

 private:
  struct Rule {
    std::string intent, sentiment, persona;
    size_t line = 0;  // 0: a usual one
  };
  std::vector<Rule> rules_;
};

// The file that a new workspace gets: the usual rules, with remarks. One that is there stays.
void write_persona_rules(Env& env, const Path& workspace);

// A workspace's rules as its file is now: read with every call, understood anew only when it has
// changed. Safe for any number of threads.
class PersonaTable {
 public:
  PersonaTable(Env& env, Path workspace) : env_(env), workspace_(std::move(workspace)) {}

  // Where the file cannot be read the usual ones, and a warning says so.
  std::shared_ptr<const PersonaRules> rules(std::vector<std::string>& warnings);

 private:
  std::shared_ptr<const PersonaRules> read();

  Env& env_;
  Path workspace_;
  std::mutex mutex_;
  std::string text_;  // that known_ were made of
  std::shared_ptr<const PersonaRules> known_;
};

// What a user prefers to what the rules chose. A persona that the user named last is his. Else one
// with whom he was more content than with the chosen one, if that is more than chance explains: the
// mean of a Beta posterior for each, whose prior weighs as much as eight ratings, so that a few
// ratings change nothing.
PersonaChoice prefer(PersonaChoice chosen, const PersonaHistory& history);

}  // namespace pawl::service
