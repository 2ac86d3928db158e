#include "pipeline/ner/oracle.h"

#include <algorithm>

#include "base/error.h"

namespace pawl {

namespace {

bool is_missing(const Example& example, uint32_t i) {
  return i < example.missing_entity.size() && example.missing_entity[i] != 0;
}

void set_gold_entity(const Span& entity, std::vector<BiluoAction>& gold) {
  const uint32_t last = entity.end - 1;
  if (entity.start == last) {
    gold[last] = {BiluoMove::kUnit, entity.label};
    return;
  }
  gold[entity.start] = {BiluoMove::kBegin, entity.label};
  for (uint32_t i = entity.start + 1; i < last; ++i) gold[i] = {BiluoMove::kIn, entity.label};
  gold[last] = {BiluoMove::kLast, entity.label};
}

// The open entity can no longer become a reference entity.
bool is_sunk(const BiluoState& state, const BiluoGold& gold) {
  if (!state.entity_is_open()) return false;
  const BiluoAction& first = gold[state.entity_start()];
  if (first.move != BiluoMove::kBegin && first.move != BiluoMove::kUnit) return true;
  return first.label != state.entity_label();
}

std::vector<Span> wrong_spans(const Example& example, std::string_view key) {
  if (key.empty() || !example.reference) return {};
  for (const SpanGroup& group : example.reference->spans) {
    if (group.name == key) return example.aligned_spans(group.spans, true);
  }
  return {};
}

// Whether the entity [start, end) is one that is known to be none.
bool is_wrong(const BiluoGold& gold, uint32_t start, uint32_t end, StringId label) {
  return std::any_of(gold.wrong.begin(), gold.wrong.end(), [&](const Span& span) {
    return span.start == start && span.end == end && span.label == label;
  });
}

// An entity that begins where it can end in one place only.
bool begins_wrong(const BiluoState& state, const BiluoGold& gold, StringId label) {
  if (state.remaining() >= 3) return false;
  return std::any_of(gold.wrong.begin(), gold.wrong.end(), [&](const Span& span) {
    return span.start == state.next() && span.label == label;
  });
}

int in_cost(const BiluoState& state, const BiluoGold& gold) {
  const uint32_t i = state.next();
  const BiluoMove next = i + 1 < gold.size() ? gold[i + 1].move : BiluoMove::kOut;
  const bool next_is_free = next == BiluoMove::kOut || next == BiluoMove::kMissing;
  switch (gold[i].move) {
    case BiluoMove::kLast:
      return !(is_sunk(state, gold) && next_is_free);
    case BiluoMove::kOut:
      return !next_is_free;
    case BiluoMove::kUnit:
      return next != BiluoMove::kOut;
    default:
      return 0;
  }
}

}  // namespace

BiluoGold biluo_gold(const Example& example, std::string_view wrong_key) {
  const auto& tokens = example.predicted.tokens();
  const auto length = static_cast<uint32_t>(tokens.size());
  BiluoGold gold{std::vector<BiluoAction>(length), wrong_spans(example, wrong_key)};
  if (!has_gold(example, 0, length)) return gold;
  for (uint32_t i = 0; i < length; ++i) {
    if (!is_missing(example, i) || tokens[i].lex->is(Attr::kIsSpace)) {
      gold.actions[i] = {BiluoMove::kOut, 0};
    }
  }
  uint32_t end = 0;
  for (const Span& entity : example.entities) {
    const std::string what =
        "entity over tokens " + std::to_string(entity.start) + " to " + std::to_string(entity.end);
    if (entity.start < end || entity.end <= entity.start || entity.end > length) {
      throw Error(
          ErrorKind::kInvalidInput,
          what + " is empty, overlaps another one or leaves the text; correct the annotation");
    }
    if (is_wrong(gold, entity.start, entity.end, entity.label)) {
      throw Error(ErrorKind::kInvalidInput, what + " is among the spans of '" +
                                                std::string(wrong_key) +
                                                "', which are no entities; correct the annotation");
    }
    set_gold_entity(entity, gold.actions);
    end = entity.end;
  }
  return gold;
}

bool has_gold(const Example& example, uint32_t start, uint32_t end, std::string_view wrong_key) {
  const std::vector<Span> wrong = wrong_spans(example, wrong_key);
  const auto within = [&](const Span& span) { return span.start >= start && span.end <= end; };
  if (std::any_of(wrong.begin(), wrong.end(), within)) return true;
  if (!example.has_entities) return false;
  for (uint32_t i = start; i < end; ++i) {
    if (!is_missing(example, i)) return true;
  }
  return std::any_of(example.entities.begin(), example.entities.end(),
                     [&](const Span& entity) { return entity.start < end && start < entity.end; });
}

namespace {

int begin_cost(BiluoAction here, BiluoAction action) {
  if (here.move == BiluoMove::kMissing) return 0;
  return here.move == action.move ? action.label != here.label : 1;
}

}  // namespace

int biluo_cost(const BiluoState& state, const BiluoGold& gold, BiluoAction action) {
  const uint32_t next = state.next();
  const BiluoAction& here = gold[next];
  switch (action.move) {
    case BiluoMove::kBegin:
      return begin_cost(here, action) + begins_wrong(state, gold, action.label);
    case BiluoMove::kUnit:
      return begin_cost(here, action) + is_wrong(gold, next, next + 1, action.label);
    case BiluoMove::kIn:
      return in_cost(state, gold);
    case BiluoMove::kLast:
      return (here.move == BiluoMove::kIn && !is_sunk(state, gold)) +
             is_wrong(gold, state.entity_start(), next + 1, action.label);
    case BiluoMove::kOut:
      return here.move == BiluoMove::kBegin || here.move == BiluoMove::kUnit;
    case BiluoMove::kMissing:
      break;
  }
  return static_cast<int>(kInvalidCost);
}

void set_costs(const BiluoState& state, const BiluoGold& gold, const BiluoActions& actions,
               uint8_t* valid, float* costs) {
  state.set_valid(actions, valid);
  for (size_t i = 0; i < actions.size(); ++i) {
    costs[i] = valid[i] ? static_cast<float>(biluo_cost(state, gold, actions[i])) : kInvalidCost;
  }
}

std::vector<int> oracle_sequence(BiluoState state, const BiluoGold& gold,
                                 const BiluoActions& actions) {
  std::vector<uint8_t> valid(actions.size());
  std::vector<float> costs(actions.size());
  std::vector<int> sequence;
  while (!state.is_final()) {
    set_costs(state, gold, actions, valid.data(), costs.data());
    const auto best = std::min_element(costs.begin(), costs.end());
    if (best == costs.end() || *best >= kInvalidCost) break;
    sequence.push_back(static_cast<int>(best - costs.begin()));
    state.apply(actions[static_cast<size_t>(sequence.back())]);
  }
  return sequence;
}

}  // namespace pawl
