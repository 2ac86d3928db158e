#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "text/python_regex.h"
#include "text/unicode.h"

namespace pawl::regex {
namespace {

constexpr size_t kMaxDepth = 200;
constexpr char32_t kEndOfText = 0xFFFFFFFF;

struct Flags {
  bool ignore_case = false, multi_line = false, dot_all = false, verbose = false;
};

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_octal(char32_t c) {
  return c >= '0' && c <= '7';
}

NodePtr make(Node::Kind kind) {
  return std::make_unique<Node>(kind);
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : text_(utf8::decode(pattern)) {}

  NodePtr parse() {
    NodePtr node = alternation(0);
    if (at_ < text_.size()) fail("unbalanced parenthesis");
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kFormat, what + " at position " + std::to_string(at_));
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorKind::kUnsupported,
                what + " at position " + std::to_string(at_) + " is not supported");
  }

  char32_t peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : kEndOfText;
  }
  char32_t take() {
    if (at_ >= text_.size()) fail("unexpected end of the pattern");
    return text_[at_++];
  }
  bool accept(std::u32string_view wanted) {
    if (text_.compare(at_, wanted.size(), wanted) != 0) return false;
    at_ += wanted.size();
    return true;
  }

  NodePtr alternation(size_t depth) {
    if (depth > kMaxDepth) fail("groups are nested too deeply");
    NodePtr first = sequence(depth);
    if (peek() != '|') return first;
    NodePtr node = make(Node::Kind::kAlternation);
    node->children.push_back(std::move(first));
    while (accept(U"|")) node->children.push_back(sequence(depth));
    return node;
  }

  NodePtr sequence(size_t depth) {
    NodePtr node = make(Node::Kind::kSequence);
    while (at_ < text_.size() && peek() != '|' && peek() != ')') {
      if (skip_verbose()) continue;
      NodePtr item = atom(depth);
      if (item) node->children.push_back(quantified(std::move(item)));
    }
    return node;
  }

  bool skip_verbose() {
    if (!flags_.verbose) return false;
    const char32_t c = peek();
    if (c == ' ' || (c >= 9 && c <= 13)) {
      ++at_;
      return true;
    }
    if (c != '#') return false;
    while (at_ < text_.size() && take() != '\n') {
    }
    return true;
  }

  // Null for what matches nothing by itself: comments and flags.
  NodePtr atom(size_t depth) {
    const char32_t c = take();
    switch (c) {
      case '(':
        return group(depth);
      case '[':
        return set_node(char_class());
      case '.': {
        NodePtr node = make(Node::Kind::kAny);
        node->flag = flags_.dot_all;
        return node;
      }
      case '^':
      case '$': {
        NodePtr node = make(c == '^' ? Node::Kind::kStart : Node::Kind::kEnd);
        node->flag = flags_.multi_line;
        return node;
      }
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        --at_;
        fail("nothing to repeat");
      default:
        return literal(c);
    }
  }

  NodePtr set_node(CharSet set) {
    NodePtr node = make(Node::Kind::kSet);
    if (flags_.ignore_case) set.ranges = ignoring_case(set.ranges);
    node->set = std::move(set);
    return node;
  }

  NodePtr literal(char32_t c) {
    CharSet set;
    set.ranges.push_back({c, c});
    return set_node(std::move(set));
  }

  // ---- quantifiers

  NodePtr quantified(NodePtr item) {
    while (skip_verbose()) {
    }
    const auto bounds = quantifier();
    if (!bounds) return item;
    if (item->kind >= Node::Kind::kStart && item->kind <= Node::Kind::kNoWordBoundary) {
      fail("nothing to repeat");
    }
    NodePtr node = make(Node::Kind::kRepeat);
    node->min = bounds->first;
    node->max = bounds->second;
    if (accept(U"?")) {
      node->greed = Node::Greed::kLazy;
    } else if (accept(U"+")) {
      node->greed = Node::Greed::kPossessive;
    }
    node->children.push_back(std::move(item));
    const size_t here = at_;
    if (quantifier()) {
      at_ = here;
      fail("multiple repeat");
    }
    return node;
  }

  std::optional<std::pair<uint32_t, uint32_t>> quantifier() {
    if (accept(U"*")) return std::pair{0u, kUnbounded};
    if (accept(U"+")) return std::pair{1u, kUnbounded};
    if (accept(U"?")) return std::pair{0u, 1u};
    if (peek() != '{') return std::nullopt;
    const size_t start = at_++;
    const auto low = number();
    std::optional<uint32_t> high = low;
    bool comma = false;
    if (accept(U",")) {
      comma = true;
      high = number();
    }
    if (!accept(U"}") || (!low && !comma)) {
      at_ = start;
      return std::nullopt;
    }
    const std::pair bounds{low.value_or(0), high.value_or(kUnbounded)};
    if (bounds.second < bounds.first) fail("min repeat greater than max repeat");
    return bounds;
  }

  std::optional<uint32_t> number() {
    if (!is_digit(peek())) return std::nullopt;
    uint64_t value = 0;
    while (is_digit(peek())) {
      value = value * 10 + (take() - '0');
      if (value > 65535) unsupported("a repeat count above 65535");
    }
    return static_cast<uint32_t>(value);
  }

  // ---- groups

  NodePtr group(size_t depth) {
    if (accept(U"?#")) {
      while (take() != ')') {
      }
      return nullptr;
    }
    if (accept(U"?P=")) return backreference(named(take_until(')')));
    if (accept(U"?P<")) {
      const std::u32string name = take_until('>');
      if (name.empty() || !names_.emplace(name, groups_ + 1).second) fail("bad group name");
      return capture(depth);
    }
    if (accept(U"?(")) return conditional(depth);
    if (accept(U"?:")) return closed(alternation(depth + 1));
    if (accept(U"?>")) return wrapped(Node::Kind::kAtomic, false, depth);
    if (accept(U"?=")) return wrapped(Node::Kind::kLookahead, false, depth);
    if (accept(U"?!")) return wrapped(Node::Kind::kLookahead, true, depth);
    if (accept(U"?<=")) return wrapped(Node::Kind::kLookbehind, false, depth);
    if (accept(U"?<!")) return wrapped(Node::Kind::kLookbehind, true, depth);
    if (accept(U"?")) return flag_group(depth);
    return capture(depth);
  }

  // Flags set inside a group end with it.
  NodePtr closed(NodePtr node) {
    if (!accept(U")")) fail("missing ), unterminated subpattern");
    return node;
  }

  NodePtr wrapped(Node::Kind kind, bool negative, size_t depth) {
    NodePtr node = make(kind);
    node->flag = negative;
    node->children.push_back(closed(alternation(depth + 1)));
    return node;
  }

  NodePtr capture(size_t depth) {
    const uint32_t number = ++groups_;
    NodePtr node = wrapped(Node::Kind::kCapture, false, depth);
    node->min = number;
    return node;
  }

  NodePtr flag_group(size_t depth) {
    const bool leading = at_ == 2;
    const Flags before = flags_;
    bool on = true;
    for (char32_t c = take(); c != ')' && c != ':'; c = take()) {
      if (c == '-') {
        on = false;
      } else {
        set_flag(c, on);
      }
      if (peek() == ')' && !leading) fail("global flags not at the start of the expression");
      if (peek() == ')') {
        ++at_;
        return nullptr;
      }
    }
    NodePtr node = closed(alternation(depth + 1));
    flags_ = before;
    return node;
  }

  void set_flag(char32_t c, bool on) {
    switch (c) {
      case 'i':
        flags_.ignore_case = on;
        break;
      case 'm':
        flags_.multi_line = on;
        break;
      case 's':
        flags_.dot_all = on;
        break;
      case 'x':
        flags_.verbose = on;
        break;
      case 'u':
        break;
      case 'a':
      case 'L':
        unsupported("an ASCII or locale flag");
      default:
        fail("unknown flag or extension");
    }
  }

  std::u32string take_until(char32_t end) {
    std::u32string out;
    for (char32_t c = take(); c != end; c = take()) out += c;
    return out;
  }

  uint32_t named(const std::u32string& name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) fail("unknown group name");
    return found->second;
  }

  NodePtr backreference(uint32_t number) {
    if (number == 0 || number > groups_) fail("invalid group reference");
    if (flags_.ignore_case) unsupported("a group reference that ignores case");
    NodePtr node = make(Node::Kind::kBackreference);
    node->min = number;
    return node;
  }

  NodePtr conditional(size_t depth) {
    const std::u32string name = take_until(')');
    uint32_t number = 0;
    bool digits = !name.empty() && name.size() < 6;
    for (const char32_t c : name) {
      digits = digits && is_digit(c);
      if (digits) number = number * 10 + (c - '0');
    }
    if (!digits) number = named(name);
    if (number == 0 || number > groups_) fail("invalid group reference");
    NodePtr node = make(Node::Kind::kConditional);
    node->min = number;
    node->children.push_back(sequence(depth + 1));
    node->children.push_back(accept(U"|") ? sequence(depth + 1) : make(Node::Kind::kSequence));
    return closed(std::move(node));
  }

  // ---- escapes

  NodePtr escape() {
    const char32_t c = peek();
    switch (c) {
      case 'A':
        ++at_;
        return make(Node::Kind::kAbsoluteStart);
      case 'Z':
        ++at_;
        return make(Node::Kind::kAbsoluteEnd);
      case 'b':
        ++at_;
        return make(Node::Kind::kWordBoundary);
      case 'B':
        ++at_;
        return make(Node::Kind::kNoWordBoundary);
      default:
        break;
    }
    CharSet set;
    if (category(c, set)) {
      ++at_;
      return set_node(std::move(set));
    }
    if (c >= '1' && c <= '9') {
      const bool octal = c <= '3' && is_octal(peek(1)) && is_octal(peek(2));
      if (!octal) return numbered_backreference();
    }
    return literal(escaped_character());
  }

  NodePtr numbered_backreference() {
    uint32_t number = take() - '0';
    if (is_digit(peek())) number = number * 10 + (take() - '0');
    return backreference(number);
  }

  static bool category(char32_t c, CharSet& set) {
    switch (c) {
      case 'w':
        set.word = true;
        return true;
      case 'W':
        set.not_word = true;
        return true;
      case 'd':
        set.digit = true;
        return true;
      case 'D':
        set.not_digit = true;
        return true;
      case 's':
        add(set.ranges, space_ranges());
        return true;
      case 'S':
        add(set.ranges, complement(space_ranges()));
        return true;
      default:
        return false;
    }
  }

  static void add(CharRanges& to, const CharRanges& from) {
    to.insert(to.end(), from.begin(), from.end());
  }

  // What follows the backslash, for escapes that stand for one character.
  char32_t escaped_character() {
    const char32_t c = take();
    switch (c) {
      case 'a':
        return 7;
      case 'f':
        return 12;
      case 'n':
        return 10;
      case 'r':
        return 13;
      case 't':
        return 9;
      case 'v':
        return 11;
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      case 'N':
        unsupported("\\N{...}");
      default:
        break;
    }
    if (is_octal(c)) return octal(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c)) fail("bad escape");
    return c;
  }

  char32_t octal(char32_t first) {
    char32_t value = first - '0';
    for (int i = 0; i < 2 && is_octal(peek()); ++i) value = value * 8 + (take() - '0');
    if (value > 0377) fail("octal escape value outside of range 0-0o377");
    return value;
  }

  char32_t hexadecimal(int digits) {
    char32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const char32_t c = take();
      const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!is_digit(c) && !letter) fail("incomplete escape");
      value = value * 16 + (is_digit(c) ? c - '0' : (c & 0x5F) - 'A' + 10);
    }
    if (value > kLastCodePoint) fail("escape beyond U+10FFFF");
    return value;
  }

  // ---- classes

  CharSet char_class() {
    CharSet set;
    set.negated = accept(U"^");
    for (bool first = true; first || peek() != ']'; first = false) {
      const auto low = class_member(set);
      if (peek() != '-' || peek(1) == ']') {
        if (low) set.ranges.push_back({*low, *low});
        continue;
      }
      ++at_;
      CharSet none;
      const auto high = class_member(none);
      if (!low || !high || *high < *low) fail("bad character range");
      set.ranges.push_back({*low, *high});
    }
    ++at_;
    set.ranges = normalised(std::move(set.ranges));
    return set;
  }

  // One character, or none when a category went into the set.
  std::optional<char32_t> class_member(CharSet& set) {
    const char32_t c = take();
    if (c != '\\') return c;
    if (category(peek(), set)) {
      ++at_;
      return std::nullopt;
    }
    if (accept(U"b")) return 8;
    return escaped_character();
  }

  std::u32string text_;
  size_t at_ = 0;
  Flags flags_;
  uint32_t groups_ = 0;
  std::map<std::u32string, uint32_t> names_;
};

}  // namespace

NodePtr parse(std::string_view pattern) {
  return Parser(pattern).parse();
}

}  // namespace pawl::regex
