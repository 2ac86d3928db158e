// What a teacher is asked, as a file of the workspace that its operator edits, and how its answer is
// read: strictly.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "learn/heads/head.h"

namespace pawl::learn {

// The labels a teacher may choose from, by head.
using LabelSets = std::map<Head, std::vector<std::string>>;

// prompts/teacher.txt: what stands before a line "---" is the system's message, what stands behind
// it the user's; without such a line all of it is the user's. {labels} stands for the heads and
// their labels, a line each, {text} for the utterance.
class TeacherPrompt {
 public:
  // Writes the file with the default when there is none. Throws Error naming the file: one without
  // {text} (kInvalidInput), or one that cannot be read.
  static TeacherPrompt read(Env& env, const Path& workspace);

  // A digest of the file: another prompt is another teacher.
  const std::string& digest() const { return digest_; }
  // The "messages" of a chat.
  Json messages(const LabelSets& labels, const std::string& text) const;

 private:
  std::string system_, user_, digest_;
};

// The "response_format" of a chat: "json_schema", "json_object"; null for "text".
Json response_format(const std::string& name, const LabelSets& labels);

// The labels that an answer names: a JSON object whose keys are heads and whose values are one of
// the head's labels, or null. Empty for anything else; what is not in the sets makes all of it no
// answer.
std::optional<std::map<Head, std::string>> parse_labels(std::string_view answer,
                                                        const LabelSets& labels);

}  // namespace pawl::learn
