#include "pipeline/ner/state.h"

#include <algorithm>
#include <cassert>

namespace pawl {

namespace {

const Token kNoToken;

bool is_space(const Token& token) {
  return token.lex != nullptr && token.lex->is(Attr::kIsSpace);
}

// spaCy's repairs after annotation was merged: what continues nothing, or another label, begins.
void repair_tags(std::span<Token> tokens) {
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    Token& next = tokens[i + 1];
    if (next.ent_iob != EntIob::kInside) continue;
    const EntIob here = tokens[i].ent_iob;
    const bool in_entity = here == EntIob::kBegin || here == EntIob::kInside;
    if (!in_entity || tokens[i].ent_type != next.ent_type) next.ent_iob = EntIob::kBegin;
  }
}

}  // namespace

BiluoState::BiluoState(std::span<const Token> tokens) : tokens_(tokens) {
  has_presets_ = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.ent_iob == EntIob::kBegin || token.ent_iob == EntIob::kInside;
  });
}

const Token& BiluoState::token(uint32_t ahead) const {
  const uint32_t i = next_ + ahead;
  return i < tokens_.size() ? tokens_[i] : kNoToken;
}

bool BiluoState::may_begin() const {
  return !open_ && remaining() >= 2 && !is_space(token(0)) && token(1).sent_start != 1;
}

bool BiluoState::may_continue() const {
  return open_ && remaining() >= 2 && token(1).sent_start != 1;
}

bool BiluoState::may_be_unit() const {
  return !open_ && !is_space(token(0));
}

bool BiluoState::begin_is_valid(StringId label) const {
  if (open_ || remaining() < 2 || label == 0) return false;
  const Token& here = token(0);
  const Token& after = token(1);
  if (here.ent_iob == EntIob::kInside) return false;
  if (here.ent_iob == EntIob::kBegin) {
    return label == here.ent_type && after.ent_iob == EntIob::kInside;
  }
  return after.ent_iob != EntIob::kBegin && may_begin();
}

bool BiluoState::in_is_valid(StringId label) const {
  if (!open_ || remaining() < 2 || label == 0 || label != label_) return false;
  const Token& here = token(0);
  const Token& after = token(1);
  if (here.ent_iob == EntIob::kBegin || after.ent_iob == EntIob::kBegin) return false;
  if (here.ent_iob == EntIob::kInside) {
    return after.ent_iob == EntIob::kInside && label == here.ent_type;
  }
  return may_continue();
}

bool BiluoState::last_is_valid(StringId label) const {
  if (label == 0 || !open_) return false;
  const Token& here = token(0);
  const Token& after = token(1);
  if (here.ent_iob == EntIob::kInside && after.ent_iob != EntIob::kInside) {
    return label == here.ent_type;
  }
  return label == label_ && after.ent_iob != EntIob::kInside;
}

bool BiluoState::unit_is_valid(StringId label) const {
  const Token& here = token(0);
  if (label == 0) return here.ent_type == 0 && here.ent_iob == EntIob::kBegin;  // blocked
  if (open_ || token(1).ent_iob == EntIob::kInside) return false;
  if (here.ent_iob == EntIob::kBegin) return label == here.ent_type;
  return may_be_unit();
}

bool BiluoState::is_valid(BiluoAction action) const {
  switch (action.move) {
    case BiluoMove::kBegin:
      return begin_is_valid(action.label);
    case BiluoMove::kIn:
      return in_is_valid(action.label);
    case BiluoMove::kLast:
      return last_is_valid(action.label);
    case BiluoMove::kUnit:
      return unit_is_valid(action.label);
    case BiluoMove::kOut:
      return !open_ && token(0).ent_iob != EntIob::kBegin && token(0).ent_iob != EntIob::kInside;
    case BiluoMove::kMissing:
      return false;
  }
  return false;
}

void BiluoState::set_valid(const BiluoActions& actions, uint8_t* valid) const {
  if (has_presets_) {
    for (size_t i = 0; i < actions.size(); ++i) valid[i] = is_valid(actions[i]);
    return;
  }
  const bool begin = may_begin();
  const bool in = may_continue();
  const bool unit = may_be_unit();
  for (size_t i = 0; i < actions.size(); ++i) {
    const BiluoAction& action = actions[i];
    switch (action.move) {
      case BiluoMove::kBegin:
        valid[i] = begin;
        break;
      case BiluoMove::kIn:
        valid[i] = in && action.label == label_;
        break;
      case BiluoMove::kLast:
        valid[i] = open_ && action.label == label_;
        break;
      case BiluoMove::kUnit:
        valid[i] = unit && action.label != 0;
        break;
      case BiluoMove::kOut:
        valid[i] = !open_;
        break;
      case BiluoMove::kMissing:
        valid[i] = 0;
        break;
    }
  }
}

void BiluoState::apply(BiluoAction action) {
  assert(!is_final());
  switch (action.move) {
    case BiluoMove::kBegin:
      open_ = true;
      start_ = next_;
      label_ = action.label;
      break;
    case BiluoMove::kLast:
      entities_.push_back({start_, next_ + 1, label_});
      open_ = false;
      break;
    case BiluoMove::kUnit:
      entities_.push_back({next_, next_ + 1, action.label});
      open_ = false;
      break;
    default:
      break;
  }
  ++next_;
}

void BiluoState::force_final() {
  next_ = length();
  open_ = false;
}

void BiluoState::features(std::span<int32_t> out) const {
  std::fill(out.begin(), out.end(), -1);
  if (is_final()) return;
  out[0] = static_cast<int32_t>(next_);
  if (!open_) return;
  if (out.size() == 3) {
    out[1] = static_cast<int32_t>(start_);
    out[2] = static_cast<int32_t>(next_) - 1;
    return;
  }
  for (uint32_t i = start_, at = 1; i < next_ && at < out.size(); ++i, ++at) {
    out[at] = static_cast<int32_t>(i);
  }
}

void set_entities(const BiluoState& state, Doc& doc) {
  std::span<Token> tokens = doc.tokens();
  for (const Span& entity : state.entities()) {
    if (entity.label == 0) continue;
    for (uint32_t i = entity.start; i < entity.end; ++i) {
      tokens[i].ent_iob = i == entity.start ? EntIob::kBegin : EntIob::kInside;
      tokens[i].ent_type = entity.label;
    }
  }
  repair_tags(tokens);
  for (Token& token : tokens) {
    if (token.ent_iob == EntIob::kMissing) token.ent_iob = EntIob::kOutside;
  }
}

}  // namespace pawl
