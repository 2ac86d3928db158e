// Who answers: by a table of rules that the workspace's operator edits, then by what this user said
// he prefers, then by whom he was content with.
//
// personas.txt in the workspace: a rule a line, "intent, sentiment, persona"; * fits anything; the
// first rule that fits decides; what follows a # is a remark. Without the file, or where no rule
// fits, the usual rules decide.
#pragma once

#include <string>
#include <string_view>
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
  // The workspace's. Throws Error(kInvalidInput) naming file and line.
  static PersonaRules read(Env& env, const Path& workspace);
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

// The workspace's; where its file cannot be read the usual ones, and a warning says so.
PersonaRules persona_rules(Env& env, const Path& workspace, std::vector<std::string>& warnings);

// What a user prefers to what the rules chose. A persona that the user named last is his. Else one
// with whom he was more content than with the chosen one, if that is more than chance explains: the
// mean of a Beta posterior for each, whose prior weighs as much as eight ratings, so that a few
// ratings change nothing.
PersonaChoice prefer(PersonaChoice chosen, const PersonaHistory& history);

}  // namespace pawl::service
