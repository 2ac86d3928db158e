#include "text/pattern.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {
namespace {

using regex::Node;

regex::NodePtr parse(std::string_view python, const std::string& name) {
  try {
    return regex::parse(python);
  } catch (const Error& error) {
    throw error.within(name);
  }
}

std::string joined(const std::vector<const Node*>& alternatives) {
  std::string out;
  for (const Node* node : alternatives) {
    if (!out.empty() || node != alternatives.front()) out += '|';
    out += regex::to_pcre(*node);
  }
  return out;
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// The byte where the last `count` code points begin.
size_t back_from_end(std::string_view text, size_t count) {
  size_t at = text.size();
  while (at > 0 && count > 0) {
    --at;
    if (!is_continuation(text[at])) --count;
  }
  return at;
}

size_t bytes_of_first(std::string_view text, size_t count) {
  size_t at = 0;
  while (at < text.size() && count > 0) {
    utf8::next(text, at);
    --count;
  }
  return at;
}

std::optional<Found> earlier(std::optional<Found> a, std::optional<Found> b) {
  if (!a) return b;
  if (!b) return a;
  return b->start < a->start ? b : a;
}

}  // namespace

Pattern::Pattern(std::string_view python, const std::string& name, bool anchored) {
  const regex::NodePtr root = parse(python, name);
  facts_ = regex::facts_of(*root);
  const bool whole = regex::refers_to_groups(*root);
  compile(whole ? std::vector<const Node*>{root.get()} : regex::alternatives(*root), name,
          anchored);
}

Pattern::Pattern(const std::vector<const Node*>& alternatives, const std::string& name,
                 bool anchored) {
  Node all(Node::Kind::kAlternation);
  facts_.min_width = regex::kUnbounded;
  facts_.max_width = 0;
  facts_.required.set();
  facts_.starts_anchored = facts_.ends_anchored = true;
  for (const Node* node : alternatives) {
    const regex::Facts facts = regex::facts_of(*node);
    facts_.min_width = std::min(facts_.min_width, facts.min_width);
    facts_.max_width = std::max(facts_.max_width, facts.max_width);
    facts_.first.add(facts.first);
    facts_.last.add(facts.last);
    facts_.required &= facts.required;
    facts_.starts_anchored = facts_.starts_anchored && facts.starts_anchored;
    facts_.ends_anchored = facts_.ends_anchored && facts.ends_anchored;
  }
  compile(alternatives, name, anchored);
}

void Pattern::compile(const std::vector<const Node*>& alternatives, const std::string& name,
                      bool anchored) {
  if (auto part = Pcre::compile(joined(alternatives), anchored, name)) {
    parts_.push_back(std::move(part));
    return;
  }
  if (alternatives.size() < 2) {
    throw Error(ErrorKind::kUnsupported, name + " is too large to compile");
  }
  const auto middle = alternatives.begin() + static_cast<ptrdiff_t>(alternatives.size() / 2);
  compile({alternatives.begin(), middle}, name, anchored);
  compile({middle, alternatives.end()}, name, anchored);
}

std::optional<Found> Pattern::search(std::string_view text, size_t from, bool not_empty) const {
  std::optional<Found> best;
  for (const auto& part : parts_) {
    best = earlier(best, part->search(text, from, not_empty));
    if (best && best->start == from) break;
  }
  return best;
}

MatchRule::MatchRule(std::string_view python, const std::string& name)
    : pattern_(python, name, true) {
  for (size_t c = 0; c < 128; ++c) {
    if (pattern_.facts().required[c]) required_ += static_cast<char>(c);
  }
}

bool MatchRule::operator()(std::string_view text) const {
  for (const char c : required_) {
    if (text.find(c) == std::string_view::npos) return false;
  }
  const regex::Facts& facts = pattern_.facts();
  if (facts.min_width > 0 && (text.empty() || !facts.first.has(text.front()))) return false;
  return pattern_.search(text).has_value();
}

PrefixRule::PrefixRule(std::string_view python, const std::string& name) : pattern_(python, name) {}

size_t PrefixRule::operator()(std::string_view text) const {
  const regex::Facts& facts = pattern_.facts();
  if (text.empty()) return 0;
  if (facts.starts_anchored ? !facts.first.has(text.front()) : !facts.first.any_of(text)) return 0;
  const auto found = pattern_.search(text);
  if (!found) return 0;
  if (found->start == 0) return found->end;
  return bytes_of_first(text, utf8::count(text.substr(found->start, found->end - found->start)));
}

SuffixRule::SuffixRule(std::string_view python, const std::string& name) : whole_(python, name) {
  ends_anchored_ = whole_.facts().ends_anchored;
  const regex::NodePtr root = parse(python, name);
  collect_needs(regex::alternatives(*root));
  if (!ends_anchored_ || regex::refers_to_groups(*root)) return;
  std::vector<const Node*> bounded, unbounded;
  for (const Node* node : regex::alternatives(*root)) {
    const bool is_bounded = regex::facts_of(*node).max_width != regex::kUnbounded;
    (is_bounded ? bounded : unbounded).push_back(node);
  }
  if (bounded.empty()) return;
  bounded_ = std::make_unique<Pattern>(bounded, name, false);
  if (!unbounded.empty()) unbounded_ = std::make_unique<Pattern>(unbounded, name, false);
}

void SuffixRule::collect_needs(const std::vector<const Node*>& alternatives) {
  for (const Node* node : alternatives) {
    const regex::Facts facts = regex::facts_of(*node);
    for (size_t c = 0; c < needs_.size(); ++c) {
      if (facts.last.ascii[c]) needs_[c].add(facts.behind ? *facts.behind : facts.first);
    }
  }
}

size_t SuffixRule::operator()(std::string_view text) const {
  if (text.empty()) return 0;
  const auto found = text.back() == '\n' || !ends_anchored_ ? search(text) : search_ends(text);
  if (!found) return 0;
  if (found->end == text.size()) return found->end - found->start;
  const size_t count = utf8::count(text.substr(found->start, found->end - found->start));
  return text.size() - back_from_end(text, count);
}

std::optional<Found> SuffixRule::search(std::string_view text) const {
  return whole_.facts().first.any_of(text) ? whole_.search(text) : std::nullopt;
}

// Every match reaches the end of the text, which is not a line feed.
std::optional<Found> SuffixRule::search_ends(std::string_view text) const {
  size_t last = text.size() - 1;
  while (last > 0 && is_continuation(text[last])) --last;
  if (!whole_.facts().last.has(text[last])) return std::nullopt;
  const auto byte = static_cast<unsigned char>(text[last]);
  if (byte < 128 && !needs_[byte].any_of(text)) return std::nullopt;
  if (!bounded_) return whole_.search(text);
  std::optional<Found> found;
  if (bounded_->facts().last.has(text[last])) {
    found = bounded_->search(text, back_from_end(text, bounded_->facts().max_width));
  }
  if (unbounded_ && unbounded_->facts().last.has(text[last])) {
    found = earlier(found, unbounded_->search(text));
  }
  return found;
}

InfixRule::InfixRule(std::string_view python, const std::string& name) : pattern_(python, name) {}

void InfixRule::operator()(std::string_view text, std::vector<Found>& out) const {
  const regex::Facts& facts = pattern_.facts();
  if (facts.min_width > 0 && !facts.first.any_of(text)) return;
  size_t from = 0;
  bool after_empty = false;
  while (from <= text.size()) {
    const auto found = pattern_.search(text, from, after_empty);
    if (!found) return;
    out.push_back(*found);
    from = found->end;
    after_empty = found->start == found->end;
  }
}

}  // namespace pawl
