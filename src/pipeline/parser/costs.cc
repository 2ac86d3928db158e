// The costs of actions: how many arcs of the reference, and sentence starts, become unreachable.
#include <algorithm>

#include "pipeline/parser/oracle.h"

namespace pawl {

namespace {

// What one state makes of the reference.
class LostArcs {
 public:
  LostArcs(const ArcEagerState& state, const ArcEagerGold& gold, uint32_t valid_moves)
      : state_(state),
        gold_(gold),
        buffer_end_(state.next_sent_start()),
        s0_(state.stack(0)),
        b0_(state.buffer(0)),
        break_is_valid_((valid_moves >> static_cast<int>(ArcEagerMove::kBreak)) & 1u) {
    if (b0_ >= 0) push_ = push_cost();
    if (s0_ >= 0) pop_ = pop_cost();
  }

  float shift() const { return static_cast<float>(push_); }
  float reduce() const;
  // Without the label's part; `is_gold_arc` tells whether a label can be wrong.
  float left(bool& is_gold_arc) const;
  float right(bool& is_gold_arc) const;
  float sentence_break() const;
  bool label_is_wrong(int32_t child, StringId label) const {
    const auto i = static_cast<size_t>(child);
    return gold_.known[i] && label != 0 && gold_.labels[i] != label;
  }

 private:
  // The buffer reaches up to the next sentence start: no arc crosses one.
  bool in_buffer(int32_t word) const { return word < buffer_end_ && state_.in_buffer(word); }
  bool has_arc(int32_t word) const {
    const auto i = static_cast<size_t>(word);
    return gold_.known[i] && gold_.heads[i] != word;
  }
  int32_t head(int32_t word) const { return gold_.heads[static_cast<size_t>(word)]; }
  bool head_in_stack(int32_t word) const { return has_arc(word) && state_.in_stack(head(word)); }
  bool head_in_buffer(int32_t word) const { return has_arc(word) && in_buffer(head(word)); }
  std::span<const int32_t> children(int32_t word) const {
    const auto i = static_cast<size_t>(word);
    return std::span(gold_.children)
        .subspan(gold_.first_child[i], gold_.first_child[i + 1] - gold_.first_child[i]);
  }
  int kids_in_stack(int32_t word) const {
    int count = 0;
    for (const int32_t child : children(word)) count += state_.in_stack(child);
    return count;
  }
  int kids_in_buffer(int32_t word) const {
    int count = 0;
    for (const int32_t child : children(word)) count += in_buffer(child);
    return count;
  }
  int8_t gold_start(int32_t word) const {
    return word >= 0 ? gold_.sent_start[static_cast<size_t>(word)] : int8_t{0};
  }
  int push_cost() const {
    return head_in_stack(b0_) + kids_in_stack(b0_) +
           (break_is_valid_ && gold_start(state_.buffer(1)) == 1);
  }
  int pop_cost() const { return head_in_buffer(s0_) + kids_in_buffer(s0_); }

  const ArcEagerState& state_;
  const ArcEagerGold& gold_;
  int32_t buffer_end_;
  int32_t s0_, b0_;
  bool break_is_valid_;
  int push_ = static_cast<int>(kNotValid);
  int pop_ = static_cast<int>(kNotValid);
};

float LostArcs::reduce() const {
  if (state_.is_sent_start(b0_)) return 0;
  int cost = pop_;
  // It goes back to the buffer, where it can still get what the stack holds for it.
  if (!state_.has_head(s0_)) cost -= head_in_stack(s0_) + kids_in_stack(s0_);
  return static_cast<float>(cost);
}

float LostArcs::left(bool& is_gold_arc) const {
  int cost = pop_;
  if (state_.has_head(s0_)) {
    cost += head(s0_) == state_.stack(1);
  } else {
    cost += head_in_stack(s0_) + kids_in_stack(s0_);
  }
  is_gold_arc = head(s0_) == b0_;
  return static_cast<float>(cost - is_gold_arc);
}

float LostArcs::right(bool& is_gold_arc) const {
  is_gold_arc = head(b0_) == s0_;
  const bool loses_head = head_in_buffer(b0_) && !state_.is_unshiftable(b0_);
  return static_cast<float>(is_gold_arc ? push_ - 1 : push_ + loses_head);
}

float LostArcs::sentence_break() const {
  int cost = 0;
  for (int32_t i = 0; i < state_.stack_depth(); ++i) {
    const int32_t word = state_.stack(i);
    cost += head_in_buffer(word) + kids_in_buffer(word);
    cost -= head(b0_) == word;  // arcs with the next word stay possible
    cost -= head(word) == b0_;
  }
  return static_cast<float>(cost + (gold_start(state_.buffer(1)) == 0));
}

}  // namespace

bool set_costs(const ArcEagerState& state, const ArcEagerGold& gold,
               std::span<const ArcEagerAction> actions, uint8_t* valid, float* costs) {
  const uint32_t moves = state.valid_moves();
  const auto may = [&](ArcEagerMove move) { return (moves >> static_cast<int>(move)) & 1u; };
  const LostArcs of(state, gold, moves);
  float base[kArcEagerMoves] = {of.shift(), 0, 0, 0, 0};
  bool left_is_gold = false, right_is_gold = false;
  if (may(ArcEagerMove::kReduce)) base[1] = of.reduce();
  if (may(ArcEagerMove::kLeft)) base[2] = of.left(left_is_gold);
  if (may(ArcEagerMove::kRight)) base[3] = of.right(right_is_gold);
  if (may(ArcEagerMove::kBreak)) base[4] = of.sentence_break();
  bool some_are_free = false;
  for (size_t i = 0; i < actions.size(); ++i) {
    const ArcEagerAction& action = actions[i];
    const bool labels_arc =
        action.move == ArcEagerMove::kLeft || action.move == ArcEagerMove::kRight;
    valid[i] = static_cast<uint8_t>(may(action.move));
    if (action.label == kSubtoken && labels_arc && !state.may_be_subtoken()) valid[i] = 0;
    costs[i] = valid[i] ? base[static_cast<size_t>(action.move)] : kNotValid;
    if (!valid[i]) continue;
    if (action.move == ArcEagerMove::kLeft && left_is_gold) {
      costs[i] += of.label_is_wrong(state.stack(0), action.label);
    } else if (action.move == ArcEagerMove::kRight && right_is_gold) {
      costs[i] += of.label_is_wrong(state.buffer(0), action.label);
    }
    some_are_free = some_are_free || costs[i] <= 0;
  }
  return some_are_free;
}

std::vector<int> oracle_sequence(ArcEagerState state, const ArcEagerGold& gold,
                                 std::span<const ArcEagerAction> actions) {
  std::vector<uint8_t> valid(actions.size());
  std::vector<float> costs(actions.size());
  std::vector<int> sequence;
  while (!state.is_final()) {
    if (!set_costs(state, gold, actions, valid.data(), costs.data())) break;
    const auto best = std::min_element(costs.begin(), costs.end());
    sequence.push_back(static_cast<int>(best - costs.begin()));
    state.apply(actions[static_cast<size_t>(sequence.back())]);
  }
  return sequence;
}

}  // namespace pawl
