#include "pipeline/ner/decoder.h"

#include <array>
#include <limits>

namespace pawl {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr size_t kMaxFeatures = 6;

bool is_blocked_unit(const BiluoAction& action) {
  return action.move == BiluoMove::kUnit && action.label == 0;
}

// B, U and O; otherwise those that can be valid while an entity is open.
std::vector<uint32_t> classes(const BiluoActions& actions, bool closed) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < actions.size(); ++i) {
    const BiluoMove move = actions[i].move;
    const bool within = move == BiluoMove::kIn || move == BiluoMove::kLast;
    if (closed ? !within : within || is_blocked_unit(actions[i])) out.push_back(i);
  }
  return out;
}

// An annotated entity whose label the model does not know is kept as it is.
BiluoAction forced_action(const BiluoState& state, const Token& token) {
  const StringId label = state.entity_is_open() ? state.entity_label() : token.ent_type;
  for (const BiluoMove move :
       {BiluoMove::kBegin, BiluoMove::kIn, BiluoMove::kLast, BiluoMove::kUnit}) {
    if (state.is_valid({move, label})) return {move, label};
  }
  return {};
}

}  // namespace

BiluoDecoder::BiluoDecoder(const BiluoActions& actions, const std::vector<uint8_t>& unseen,
                           const ParserNodes& nodes)
    : actions_(actions.actions()),
      unseen_(unseen),
      scorer_(nodes, classes(actions, true)),
      within_(classes(actions, false)) {
  unseen_.resize(actions_.size(), 0);
}

void BiluoDecoder::decode(std::span<Doc> docs, const TokenVectors& tokens) const {
  thread_local Buffers buffers;
  scorer_.begin(tokens, buffers);
  size_t first = 0;
  for (Doc& doc : docs) {
    BiluoState state(doc.tokens());
    decode(state, first, buffers, nullptr);
    set_entities(state, doc);
    first += doc.size();
  }
  StateVectors::finish(buffers.vectors);
}

std::vector<float> BiluoDecoder::margins(const Doc& doc, const TokenVectors& tokens) const {
  Buffers buffers;
  scorer_.begin(tokens, buffers);
  std::vector<float> out;
  BiluoState state(doc.tokens());
  decode(state, 0, buffers, &out);
  return out;
}

void BiluoDecoder::decode(BiluoState& state, size_t first, Buffers& buffers,
                          std::vector<float>* margins) const {
  while (!state.is_final()) {
    Choice choice;
    const BiluoAction action = choose(state, first, buffers, choice);
    if (action.move == BiluoMove::kMissing) {
      state.force_final();
      return;
    }
    if (margins != nullptr) margins->push_back(choice.score - choice.second);
    state.apply(action);
  }
}

BiluoAction BiluoDecoder::choose(const BiluoState& state, size_t first, Buffers& buffers,
                                 Choice& choice) const {
  choice = {BiluoActions::kNone, -kInfinity, -kInfinity};
  if (state.entity_is_open()) {
    choose_open(state, first, buffers, choice);
  } else {
    choose_closed(state, scorer_.scores(first + state.next(), buffers), choice);
  }
  if (choice.action != BiluoActions::kNone) return actions_[static_cast<size_t>(choice.action)];
  return forced_action(state, state.token());
}

void BiluoDecoder::consider(uint32_t klass, float score, Choice& choice) const {
  if (unseen_[klass]) score = -kInfinity;
  if (choice.action == BiluoActions::kNone || score > choice.score) {
    choice.second = choice.action == BiluoActions::kNone ? -kInfinity : choice.score;
    choice.action = static_cast<int>(klass);
    choice.score = score;
  } else if (score > choice.second) {
    choice.second = score;
  }
}

void BiluoDecoder::choose_closed(const BiluoState& state, const float* scores,
                                 Choice& choice) const {
  const auto& competing = scorer_.competing();
  if (state.has_presets()) {
    for (size_t i = 0; i < competing.size(); ++i) {
      if (!state.is_valid(actions_[competing[i]])) continue;
      consider(competing[i], scores[scorer_.column(i)], choice);
    }
    return;
  }
  const bool may_begin = state.may_begin();
  const bool may_be_unit = state.may_be_unit();
  for (size_t i = 0; i < competing.size(); ++i) {
    const BiluoAction& action = actions_[competing[i]];
    if (action.move == BiluoMove::kBegin && !may_begin) continue;
    if (action.move == BiluoMove::kUnit && (!may_be_unit || action.label == 0)) continue;
    consider(competing[i], scores[scorer_.column(i)], choice);
  }
}

void BiluoDecoder::choose_open(const BiluoState& state, size_t first, Buffers& buffers,
                               Choice& choice) const {
  std::array<int32_t, kMaxFeatures> tokens;
  const std::span<int32_t> ids(tokens.data(), scorer_.features());
  state.features(ids);
  for (int32_t& id : ids) {
    if (id >= 0) id += static_cast<int32_t>(first);
  }
  scorer_.open_state(ids, buffers);
  for (const uint32_t klass : within_) {
    const BiluoAction& action = actions_[klass];
    if (!state.has_presets() && action.label != state.entity_label()) continue;
    if (state.is_valid(action)) consider(klass, scorer_.score(klass, buffers), choice);
  }
}

}  // namespace pawl
