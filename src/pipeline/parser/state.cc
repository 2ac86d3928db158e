#include "pipeline/parser/state.h"

#include <algorithm>
#include <cassert>

namespace pawl {

namespace {

constexpr uint32_t bit(ArcEagerMove move) {
  return 1u << static_cast<int>(move);
}

}  // namespace

void ArcEagerState::begin(std::span<const Token> tokens) {
  words_.assign(tokens.size(), Word());
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].sent_start == 1) words_[i].flags = kStart;
    if (tokens[i].sent_start == -1) words_[i].flags = kNoStart;
  }
  stack_.clear();
  returned_.clear();
  next_ = 0;
}

int32_t ArcEagerState::stack(int32_t i) const {
  return i < stack_depth() ? stack_[stack_.size() - 1 - static_cast<size_t>(i)] : -1;
}

int32_t ArcEagerState::buffer(int32_t i) const {
  const auto returned = static_cast<int32_t>(returned_.size());
  if (i < returned) return returned_[static_cast<size_t>(returned - 1 - i)];
  const int32_t word = next_ + i - returned;
  return word < length() ? word : -1;
}

int32_t ArcEagerState::next_sent_start() const {
  for (size_t i = returned_.size(); i-- > 0;) {
    if (flag(returned_[i], kStart)) return returned_[i];
  }
  for (int32_t word = next_; word < length(); ++word) {
    if (flag(word, kStart)) return word;
  }
  return length();
}

int32_t ArcEagerState::left_child(int32_t word, int nth) const {
  if (word < 0) return -1;
  int32_t child = words_[static_cast<size_t>(word)].left;
  for (int i = 1; i < nth && child >= 0; ++i) child = words_[static_cast<size_t>(child)].sibling;
  return child;
}

int32_t ArcEagerState::right_child(int32_t word, int nth) const {
  if (word < 0) return -1;
  int32_t child = words_[static_cast<size_t>(word)].right;
  for (int i = 1; i < nth && child >= 0; ++i) child = words_[static_cast<size_t>(child)].sibling;
  return child;
}

bool ArcEagerState::break_is_valid() const {
  if (buffer_length() < 2) return false;
  const int32_t second = buffer(1);
  return second == buffer(0) + 1 && !is_sent_start(second) && !cannot_sent_start(second);
}

uint32_t ArcEagerState::valid_moves() const {
  uint32_t valid = break_is_valid() ? bit(ArcEagerMove::kBreak) : 0;
  if (stack_.empty()) return valid | bit(ArcEagerMove::kShift);
  const int32_t left = buffer_length();
  const int32_t next = buffer(0);
  if (left == 0 || stack_depth() > 1 || !cannot_sent_start(next)) {
    valid |= bit(ArcEagerMove::kReduce);
  }
  if (left == 0 || is_sent_start(next)) return valid;
  valid |= bit(ArcEagerMove::kLeft) | bit(ArcEagerMove::kRight);
  if (left >= 2 && !is_unshiftable(next)) valid |= bit(ArcEagerMove::kShift);
  return valid;
}

void ArcEagerState::apply(ArcEagerAction action) {
  switch (action.move) {
    case ArcEagerMove::kShift:
      push();
      break;
    case ArcEagerMove::kReduce:
      if (has_head(stack(0)) || stack_depth() == 1) {
        pop();
      } else {
        put_back();
      }
      break;
    case ArcEagerMove::kLeft:
      add_arc(buffer(0), stack(0), action.label);
      set_flag(buffer(0), kUnshiftable, false);
      pop();
      break;
    case ArcEagerMove::kRight:
      add_arc(stack(0), buffer(0), action.label);
      push();
      break;
    case ArcEagerMove::kBreak:
      set_flag(buffer(1), kStart, true);
      break;
  }
}

void ArcEagerState::force_final() {
  stack_.clear();
  returned_.clear();
  next_ = length();
}

void ArcEagerState::set_flag(int32_t word, Flag which, bool on) {
  uint8_t& flags = words_[static_cast<size_t>(word)].flags;
  flags = static_cast<uint8_t>(on ? flags | which : flags & ~which);
}

void ArcEagerState::push() {
  assert(buffer_length() > 0);
  int32_t word = next_;
  if (returned_.empty()) {
    ++next_;
  } else {
    word = returned_.back();
    returned_.pop_back();
    set_flag(word, kReturned, false);
  }
  stack_.push_back(word);
  set_flag(word, kInStack, true);
}

int32_t ArcEagerState::pop() {
  const int32_t word = stack_.back();
  stack_.pop_back();
  set_flag(word, kInStack, false);
  return word;
}

void ArcEagerState::put_back() {
  const int32_t word = pop();
  returned_.push_back(word);
  set_flag(word, kReturned, true);
  set_flag(word, kUnshiftable, true);
}

// A head is only ever replaced from the right while the word is the latest child of the old one.
void ArcEagerState::add_arc(int32_t head, int32_t child, StringId label) {
  Word& word = words_[static_cast<size_t>(child)];
  if (word.head >= 0) {
    assert(words_[static_cast<size_t>(word.head)].right == child);
    words_[static_cast<size_t>(word.head)].right = word.sibling;
  }
  Word& parent = words_[static_cast<size_t>(head)];
  int32_t& latest = child < head ? parent.left : parent.right;
  word.sibling = latest;
  word.head = head;
  word.label = label;
  latest = child;
}

void ArcEagerState::features(std::span<int32_t> out) const {
  const int32_t b0 = buffer(0);
  const int32_t s0 = stack(0);
  const int32_t s1 = stack(1);
  out[0] = b0;
  out[1] = buffer(1);
  out[2] = s0;
  out[3] = s1;
  out[4] = stack(2);
  if (out.size() == 8) {
    out[5] = left_child(b0, 1);
    out[6] = left_child(s0, 1);
    out[7] = right_child(s0, 1);
    return;
  }
  out[5] = left_child(s0, 1);
  out[6] = right_child(s0, 1);
  out[7] = left_child(b0, 1);
  out[8] = right_child(s0, 2);
  out[9] = left_child(s1, 1);
  out[10] = left_child(s1, 2);
  out[11] = right_child(s1, 1);
  out[12] = right_child(s1, 2);
}

}  // namespace pawl
