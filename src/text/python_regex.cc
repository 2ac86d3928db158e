#include "text/python_regex.h"

#include <charconv>

namespace pawl::regex {
namespace {

void append_number(std::string& out, uint32_t value, int base = 10) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, end.ptr);
}

bool is_plain(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void append_char(std::string& out, char32_t c) {
  if (is_plain(c)) {
    out += static_cast<char>(c);
    return;
  }
  out += "\\x{";
  append_number(out, c, 16);
  out += '}';
}

// PCRE2 refuses code points that UTF-8 cannot hold.
constexpr CharRange kSurrogates{0xD800, 0xDFFF};

bool is_surrogate(char32_t c) {
  return c >= kSurrogates.first && c <= kSurrogates.last;
}

void append_range(std::string& out, char32_t first, char32_t last) {
  append_char(out, first);
  if (last == first) return;
  out += '-';
  append_char(out, last);
}

void append_set(std::string& out, const CharSet& set) {
  const bool categories = set.word || set.not_word || set.digit || set.not_digit;
  const bool single = set.ranges.size() == 1 && set.ranges[0].first == set.ranges[0].last;
  if (single && !categories && !set.negated && !is_surrogate(set.ranges[0].first)) {
    append_char(out, set.ranges[0].first);
    return;
  }
  out += set.negated ? "[^" : "[";
  const size_t empty = out.size();
  for (const CharRange& range : set.ranges) {
    const bool reaches = range.first <= kSurrogates.last && range.last >= kSurrogates.first;
    if (!reaches) {
      append_range(out, range.first, range.last);
      continue;
    }
    if (range.first < kSurrogates.first) append_range(out, range.first, kSurrogates.first - 1);
    if (range.last > kSurrogates.last) append_range(out, kSurrogates.last + 1, range.last);
  }
  if (set.word) out += "\\w";
  if (set.not_word) out += "\\W";
  if (set.digit) out += "\\d";
  if (set.not_digit) out += "\\D";
  if (out.size() == empty) {
    out.resize(out.rfind('['));
    out += set.negated ? "(?s:.)" : "(?!)";
    return;
  }
  out += ']';
}

class Writer {
 public:
  explicit Writer(bool keep_captures) : keep_captures_(keep_captures) {}

  void write(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kSequence:
        for (const auto& child : node.children) write_item(*child);
        break;
      case Node::Kind::kAlternation:
        write_alternation(node);
        break;
      case Node::Kind::kSet:
        append_set(out_, node.set);
        break;
      case Node::Kind::kAny:
        out_ += node.flag ? "(?s:.)" : "\\N";
        break;
      case Node::Kind::kStart:
        out_ += node.flag ? "(?m:^)" : "^";
        break;
      case Node::Kind::kEnd:
        out_ += node.flag ? "(?m:$)" : "$";
        break;
      case Node::Kind::kAbsoluteStart:
        out_ += "\\A";
        break;
      case Node::Kind::kAbsoluteEnd:
        out_ += "\\z";
        break;
      case Node::Kind::kWordBoundary:
        out_ += "\\b";
        break;
      // Python's \B does not match in the empty string.
      case Node::Kind::kNoWordBoundary:
        out_ += "(?:(?!\\A\\z)\\B)";
        break;
      case Node::Kind::kRepeat:
        write_repeat(node);
        break;
      case Node::Kind::kCapture:
        write_group(keep_captures_ ? "(" : "(?:", node);
        break;
      case Node::Kind::kAtomic:
        write_group("(?>", node);
        break;
      case Node::Kind::kLookahead:
        write_group(node.flag ? "(?!" : "(?=", node);
        break;
      case Node::Kind::kLookbehind:
        write_group(node.flag ? "(?<!" : "(?<=", node);
        break;
      case Node::Kind::kBackreference:
        out_ += "\\g{";
        append_number(out_, node.min);
        out_ += '}';
        break;
      case Node::Kind::kConditional:
        write_conditional(node);
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  // An alternation inside a sequence was a group without capture.
  void write_item(const Node& node) {
    const bool group = node.kind == Node::Kind::kAlternation || node.kind == Node::Kind::kSequence;
    if (group) out_ += "(?:";
    write(node);
    if (group) out_ += ')';
  }

  void write_alternation(const Node& node) {
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out_ += '|';
      write(*node.children[i]);
    }
  }

  void write_group(std::string_view open, const Node& node) {
    out_ += open;
    write(*node.children[0]);
    out_ += ')';
  }

  void write_repeat(const Node& node) {
    const bool single = node.children[0]->kind == Node::Kind::kSet;
    out_ += single ? "" : "(?:";
    write(*node.children[0]);
    out_ += single ? "{" : "){";
    append_number(out_, node.min);
    out_ += ',';
    if (node.max != kUnbounded) append_number(out_, node.max);
    out_ += '}';
    if (node.greed == Node::Greed::kLazy) out_ += '?';
    if (node.greed == Node::Greed::kPossessive) out_ += '+';
  }

  void write_conditional(const Node& node) {
    out_ += "(?(";
    append_number(out_, node.min);
    out_ += ')';
    write(*node.children[0]);
    out_ += '|';
    write(*node.children[1]);
    out_ += ')';
  }

  bool keep_captures_;
  std::string out_;
};

}  // namespace

std::string to_pcre(const Node& node) {
  Writer writer(refers_to_groups(node));
  writer.write(node);
  return writer.take();
}

std::vector<const Node*> alternatives(const Node& node) {
  std::vector<const Node*> out;
  if (node.kind != Node::Kind::kAlternation) return {&node};
  for (const auto& child : node.children) out.push_back(child.get());
  return out;
}

bool refers_to_groups(const Node& node) {
  if (node.kind == Node::Kind::kBackreference || node.kind == Node::Kind::kConditional) return true;
  for (const auto& child : node.children) {
    if (refers_to_groups(*child)) return true;
  }
  return false;
}

}  // namespace pawl::regex
