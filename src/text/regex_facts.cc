#include "text/regex_facts.h"

#include <algorithm>
#include <functional>

namespace pawl::regex {
namespace {

using Kind = Node::Kind;

struct Width {
  uint32_t min = 0, max = 0;
};

uint32_t saturating(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, kUnbounded));
}

uint32_t plus(uint32_t a, uint32_t b) {
  return a == kUnbounded || b == kUnbounded ? kUnbounded : saturating(uint64_t{a} + b);
}

uint32_t times(uint32_t a, uint32_t b) {
  if (a == 0 || b == 0) return 0;
  return a == kUnbounded || b == kUnbounded ? kUnbounded : saturating(uint64_t{a} * b);
}

Width width_of(const Node& node) {
  switch (node.kind) {
    case Kind::kSet:
    case Kind::kAny:
      return {1, 1};
    case Kind::kBackreference:
      return {0, kUnbounded};
    case Kind::kRepeat: {
      const Width child = width_of(*node.children[0]);
      return {times(child.min, node.min), times(child.max, node.max)};
    }
    case Kind::kCapture:
    case Kind::kAtomic:
      return width_of(*node.children[0]);
    case Kind::kSequence: {
      Width sum;
      for (const auto& child : node.children) {
        const Width width = width_of(*child);
        sum = {plus(sum.min, width.min), plus(sum.max, width.max)};
      }
      return sum;
    }
    case Kind::kAlternation:
    case Kind::kConditional: {
      Width out = width_of(*node.children[0]);
      for (const auto& child : node.children) {
        const Width width = width_of(*child);
        out = {std::min(out.min, width.min), std::max(out.max, width.max)};
      }
      return out;
    }
    default:
      return {};
  }
}

Possible of_set(const CharSet& set) {
  Possible out;
  out.ascii = set.ascii();
  out.other = set.negated || set.word || set.not_word || set.digit || set.not_digit ||
              (!set.ranges.empty() && set.ranges.back().last >= 128);
  return out;
}

Possible anything() {
  Possible out;
  out.ascii.set();
  out.other = true;
  return out;
}

// The characters at the outer end (first or last) of a match that is not empty.
Possible edge(const Node& node, bool first) {
  Possible out;
  switch (node.kind) {
    case Kind::kSet:
      return of_set(node.set);
    case Kind::kAny:
    case Kind::kBackreference:
      return anything();
    case Kind::kRepeat:
    case Kind::kCapture:
    case Kind::kAtomic:
      return edge(*node.children[0], first);
    case Kind::kAlternation:
    case Kind::kConditional:
      for (const auto& child : node.children) out.add(edge(*child, first));
      return out;
    case Kind::kSequence:
      for (size_t i = 0; i < node.children.size(); ++i) {
        const Node& child = *node.children[first ? i : node.children.size() - 1 - i];
        out.add(edge(child, first));
        if (width_of(child).min > 0) break;
      }
      return out;
    default:
      return out;
  }
}

std::bitset<128> required_in(const Node& node) {
  std::bitset<128> out;
  switch (node.kind) {
    case Kind::kSet: {
      const Possible possible = of_set(node.set);
      if (!possible.other && possible.ascii.count() == 1) out = possible.ascii;
      return out;
    }
    case Kind::kRepeat:
      return node.min > 0 ? required_in(*node.children[0]) : out;
    case Kind::kCapture:
    case Kind::kAtomic:
      return required_in(*node.children[0]);
    case Kind::kAlternation:
    case Kind::kConditional:
      out.set();
      for (const auto& child : node.children) out &= required_in(*child);
      return out;
    case Kind::kSequence:
      for (const auto& child : node.children) out |= required_in(*child);
      return out;
    default:
      return out;
  }
}

// Whether every match passes an anchor at its outer end.
bool anchored(const Node& node, bool first) {
  switch (node.kind) {
    case Kind::kStart:
      return first && !node.flag;
    case Kind::kAbsoluteStart:
      return first;
    case Kind::kEnd:
      return !first && !node.flag;
    case Kind::kAbsoluteEnd:
      return !first;
    case Kind::kCapture:
    case Kind::kAtomic:
      return anchored(*node.children[0], first);
    case Kind::kAlternation:
      return std::all_of(node.children.begin(), node.children.end(),
                         [&](const NodePtr& child) { return anchored(*child, first); });
    case Kind::kSequence: {
      if (node.children.empty()) return false;
      return anchored(first ? *node.children.front() : *node.children.back(), first);
    }
    default:
      return false;
  }
}

// Of a tree that begins with a positive look-behind that ends in a character.
std::optional<Possible> behind(const Node& node) {
  if (node.kind != Kind::kSequence || node.children.empty()) return std::nullopt;
  const Node& first = *node.children.front();
  const bool looks = first.kind == Kind::kLookbehind && !first.flag;
  if (!looks || width_of(*first.children[0]).min == 0) return std::nullopt;
  return edge(*first.children[0], false);
}

}  // namespace

Facts facts_of(const Node& node) {
  Facts facts;
  const Width width = width_of(node);
  facts.min_width = width.min;
  facts.max_width = width.max;
  facts.first = edge(node, true);
  facts.last = edge(node, false);
  facts.required = required_in(node);
  facts.behind = behind(node);
  facts.starts_anchored = anchored(node, true);
  facts.ends_anchored = anchored(node, false);
  return facts;
}

}  // namespace pawl::regex
