// Python's `re` syntax as a tree, and the tree as a PCRE2 pattern that matches the same (flags UTF
// and UCP).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/char_set.h"

namespace pawl::regex {

inline constexpr uint32_t kUnbounded = 0xFFFFFFFF;

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  enum class Kind {
    kSequence,        // children in order; none: matches the empty string
    kAlternation,     // one of the children
    kSet,             // one character of `set`
    kAny,             // any character; `flag`: line feed too
    kStart,           // ^; `flag`: at every line
    kEnd,             // $; `flag`: at every line
    kAbsoluteStart,   // \A
    kAbsoluteEnd,     // \Z
    kWordBoundary,    // \b
    kNoWordBoundary,  // \B
    kRepeat,          // child, `min` to `max` times
    kCapture,         // (child), number `min`
    kAtomic,          // (?>child)
    kLookahead,       // (?=child); `flag`: negative
    kLookbehind,      // (?<=child); `flag`: negative
    kBackreference,   // to group `min`
    kConditional      // group `min` matched ? children[0] : children[1]
  };
  enum class Greed { kGreedy, kLazy, kPossessive };

  explicit Node(Kind the_kind) : kind(the_kind) {}

  Kind kind;
  bool flag = false;
  Greed greed = Greed::kGreedy;
  uint32_t min = 0, max = 0;
  CharSet set;
  std::vector<NodePtr> children;
};

// Throws Error(kFormat) with the position for what Python refuses, Error(kUnsupported) for what is
// not supported:
// \N{name}, the flags L and a, back references that ignore case.
NodePtr parse(std::string_view pattern);

std::string to_pcre(const Node& node);

// The alternatives at the top of the tree; the tree itself when there is one only.
std::vector<const Node*> alternatives(const Node& node);

// Whether the tree refers to its groups by number, so that it cannot be taken apart.
bool refers_to_groups(const Node& node);

}  // namespace pawl::regex
