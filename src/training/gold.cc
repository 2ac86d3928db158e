#include "training/gold.h"

#include <algorithm>

#include "base/error.h"

namespace pawl {

namespace {

void check_entities(const std::vector<CharEntity>& sorted, uint32_t length) {
  uint32_t last_end = 0;
  for (const CharEntity& entity : sorted) {
    if (entity.start >= entity.end || entity.end > length) {
      throw Error(ErrorKind::kInvalidInput, "entity " + offsets_text(entity) +
                                                " is empty or ends behind the text (" +
                                                std::to_string(length) + " characters)");
    }
    if (entity.label.empty()) {
      throw Error(ErrorKind::kInvalidInput, "entity " + offsets_text(entity) + " has no label");
    }
    if (entity.start < last_end) {
      throw Error(ErrorKind::kInvalidInput,
                  "entity " + offsets_text(entity) + " overlaps another one");
    }
    last_end = entity.end;
  }
}

void mark(std::vector<GoldToken>& tokens, uint32_t first, uint32_t last, EntIob begin,
          EntIob inside) {
  for (uint32_t i = first; i < last; ++i) tokens[i].ent_iob = i == first ? begin : inside;
}

bool is_space(const Token& token) {
  return token.lex->is(Attr::kIsSpace);
}

// Whether all tokens under a predicted one are known to be outside.
bool is_outside(const GoldDoc& gold, TokenRange range) {
  for (uint32_t i = range.first; i < range.last; ++i) {
    if (gold.tokens[i].ent_iob != EntIob::kOutside) return false;
  }
  return range.size() > 0;
}

Doc predicted_doc(const Language& language, const GoldDoc& gold) {
  if (!gold.unknown_spaces) return language.make_doc(gold.text);
  GoldDoc words;
  words.text = gold.text;
  for (const GoldToken& token : gold.tokens) words.tokens.push_back({token.start, token.end});
  return doc_of(words, language.vocab());
}

}  // namespace

std::string offsets_text(const CharEntity& entity) {
  return "[" + std::to_string(entity.start) + ", " + std::to_string(entity.end) + ", \"" +
         entity.label + "\"]";
}

GoldDoc make_gold(const Language& language, std::string_view text,
                  const std::vector<CharEntity>& entities, bool known_entities,
                  std::vector<CharEntity>* misaligned) {
  const Doc doc = language.make_doc(text);
  GoldDoc gold;
  gold.text = text;
  const EntIob rest = known_entities ? EntIob::kOutside : EntIob::kMissing;
  for (const Token& token : doc.tokens()) gold.tokens.push_back({token.idx, token.end(), rest});
  std::vector<CharEntity> sorted = entities;
  std::sort(sorted.begin(), sorted.end(),
            [](const CharEntity& a, const CharEntity& b) { return a.start < b.start; });
  check_entities(sorted, gold.tokens.empty() ? 0 : gold.tokens.back().end);
  for (const CharEntity& entity : sorted) {
    const auto [first, last] = doc.char_span(entity.start, entity.end);
    if (first == last) {
      const auto [from, to] = covering_tokens(gold.tokens, entity.start, entity.end);
      mark(gold.tokens, from, to, EntIob::kMissing, EntIob::kMissing);
      if (misaligned) misaligned->push_back(entity);
    } else {
      mark(gold.tokens, first, last, EntIob::kBegin, EntIob::kInside);
      gold.entities.push_back({first, last, language.vocab().strings().add(entity.label)});
    }
  }
  // An entity next to a misaligned one may have lost tokens to it.
  std::erase_if(gold.entities, [&](const Span& span) {
    return std::any_of(gold.tokens.begin() + span.start, gold.tokens.begin() + span.end,
                       [](const GoldToken& token) { return token.ent_iob == EntIob::kMissing; });
  });
  return gold;
}

Example make_example(const Language& language, const GoldDoc& gold) {
  return make_example(language, std::make_shared<const GoldDoc>(gold));
}

Example make_example(const Language& language, std::shared_ptr<const GoldDoc> reference) {
  const GoldDoc& gold = *reference;
  Example example;
  example.predicted = predicted_doc(language, gold);
  example.alignment = align(example.predicted, gold);
  example.reference = std::move(reference);
  example.cats = gold.cats;
  example.has_entities = gold.has_entities();
  const Doc& doc = example.predicted;
  if (!example.has_entities) return example;
  example.missing_entity.assign(doc.size(), 1);
  for (const Span& span : gold.entities) {
    const auto [first, last] =
        doc.char_span(gold.tokens[span.start].start, gold.tokens[span.end - 1].end);
    if (first == last) continue;
    example.entities.push_back({first, last, span.label, span.kb_id, span.id});
    for (uint32_t i = first; i < last; ++i) example.missing_entity[i] = 0;
  }
  for (size_t i = 0; i < doc.size(); ++i) {
    if (is_outside(gold, example.alignment.to_reference[i]) || is_space(doc[i]))
      example.missing_entity[i] = 0;
  }
  return example;
}

GoldDoc gold_of(const Example& example) {
  if (example.reference) return *example.reference;
  GoldDoc gold;
  gold.text = example.predicted.text();
  gold.cats = example.cats;
  const bool flags = example.missing_entity.size() == example.predicted.size();
  for (size_t i = 0; i < example.predicted.size(); ++i) {
    const Token& token = example.predicted[i];
    const bool missing = !example.has_entities || (flags && example.missing_entity[i]);
    gold.tokens.push_back({token.idx, token.end(), missing ? EntIob::kMissing : EntIob::kOutside});
  }
  if (!example.has_entities) return gold;
  gold.entities = example.entities;
  for (const Span& span : gold.entities) {
    mark(gold.tokens, span.start, span.end, EntIob::kBegin, EntIob::kInside);
  }
  return gold;
}

}  // namespace pawl
