// What a user said against the answer to his own turn.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "learn/data/text_group.h"
#include "learn/evidence/reliability.h"
#include "learn/evidence/reputation.h"
#include "learn/heads/head.h"

namespace pawl::learn {

// What a model says of a text: labels; spans as statements have them. A head without an answer is
// left out.
using Answers = std::map<Head, std::string>;

struct Complaint {
  Answers named;        // of the heads that were corrected, what would have been right
  bool blames = false;  // it was wrong, without a word on what would be right; or rated low
  double weight = 0;    // how reliable the user is in saying so, 0..1
};

// Nothing when the turn's user said nothing against it; of others it does not matter what they say.
std::optional<Complaint> complaint_about(const JudgedTurn& turn, const Reputations& reputations,
                                         const Trust& trust);

// What the turn was answered with, by the model's own statements.
Answers answers_to(const JudgedTurn& turn);

// Whether a model that gives these answers would have spared the user the complaint: it says what
// the user named or, where he only blames, something else than he was answered with.
bool would_have_been_spared(const Complaint& complaint, const Answers& answered,
                            const Answers& other);

}  // namespace pawl::learn
