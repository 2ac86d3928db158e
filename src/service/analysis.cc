#include "service/analysis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/utf8.h"
#include "learn/heads/heads.h"
#include "text/syntax/marks.h"
#include "text/syntax/noun_chunks.h"
#include "text/syntax/sentence_moods.h"
#include "text/unicode.h"
#include "text/visible.h"

namespace pawl::service {
namespace {

constexpr double kRuleConfidence = 0.3;

using Rule = std::pair<std::string_view, std::string_view>;

// The first rule whose key word stands in the text decides.
constexpr std::array kIntentRules = {
    Rule{"error", "debug_error"},       Rule{"exception", "debug_error"},
    Rule{"traceback", "debug_error"},   Rule{"faster", "optimize_code"},
    Rule{"optimi", "optimize_code"},    Rule{"readme", "documentation"},
    Rule{"docstring", "documentation"}, Rule{"write me", "creative_task"},
    Rule{"story", "creative_task"},     Rule{"customer", "business_advice"},
    Rule{"pricing", "business_advice"}, Rule{"install", "troubleshoot"},
    Rule{"won't", "troubleshoot"},      Rule{"explain", "explain_concept"},
    Rule{"what is", "explain_concept"}, Rule{"how do i", "technical_question"},
    Rule{"hello", "casual_chat"},       Rule{"how are you", "casual_chat"},
};
constexpr std::array kSentimentRules = {
    Rule{"asap", "urgent"},
    Rule{"urgent", "urgent"},
    Rule{"right now", "urgent"},
    Rule{"confus", "confused"},
    Rule{"don't understand", "confused"},
    Rule{"again", "frustrated"},
    Rule{"still not", "frustrated"},
    Rule{"can't wait", "excited"},
    Rule{"amazing", "excited"},
    Rule{"thank", "positive"},
    Rule{"great", "positive"},
    Rule{"bad", "negative"},
};

template <size_t N>
std::string first_match(const std::array<Rule, N>& rules, const std::string& lower,
                        std::string_view fallback) {
  for (const auto& [word, label] : rules) {
    if (lower.find(word) != std::string::npos) return std::string(label);
  }
  return std::string(fallback);
}

LinguisticFeatures features_of_text(std::string_view text) {
  size_t letters = 0, capitals = 0;
  LinguisticFeatures features;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = utf8::next(text, at);
    letters += unicode::is(c, unicode::kAlpha);
    capitals += unicode::is(c, unicode::kUpper);
    features.is_question = features.is_question || is_question_mark(c);
    features.exclamations += exclamations_of(c);
    ++features.characters;
  }
  if (letters > 0)
    features.uppercase_share = static_cast<double>(capitals) / static_cast<double>(letters);
  return features;
}

void add_sentences(const Doc& doc, LinguisticFeatures& features) {
  const auto add = [](std::optional<bool>& any, const std::optional<bool>& one) {
    if (one) any = any.value_or(false) || *one;
  };
  for (const SentenceMood& mood : sentence_moods(doc)) {
    features.sentences.push_back({doc[mood.start].idx, doc[mood.end - 1].end(), mood.is_question,
                                  mood.is_imperative, mood.is_negated});
    features.is_question = features.is_question || mood.is_question;
    add(features.is_imperative, mood.is_imperative);
    add(features.is_negated, mood.is_negated);
  }
}

void add_parts_of_speech(const Doc& doc, LinguisticFeatures& features) {
  for (const Token& token : doc.tokens()) {
    if (token.pos != 0) ++features.parts_of_speech[doc.vocab().strings().at(token.pos)];
  }
}

void add_noun_chunks(const Doc& doc, LinguisticFeatures& features) {
  const auto chunks = noun_chunks(doc);
  if (!chunks || doc.size() == 0) return;
  features.noun_chunks.emplace();
  for (const Span& chunk : *chunks) {
    if (chunk.start == chunk.end) continue;
    features.noun_chunks->push_back({doc[chunk.start].idx, doc[chunk.end - 1].end()});
  }
}

LinguisticFeatures features_of(const Doc& doc) {
  LinguisticFeatures features = features_of_text(doc.text());
  features.tokenized = true;
  features.tokens = doc.size();
  for (const Token& token : doc.tokens()) {
    features.words += !token.lex->is(Attr::kIsPunct) && !token.lex->is(Attr::kIsSpace);
    features.numbers += token.lex->is(Attr::kLikeNum);
    features.urls += token.lex->is(Attr::kLikeUrl);
  }
  add_sentences(doc, features);
  add_parts_of_speech(doc, features);
  add_noun_chunks(doc, features);
  return features;
}

// The label for what fits no other, where the head has it; else none.
learn::Scored nothing_said(const Doc& doc, learn::Head head) {
  for (const auto& [label, score] : learn::label_scores(doc, head)) {
    if (label == learn::kNoneOfThese) return {label, 1.0};
  }
  return {};
}

// `wordless`: of punctuation alone, whatever a head makes of it.
void describe_intent(const Doc& doc, bool says_something, bool wordless, Analysis& out) {
  const auto best = learn::best_label(doc, learn::Head::kIntent);
  if (best.label.empty()) return;
  out.intent = best.label;
  out.intent_confidence = best.confidence;
  out.out_of_scope_score = says_something && !wordless ? learn::out_of_scope_score(doc) : 1.0;
  if (best.label == learn::kNoneOfThese) {
    out.out_of_scope_score = std::max(out.out_of_scope_score, best.confidence);
  } else if (out.out_of_scope_score >= 0.5) {
    out.intent = learn::kNoneOfThese;
    out.intent_confidence = out.out_of_scope_score;
    if (says_something) out.guess = best.label;
  }
}

}  // namespace

void choose_persona(Analysis& analysis, const PersonaRules& rules) {
  PersonaChoice choice = rules.choose(analysis.intent, analysis.sentiment);
  analysis.persona = std::move(choice.persona);
  analysis.persona_reason = std::move(choice.reason);
}

Analysis describe(const Doc& doc, const std::string& generation, const PersonaRules& rules) {
  Analysis out;
  out.text = doc.text();
  out.generation = generation;
  // Where nothing can be seen nothing was said, whatever a head makes of no words at all.
  const bool says_something = has_visible(doc.text());
  const auto sentiment = says_something ? learn::best_label(doc, learn::Head::kSentiment)
                                        : nothing_said(doc, learn::Head::kSentiment);
  out.linguistic_features = features_of(doc);
  describe_intent(doc, says_something, out.linguistic_features.words == 0, out);
  out.sentiment = sentiment.label;
  out.sentiment_confidence = sentiment.confidence;
  choose_persona(out, rules);
  for (const Span& span : doc.entities()) {
    out.entities.push_back({doc.span_text(span.start, span.end),
                            doc.vocab().strings().at(span.label), doc[span.start].idx,
                            doc[span.end - 1].end()});
  }
  return out;
}

Analysis describe_by_rules(const std::string& text, const PersonaRules& rules) {
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Analysis out;
  out.text = text;
  out.degraded = true;
  out.linguistic_features = features_of_text(text);
  choose_persona(out, rules);
  if (!has_visible(text)) return out;
  out.intent = first_match(kIntentRules, lower, "general_assist");
  out.sentiment = first_match(kSentimentRules, lower, "neutral");
  out.intent_confidence = out.sentiment_confidence = kRuleConfidence;
  choose_persona(out, rules);
  return out;
}

}  // namespace pawl::service
