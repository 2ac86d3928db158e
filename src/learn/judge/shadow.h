// A model in the shadow of another: it answers the same texts, and nobody hears it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "learn/judge/complaint.h"
#include "pipeline/language.h"

namespace pawl::learn {

// In the order of the texts.
std::vector<Answers> answers_of(const Language& nlp, std::span<const std::string> texts);

// Heads of which the two say different things.
std::vector<Head> disagreements(const Answers& one, const Answers& other);

// What the shadow said of a turn, as evidence nobody learns from: of the heads given.
std::vector<EvidenceRecord> shadow_evidence(const TurnRecord& turn, const Answers& answers,
                                            std::span<const Head> heads,
                                            const std::string& generation, int64_t now);
// What this generation said of the turn in the shadow, if it was asked.
std::optional<Answers> shadow_answers(const TurnBundle& bundle, const std::string& generation);

}  // namespace pawl::learn
