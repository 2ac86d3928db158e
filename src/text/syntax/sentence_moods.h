// What the sentences of a document do: ask, command, deny. Read off sentence borders, morphology
// and dependencies, in whatever language and script they are annotated.
//
// Universal Dependencies' features hold for every language: PronType=Int and PartType=Int ask,
// Mood=Imp commands, Polarity=Neg and PronType=Neg deny, and so do the relations "neg" and (TIGER)
// "ng". English, whose stock pipelines mark few of these, has rules over its tags and dependencies:
// an auxiliary before its subject or a wh-word in front asks, a bare verb without a subject
// commands. Marks of every script end a question.
#pragma once

#include <optional>
#include <vector>

#include "text/doc.h"

namespace pawl {

struct SentenceMood {
  uint32_t start = 0, end = 0;  // tokens
  bool is_question = false;
  // Empty where neither morphology nor dependencies are known.
  std::optional<bool> is_imperative, is_negated;
};

// One for each sentence; none where no component found sentences.
std::vector<SentenceMood> sentence_moods(const Doc& doc);

}  // namespace pawl
