// The patterns of a ruler: descriptions of tokens and phrases with a label and perhaps an id.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "pipeline/component/phrases.h"
#include "text/matcher/matcher.h"
#include "text/matcher/phrase_matcher.h"

namespace pawl {

struct RulerPattern {
  std::string label;
  std::string id;  // empty: none
  Json pattern;    // a list of tokens (text/matcher/pattern.h), or a string: a phrase
};

// Once compiled, calls are safe from any number of threads.
class RulerPatterns {
 public:
  // `attribute` is what phrases are compared by.
  explicit RulerPatterns(Attr attribute = Attr::kOrth) : attribute_(attribute) {}

  // One JSON object a line: {"label", "pattern", "id"?}. Other keys are refused. Throws
  // Error(kFormat) naming `where` and the line.
  void read(std::string_view jsonl, const std::string& where);
  std::string write() const;
  void add(RulerPattern pattern) { patterns_.push_back(std::move(pattern)); }
  const std::vector<RulerPattern>& patterns() const { return patterns_; }
  std::vector<std::string> labels() const;  // sorted

  // Throws Error naming the pattern (from 1) and what is wrong with it.
  void compile(StringStore& strings, const DocMaker& make_docs);

  // Matches of token patterns, then of phrases, each once. Throws Error(kInvalidInput) when a
  // pattern asks about an annotation that the document lacks.
  std::vector<Match> operator()(const Doc& doc) const;
  // The pattern a match's key stands for.
  const RulerPattern& of(StringId key) const { return patterns_[by_key_.at(key)]; }

 private:
  void require_annotations(const Doc& doc) const;

  Attr attribute_;
  std::vector<RulerPattern> patterns_;
  std::map<StringId, size_t> by_key_;
  std::vector<Attr> needed_;  // annotations that patterns ask about
  Matcher matcher_;
  PhraseMatcher phrases_;
};

// "phrase_matcher_attr" of a ruler's block or cfg: null is the token's text. Throws Error naming
// `where` for an attribute that cannot be matched.
Attr read_phrase_attribute(const Json* value, const std::string& where);

}  // namespace pawl
