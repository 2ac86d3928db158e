// How the label of a turn came about: who said what, what it weighed, what became of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "learn/data/dataset.h"
#include "learn/data/text_account.h"
#include "learn/evidence/statement.h"
#include "service/engine.h"

namespace pawl::service {

struct ExplainOptions {
  // Otherwise texts are left out and authors stand as digests under the workspace's secret: the
  // same author has the same digest in every explanation.
  bool names = true;
};

// One statement about a turn of the text.
struct ExplainedStatement {
  learn::Statement statement;
  std::string turn_id;
  bool this_turn = false;  // else it is about another turn with the same text
  bool own = false;        // by the turn's user
  // Why it did not count: "burst", "user_cap", "beside_a_word" (a signal on a turn of which its
  // user also said something); empty: it did, or may.
  std::string unheard;
};

struct ExplainedHead {
  learn::HeadAccount belief;  // authors as in the statements
  bool example = false;       // the current example of the text knows this head
  std::string label;          // its label; spans as JSON
  double weight = 0;
  std::vector<std::string> generations;  // trained on this version of the example, oldest first
  std::string became;                    // a sentence: what became of the belief, and why
};

struct Explanation {
  TurnRecord turn;
  std::vector<ExplainedStatement> statements;  // oldest first
  std::optional<learn::TextAccount> account;   // none: no cycle has looked at the text
  std::vector<ExplainedHead> heads;
  std::optional<learn::LabeledExample> example;  // the current one of the text
  std::string state;                             // a sentence: where the text stands
};

// Throws Error(kNotFound) for an unknown turn.
Explanation explain_turn(Engine& engine, const std::string& tenant, const std::string& turn_id,
                         const ExplainOptions& options = {});

}  // namespace pawl::service
