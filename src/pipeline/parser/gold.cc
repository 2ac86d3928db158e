// From a reference, tokenised in its own way, to what the parser is to learn.
#include <algorithm>

#include "pipeline/parser/oracle.h"
#include "pipeline/parser/projectivity.h"

namespace pawl {

namespace {

// Sentence starts of the reference over the predicted tokens; unknown where a predicted token
// stands in two sentences.
std::vector<int8_t> gold_sentence_starts(const Example& example) {
  const size_t n = example.predicted.size();
  const std::vector<int8_t> unknown(n, -1);
  if (!example.has_annotation(Attr::kSentStart)) return unknown;
  std::vector<int8_t> starts(n, 0);
  std::vector<uint32_t> sentence_of(n, 0);
  uint32_t number = 0;
  for (const Span& sentence : example.reference->sentences()) {
    ++number;
    bool is_first = true;
    for (uint32_t i = sentence.start; i < sentence.end; ++i) {
      const TokenRange range = example.alignment.to_predicted[i];
      for (uint32_t x = range.first; x < range.last; ++x) {
        if (sentence_of[x] != 0 && sentence_of[x] != number) return unknown;
        sentence_of[x] = number;
        if (is_first) starts[x] = 1;
        is_first = false;
      }
    }
  }
  return starts;
}

StringId known_label(int32_t head, int32_t child, StringId label, const ArcEagerActions& actions) {
  static const StringId kRest = string_id("dep");
  static const StringId kRoot = string_id("ROOT");
  if (head == child) {
    const bool known = actions.find({ArcEagerMove::kBreak, label}) != ArcEagerActions::kNone;
    return known ? label : kRoot;
  }
  const ArcEagerMove move = head > child ? ArcEagerMove::kLeft : ArcEagerMove::kRight;
  return actions.find({move, label}) != ArcEagerActions::kNone ? label : kRest;
}

}  // namespace

void ArcEagerGold::find_children() {
  first_child.assign(heads.size() + 1, 0);
  for (size_t i = 0; i < heads.size(); ++i) {
    if (known[i] && heads[i] != static_cast<int32_t>(i)) {
      ++first_child[static_cast<size_t>(heads[i]) + 1];
    }
  }
  for (size_t i = 0; i < heads.size(); ++i) first_child[i + 1] += first_child[i];
  children.resize(first_child.back());
  std::vector<uint32_t> at(first_child.begin(), first_child.end() - 1);
  for (size_t i = 0; i < heads.size(); ++i) {
    if (known[i] && heads[i] != static_cast<int32_t>(i)) {
      children[at[static_cast<size_t>(heads[i])]++] = static_cast<int32_t>(i);
    }
  }
}

LabelledTree projective_reference(const GoldDoc& reference, StringStore& strings) {
  LabelledTree tree;
  for (size_t i = 0; i < reference.tokens.size(); ++i) {
    const TokenAnnotation& said = reference.tokens[i].said;
    tree.heads.push_back(static_cast<int32_t>(i) + said.head);
    tree.labels.push_back(said.dep);
  }
  const LabelledTree given = tree;
  projectivize(tree, strings);
  // What is missing stays missing.
  for (size_t i = 0; i < given.heads.size(); ++i) {
    if (given.labels[i] != 0) continue;
    tree.heads[i] = given.heads[i];
    tree.labels[i] = 0;
  }
  return tree;
}

ArcEagerGold arc_eager_gold(const Example& example, const ArcEagerActions& actions,
                            StringStore& strings) {
  const size_t n = example.predicted.size();
  ArcEagerGold gold{std::vector<int32_t>(n, 0),
                    std::vector<StringId>(n, 0),
                    std::vector<uint8_t>(n, 0),
                    gold_sentence_starts(example),
                    {},
                    {}};
  if (example.reference) {
    const LabelledTree tree = projective_reference(*example.reference, strings);
    const auto& [to_reference, to_predicted] = example.alignment;
    for (size_t i = 0; i < n; ++i) {
      if (to_reference[i].size() != 1) continue;
      const auto y = static_cast<size_t>(to_reference[i].first);
      const TokenRange head = to_predicted[static_cast<size_t>(tree.heads[y])];
      if (head.size() != 1) continue;
      gold.known[i] = 1;
      gold.heads[i] = static_cast<int32_t>(head.first);
      gold.labels[i] = known_label(gold.heads[i], static_cast<int32_t>(i), tree.labels[y], actions);
    }
  }
  gold.find_children();
  return gold;
}

bool has_gold_parse(const Example& example, int32_t start, int32_t end) {
  if (!example.reference) return false;
  const auto& tokens = example.reference->tokens;
  const auto length = static_cast<int32_t>(tokens.size());
  start = std::clamp(start < 0 ? start + length : start, 0, length);
  end = std::min(end < 0 ? end + length : end, length);
  for (int32_t i = start; i < end; ++i) {
    if (tokens[static_cast<size_t>(i)].said.dep != 0) return true;
  }
  return false;
}

}  // namespace pawl
