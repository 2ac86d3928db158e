#include "text/lexical_rules.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json_strings.h"
#include "base/utf8.h"
#include "text/language_tables.h"
#include "text/lex_attrs.h"
#include "text/pattern.h"
#include "text/unicode.h"
#include "text/wordpiece_normalizer.h"

namespace pawl {
namespace {

using Kind = NumStep::Kind;

std::vector<std::string> strings_of(const Json& value) {
  if (value.is_string()) return {value.as_string()};
  return strings_from_json(value);
}

std::unordered_set<std::string> words_of(const Json& value) {
  std::vector<std::string> words = strings_of(value);
  return {std::make_move_iterator(words.begin()), std::make_move_iterator(words.end())};
}

struct StepKey {
  const char* key;
  Kind kind;
};
// In this order: a step with suffixes has words, too.
constexpr StepKey kStepKeys[] = {{"drop_prefix", Kind::kDropPrefix},
                                 {"drop_suffix", Kind::kDropSuffix},
                                 {"remove", Kind::kRemove},
                                 {"trim_lower", Kind::kTrimLower},
                                 {"strip_accents", Kind::kStripAccents},
                                 {"digits", Kind::kDigits},
                                 {"fraction", Kind::kFraction},
                                 {"first_words", Kind::kFirstWords},
                                 {"digit_suffixes", Kind::kDigitSuffixes},
                                 {"word_suffixes", Kind::kWordSuffixes},
                                 {"swap_suffixes", Kind::kSwapSuffixes},
                                 {"after", Kind::kAfter},
                                 {"contains", Kind::kContains},
                                 {"pattern", Kind::kPattern},
                                 {"words", Kind::kWords}};

void read_swaps(NumStep& step, const Json& pairs) {
  for (const Json& pair : pairs.as_array()) {
    const std::vector<std::string> both = strings_of(pair);
    if (both.size() != 2) {
      throw Error(ErrorKind::kFormat, "like_num: swap_suffixes must be pairs of strings");
    }
    step.swaps.emplace_back(both[0], both[1]);
  }
}

// What belongs to a step besides the value of its key.
void read_details(NumStep& step, const Json& json) {
  if (const Json* words = json.find("words")) step.words = words_of(*words);
  if (const Json* lower = json.find("lower")) step.lower = lower->as_bool();
  const Json* cut = json.find("cut");
  if (cut && !cut->is_array()) {
    step.cuts = {cut->as_uint()};
  } else if (cut) {
    for (const Json& item : cut->as_array()) step.cuts.push_back(item.as_uint());
  }
}

bool is_complete(const NumStep& step) {
  switch (step.kind) {
    case Kind::kDropSuffix:
    case Kind::kFraction:
    case Kind::kAfter:
      return !step.strings.empty() && !step.strings.front().empty();
    case Kind::kWordSuffixes:
      return step.cuts.size() == 1;
    default:
      return true;
  }
}

NumStep step_from_json(const Json& json) {
  for (const auto& [key, kind] : kStepKeys) {
    const Json* value = json.find(key);
    if (!value) continue;
    NumStep step{.kind = kind};
    read_details(step, json);
    switch (kind) {
      case Kind::kDigits:
      case Kind::kTrimLower:
      case Kind::kStripAccents:
        break;
      case Kind::kSwapSuffixes:
        read_swaps(step, *value);
        break;
      case Kind::kFirstWords:
        step.words = words_of(*value);
        break;
      case Kind::kPattern:
        step.pattern = std::make_shared<MatchRule>(value->as_string(), "like_num");
        break;
      default:
        step.strings = strings_of(*value);
    }
    if (is_complete(step)) return step;
    break;
  }
  throw Error(ErrorKind::kFormat, "like_num: a step that is not understood");
}

NormRule norm_from_json(const Json& json) {
  NormRule rule;
  for (const auto& [form, norm] : json.at("table").as_object()) rule.table[form] = norm.as_string();
  for (const Json& group : json.at("suffixes").as_array()) {
    rule.suffixes.push_back({strings_of(group.at("of")), group.at("cut").as_uint()});
  }
  rule.stops_when_short = json.at("short").as_string() == "stop";
  rule.lower = json.at("lower").as_bool();
  return rule;
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

// `cut` code points off a text that ends with one of the suffixes; nothing for any other.
std::optional<std::string> cut_suffix(const std::string& text, const NumStep& step) {
  for (const auto& suffix : step.strings) {
    if (text.ends_with(suffix)) return std::string(without_last(text, step.cuts.front()));
  }
  return {};
}

std::string swap_suffix(const std::string& text, const NumStep& step) {
  const size_t length = utf8::count(text);
  for (const auto& [from, to] : step.swaps) {
    if (length < utf8::count(from)) break;
    if (text.ends_with(from)) return text.substr(0, text.size() - from.size()) + to;
  }
  return text;
}

bool is_number_after(const std::string& text, const NumStep& step) {
  const std::string& separator = step.strings.front();
  const size_t at = text.find(separator);
  if (at == std::string::npos || text.find(separator, at + separator.size()) != std::string::npos) {
    return false;
  }
  const std::string after = text.substr(at + separator.size());
  return unicode::is_digit(after) || step.words.contains(after);
}

bool contains_any(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return text.find(part) != text.npos; });
}

std::string trimmed_lower(const std::string& text) {
  size_t begin = text.size(), end = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    if (unicode::is(utf8::next(text, at), unicode::kSpace)) continue;
    begin = std::min(begin, from);
    end = at;
  }
  return begin < end ? unicode::lower(std::string_view(text).substr(begin, end - begin)) : "";
}

