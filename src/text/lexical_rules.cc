#include "text/lexical_rules.h"

#include "base/error.h"
#include "base/utf8.h"
#include "text/language_tables.h"
#include "text/lex_attrs.h"
#include "text/unicode.h"

namespace pawl {
namespace {

using Kind = NumStep::Kind;

std::vector<std::string> strings_of(const Json& value) {
  std::vector<std::string> out;
  if (value.is_string()) return {value.as_string()};
  for (const Json& item : value.as_array()) out.push_back(item.as_string());
  return out;
}

struct StepKey {
  const char* key;
  Kind kind;
};
constexpr StepKey kStepKeys[] = {{"drop_prefix", Kind::kDropPrefix},
                                 {"drop_suffix", Kind::kDropSuffix},
                                 {"remove", Kind::kRemove},
                                 {"digits", Kind::kDigits},
                                 {"fraction", Kind::kFraction},
                                 {"words", Kind::kWords},
                                 {"digit_suffixes", Kind::kDigitSuffixes}};

NumStep step_from_json(const Json& json) {
  for (const auto& [key, kind] : kStepKeys) {
    const Json* value = json.find(key);
    if (!value) continue;
    NumStep step;
    step.kind = kind;
    if (kind != Kind::kDigits) step.strings = strings_of(*value);
    if (kind == Kind::kWords) {
      step.words = {step.strings.begin(), step.strings.end()};
      step.lower = json.at("lower").as_bool();
    }
    if (kind == Kind::kDigitSuffixes) {
      for (const Json& cut : json.at("cut").as_array()) step.cuts.push_back(cut.as_uint());
    }
    const bool needs_one = kind == Kind::kDropSuffix || kind == Kind::kFraction;
    if (needs_one && (step.strings.empty() || step.strings.front().empty())) break;
    return step;
  }
  throw Error(ErrorKind::kFormat, "like_num: a step that is not understood");
}

void remove_all(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
}

bool is_fraction(const std::string& text, const std::string& separator) {
  const size_t at = text.find(separator);
  if (at == std::string::npos) return false;
  const size_t after = at + separator.size();
  return text.find(separator, after) == std::string::npos &&
         unicode::is_digit(std::string_view(text).substr(0, at)) &&
         unicode::is_digit(std::string_view(text).substr(after));
}

// Without its last `count` code points; Python's text[:-count].
std::string_view without_last(std::string_view text, size_t count) {
  size_t at = text.size();
  while (at > 0 && count > 0) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) --count;
  }
  return text.substr(0, at);
}

bool has_digit_suffix(const std::string& lower, const NumStep& step) {
  bool ends = false;
  for (const auto& suffix : step.strings) ends = ends || lower.ends_with(suffix);
  if (!ends) return false;
  for (const size_t cut : step.cuts) {
    if (unicode::is_digit(without_last(lower, cut))) return true;
  }
  return false;
}

void drop_prefix(std::string& text, const NumStep& step) {
  for (const auto& prefix : step.strings) {
    if (!text.starts_with(prefix)) continue;
    size_t at = 0;
    utf8::next(text, at);
    text.erase(0, at);
    return;
  }
}

}  // namespace

LexicalRules LexicalRules::from_json(const Json& json) {
  LexicalRules rules;
  for (auto& word : strings_of(json.at("stop_words"))) rules.stop_words.insert(std::move(word));
  for (const Json& step : json.at("like_num").as_array()) {
    rules.like_num.push_back(step_from_json(step));
  }
  return rules;
}

const LexicalRules& LexicalRules::of_language(std::string_view lang) {
  static const LexicalRules english = from_json(parse_json(english_rules()));
  static const LexicalRules plain = [] {
    LexicalRules rules;
    rules.like_num.push_back({Kind::kDropPrefix, {"+", "-", "±", "~"}, {}, {}, false});
    rules.like_num.push_back({Kind::kRemove, {",", "."}, {}, {}, false});
    rules.like_num.push_back({Kind::kDigits, {}, {}, {}, false});
    rules.like_num.push_back({Kind::kFraction, {"/"}, {}, {}, false});
    return rules;
  }();
  return lang == "en" ? english : plain;
}

namespace {

// For texts of ASCII letters: without a digit only the word lists can say yes, provided that
// nothing is cut off before.
bool is_number_word(const std::vector<NumStep>& steps, std::string_view text,
                    const std::string& lower) {
  for (const NumStep& step : steps) {
    if (step.kind != Kind::kWords) continue;
    if (step.words.contains(step.lower ? lower : std::string(text))) return true;
  }
  return false;
}

bool cuts_letters(const std::vector<NumStep>& steps) {
  for (const NumStep& step : steps) {
    const bool cuts = step.kind == Kind::kDropPrefix || step.kind == Kind::kDropSuffix ||
                      step.kind == Kind::kRemove;
    if (!cuts) continue;
    for (const auto& text : step.strings) {
      if (is_ascii_letters(text)) return true;
    }
  }
  return false;
}

}  // namespace

bool LexicalRules::is_like_num(std::string_view word, const std::string& lower) const {
  if (is_ascii_letters(word) && !cuts_letters(like_num)) {
    return is_number_word(like_num, word, lower);
  }
  std::string text(word);
  for (const NumStep& step : like_num) {
    switch (step.kind) {
      case Kind::kDropPrefix:
        drop_prefix(text, step);
        break;
      case Kind::kDropSuffix:
        if (text.ends_with(step.strings.front())) text = std::string(without_last(text, 1));
        break;
      case Kind::kRemove:
        for (const auto& what : step.strings) remove_all(text, what);
        break;
      case Kind::kDigits:
        if (unicode::is_digit(text)) return true;
        break;
      case Kind::kFraction:
        if (is_fraction(text, step.strings.front())) return true;
        break;
      case Kind::kWords:
        if (step.words.contains(step.lower ? unicode::lower(text) : text)) return true;
        break;
      case Kind::kDigitSuffixes:
        if (has_digit_suffix(unicode::lower(text), step)) return true;
        break;
    }
  }
  return false;
}

}  // namespace pawl
