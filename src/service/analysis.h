// What pawl says of one utterance.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/language.h"
#include "service/personas.h"

namespace pawl::service {

struct AnalyzedEntity {
  std::string text, label;
  uint32_t start = 0, end = 0;  // code points, half open
};

struct SentenceFeatures {
  uint32_t start = 0, end = 0;  // code points, half open
  bool is_question = false;
  std::optional<bool> is_imperative, is_negated;  // empty: the pipeline says nothing of syntax
};

struct NounChunk {              // features are kept where texts are not: places, no words
  uint32_t start = 0, end = 0;  // code points, half open
};

// Counts over the text; those of tokens are zero where no pipeline tokenised it (rules). What
// taggers and parsers say (text/syntax) is there where the pipeline has such components.
struct LinguisticFeatures {
  uint64_t characters = 0;  // code points
  bool is_question = false;
  uint64_t exclamations = 0;
  double uppercase_share = 0;  // of the letters
  bool tokenized = false;
  uint64_t tokens = 0, words = 0, numbers = 0, urls = 0;
  std::vector<SentenceFeatures> sentences;
  std::optional<bool> is_imperative, is_negated;      // whether some sentence is
  std::map<std::string, uint64_t> parts_of_speech;    // how many tokens of each
  std::optional<std::vector<NounChunk>> noun_chunks;  // empty: no rules, or no parser
};

struct Analysis {
  std::string text;
  std::string intent, sentiment, persona;
  std::string persona_reason;                              // why this one, for a person
  double intent_confidence = 0, sentiment_confidence = 0;  // probabilities
  std::string guess;              // where intent is "none_of_these": the likeliest label
  double out_of_scope_score = 0;  // 0 to 1; from 1/2 on intent is "none_of_these"
  std::vector<AnalyzedEntity> entities;
  LinguisticFeatures linguistic_features;
  std::string generation;  // empty when rules answered
  bool degraded = false;   // not the live generation's own answer
  // Where the text is longer than the sentence encoder's windows: the code points from its
  // beginning that it reads.
  std::optional<uint64_t> encoder_reach;
};

// The analysis of an annotated document.
Analysis describe(const Doc& doc, const std::string& generation,
                  const PersonaRules& rules = PersonaRules::usual());

// Without any model: key words and punctuation. Always degraded; confidences are low on purpose.
Analysis describe_by_rules(const std::string& text,
                           const PersonaRules& rules = PersonaRules::usual());

// By the rules, for its intent and sentiment.
void choose_persona(Analysis& analysis, const PersonaRules& rules);

}  // namespace pawl::service