std::string without_accents(const std::string& text) {
  return normalize_for_wordpiece(text, {.clean_text = false,
                                        .handle_chinese_chars = false,
                                        .strip_accents = true,
                                        .lowercase = false});
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
  if (const Json* norm = json.find("norm")) rules.norm = norm_from_json(*norm);
  return rules;
}

const LexicalRules& LexicalRules::of_language(std::string_view lang) {
  static const LexicalRules english = from_json(parse_json(english_rules()));
  static const LexicalRules plain = [] {
    LexicalRules rules;
    rules.like_num.push_back({.kind = Kind::kDropPrefix, .strings = {"+", "-", "±", "~"}});
    rules.like_num.push_back({.kind = Kind::kRemove, .strings = {",", "."}});
    rules.like_num.push_back({.kind = Kind::kDigits});
    rules.like_num.push_back({.kind = Kind::kFraction, .strings = {"/"}});
    return rules;
  }();
  return lang == "en" ? english : plain;
}

namespace {

// For texts of ASCII letters: without a digit only the word lists can say yes, provided that
// nothing else looks at letters.
bool is_number_word(const std::vector<NumStep>& steps, std::string_view text,
                    const std::string& lower) {
  for (const NumStep& step : steps) {
    if (step.kind != Kind::kWords) continue;
    if (step.words.contains(step.lower ? lower : std::string(text))) return true;
  }
  return false;
}

bool has_letters(const NumStep& step) {
  return std::any_of(step.strings.begin(), step.strings.end(), is_ascii_letters);
}

bool looks_at_letters(const std::vector<NumStep>& steps) {
  for (const NumStep& step : steps) {
    switch (step.kind) {
      case Kind::kDigits:
      case Kind::kFraction:
      case Kind::kWords:
      case Kind::kDigitSuffixes:
        break;
      case Kind::kDropPrefix:
      case Kind::kDropSuffix:
      case Kind::kRemove:
        if (has_letters(step)) return true;
        break;
      default:
        return true;
    }
  }
  return false;
}

// What the step makes of the text for those that follow.
bool rewrite(std::string& text, const NumStep& step) {
  switch (step.kind) {
    case Kind::kDropPrefix:
      drop_prefix(text, step);
      return true;
    case Kind::kDropSuffix:
      if (text.ends_with(step.strings.front())) text = std::string(without_last(text, 1));
      return true;
    case Kind::kRemove:
      for (const auto& what : step.strings) remove_all(text, what);
      return true;
    case Kind::kTrimLower:
      text = trimmed_lower(text);
      return true;
    case Kind::kStripAccents:
      text = without_accents(text);
      return true;
    default:
      return false;
  }
}

bool says_yes(const std::string& text, const NumStep& step) {
  switch (step.kind) {
    case Kind::kDigits:
      return unicode::is_digit(text);
    case Kind::kFraction:
      return is_fraction(text, step.strings.front());
    case Kind::kWords:
      return step.words.contains(step.lower ? unicode::lower(text) : text);
    case Kind::kFirstWords: {
      const std::string lower = unicode::lower(text);
      return step.words.contains(lower.substr(0, lower.find(' ')));
    }
    case Kind::kDigitSuffixes:
      return has_digit_suffix(unicode::lower(text), step);
    case Kind::kWordSuffixes: {
      const auto stem = cut_suffix(step.lower ? unicode::lower(text) : text, step);
      return stem && step.words.contains(*stem);
    }
    case Kind::kSwapSuffixes:
      return step.words.contains(swap_suffix(text, step));
    case Kind::kAfter:
      return is_number_after(text, step);
    case Kind::kContains:
      return contains_any(text, step.strings);
    case Kind::kPattern:
      return (*step.pattern)(text);
    default:
      return false;
  }
}

}  // namespace

bool LexicalRules::is_like_num(std::string_view word, const std::string& lower) const {
  if (is_ascii_letters(word) && !looks_at_letters(like_num)) {
    return is_number_word(like_num, word, lower);
  }
  std::string text(word);
  for (const NumStep& step : like_num) {
    if (!rewrite(text, step) && says_yes(text, step)) return true;
  }
  return false;
}

std::string_view NormRule::norm(std::string_view text, std::string_view lower_form) const {
  const auto known = table.find(std::string(text));
  if (known != table.end()) return known->second;
  const std::string_view form = lower ? lower_form : text;
  const size_t length = suffixes.empty() ? 0 : utf8::count(form);
  for (const Suffixes& group : suffixes) {
    if (length <= group.cut) {
      if (stops_when_short) break;
      continue;
    }
    for (const std::string& suffix : group.any_of) {
      if (form.ends_with(suffix)) return without_last(form, group.cut);
    }
  }
  return form;
}

}  // namespace pawl
