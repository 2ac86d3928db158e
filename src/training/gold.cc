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

// The gold IOB value all tokens under the predicted one agree on; kMissing when they differ.
EntIob aligned_iob(const GoldDoc& gold, const Token& token) {
  const auto [first, last] = covering_tokens(gold.tokens, token.idx, token.end());
  if (first == last) return EntIob::kMissing;
  for (uint32_t i = first; i < last; ++i) {
    if (gold.tokens[i].ent_iob != EntIob::kOutside) return EntIob::kMissing;
  }
  return EntIob::kOutside;
}

}  // namespace

std::string offsets_text(const CharEntity& entity) {
  return "[" + std::to_string(entity.start) + ", " + std::to_string(entity.end) + ", \"" +
         entity.label + "\"]";
}

bool GoldDoc::has_entities() const {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const GoldToken& token) { return token.ent_iob != EntIob::kMissing; });
}

std::pair<uint32_t, uint32_t> covering_tokens(const std::vector<GoldToken>& tokens, uint32_t start,
                                              uint32_t end) {
  const auto first = std::partition_point(
      tokens.begin(), tokens.end(), [&](const GoldToken& token) { return token.end <= start; });
  auto last = first;
  while (last != tokens.end() && last->start < end) ++last;
  if (first == last) return {0, 0};
  return {static_cast<uint32_t>(first - tokens.begin()),
          static_cast<uint32_t>(last - tokens.begin())};
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
  Example example;
  example.predicted = language.make_doc(gold.text);
  example.cats = gold.cats;
  example.has_entities = gold.has_entities();
  const Doc& doc = example.predicted;
  if (!example.has_entities) return example;
  example.missing_entity.assign(doc.size(), 1);
  for (const Span& span : gold.entities) {
    const auto [first, last] =
        doc.char_span(gold.tokens[span.start].start, gold.tokens[span.end - 1].end);
    if (first == last) continue;
    example.entities.push_back({first, last, span.label});
    for (uint32_t i = first; i < last; ++i) example.missing_entity[i] = 0;
  }
  for (size_t i = 0; i < doc.size(); ++i) {
    if (aligned_iob(gold, doc[i]) == EntIob::kOutside || is_space(doc[i]))
      example.missing_entity[i] = 0;
  }
  return example;
}

GoldDoc gold_of(const Example& example) {
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
