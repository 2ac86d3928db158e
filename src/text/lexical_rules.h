// What a language says of its words in Python code and no pipeline folder carries: stop words,
// LIKE_NUM and NORM. tools/lexical_rules.py has the format of their file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/json.h"

namespace pawl {

class MatchRule;

// One statement of a language's like_num.
struct NumStep {
  enum class Kind {
    kDropPrefix,
    kDropSuffix,
    kRemove,
    kTrimLower,
    kStripAccents,
    kDigits,
    kFraction,
    kWords,
    kFirstWords,
    kDigitSuffixes,
    kWordSuffixes,
    kSwapSuffixes,
    kAfter,
    kContains,
    kPattern
  };
  Kind kind = Kind::kDigits;
  std::vector<std::string> strings = {};
  std::unordered_set<std::string> words = {};
  std::vector<size_t> cuts = {};
  bool lower = false;
  std::vector<std::pair<std::string, std::string>> swaps = {};
  std::shared_ptr<const MatchRule> pattern = nullptr;
};

// How a language makes norms of forms that no table has.
struct NormRule {
  struct Suffixes {
    std::vector<std::string> any_of;
    size_t cut = 0;  // code points
  };
  std::unordered_map<std::string, std::string> table;
  std::vector<Suffixes> suffixes;  // in their order
  bool stops_when_short = false;
  bool lower = false;

  // `lower_form`: the text's lower-case form. Views into them or the table.
  std::string_view norm(std::string_view text, std::string_view lower_form) const;
};

struct LexicalRules {
  std::unordered_set<std::string> stop_words;
  std::vector<NumStep> like_num;
  std::optional<NormRule> norm = std::nullopt;  // empty: the lower-case form

  // From the content of vocab/lex_attrs.json. Throws Error(kFormat) naming the key.
  static LexicalRules from_json(const Json& json);
  // What spaCy uses when nothing is said: English is built in, other languages have no stop words
  // and the language-independent LIKE_NUM.
  static const LexicalRules& of_language(std::string_view lang);

  // `lower`: the text's lower-case form.
  bool is_like_num(std::string_view text, const std::string& lower) const;
  bool is_stop(const std::string& lower) const { return stop_words.contains(lower); }
};

}  // namespace pawl
