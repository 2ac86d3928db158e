// What a language says of its words in Python code and no pipeline folder carries: stop words and
// LIKE_NUM.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json.h"

namespace pawl {

// One statement of a language's like_num; see tools/export_language_pack.py for the format of its
// file.
struct NumStep {
  enum class Kind { kDropPrefix, kDropSuffix, kRemove, kDigits, kFraction, kWords, kDigitSuffixes };
  Kind kind = Kind::kDigits;
  std::vector<std::string> strings;
  std::unordered_set<std::string> words;
  std::vector<size_t> cuts;
  bool lower = false;
};

struct LexicalRules {
  std::unordered_set<std::string> stop_words;
  std::vector<NumStep> like_num;

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
