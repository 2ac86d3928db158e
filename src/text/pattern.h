// The patterns of a tokenizer: Python `re` semantics on PCRE2, with cheap checks in front.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/pcre.h"
#include "text/regex_facts.h"

namespace pawl {

// One pattern, compiled in as many pieces as PCRE2's size limit asks for. Safe for concurrent use.
class Pattern {
 public:
  // Throws Error(kFormat or kUnsupported) that starts with `name`.
  Pattern(std::string_view python, const std::string& name, bool anchored = false);
  Pattern(const std::vector<const regex::Node*>& alternatives, const std::string& name,
          bool anchored);

  // What re.search would find from byte `from` on.
  std::optional<Found> search(std::string_view text, size_t from = 0, bool not_empty = false) const;
  const regex::Facts& facts() const { return facts_; }

 private:
  void compile(const std::vector<const regex::Node*>& alternatives, const std::string& name,
               bool anchored);

  regex::Facts facts_;
  std::vector<std::unique_ptr<Pcre>> parts_;  // the top alternatives, in order
};

// re.compile(...).match as a question.
class MatchRule {
 public:
  MatchRule(std::string_view python, const std::string& name);
  bool operator()(std::string_view text) const;

 private:
  Pattern pattern_;
  std::string required_;  // ASCII characters without which nothing matches
};

// How many bytes the prefix rules cut off: find_prefix.
class PrefixRule {
 public:
  PrefixRule(std::string_view python, const std::string& name);
  size_t operator()(std::string_view text) const;

 private:
  Pattern pattern_;
};

// How many bytes the suffix rules cut off: find_suffix.
class SuffixRule {
 public:
  SuffixRule(std::string_view python, const std::string& name);
  size_t operator()(std::string_view text) const;

 private:
  std::optional<Found> search(std::string_view text) const;
  std::optional<Found> search_ends(std::string_view text) const;
  void collect_needs(const std::vector<const regex::Node*>& alternatives);

  Pattern whole_;
  // For each last character (ASCII): one of these must be in the text too.
  std::array<regex::Possible, 128> needs_;
  bool ends_anchored_ = false;
  // The alternatives of bounded and of unbounded width apart: the first need to be tried near the
  // end only.
  std::unique_ptr<Pattern> bounded_, unbounded_;
};

// All infixes of a text: re.finditer.
class InfixRule {
 public:
  InfixRule(std::string_view python, const std::string& name);
  void operator()(std::string_view text, std::vector<Found>& out) const;

 private:
  Pattern pattern_;
};

}  // namespace pawl
