#include "learn/privacy/person_ids.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/utf8.h"
#include "learn/privacy/digit_runs.h"
#include "learn/privacy/folded_text.h"
#include "learn/privacy/full_names.h"
#include "learn/privacy/person_names.h"
#include "learn/privacy/phone_plans.h"
#include "learn/privacy/pii.h"
#include "text/unicode.h"

namespace pawl::learn {

namespace {

using pii::DigitRun;
using pii::FoldedText;

// A number that a phone somewhere may have.
bool is_phone_number(const std::string& digits) {
  if (digits.size() < 9 || digits.size() > 15) return false;
  const bool american = digits.size() == 10 && digits[0] >= '2' && digits[3] >= '2';
  const bool national = digits[0] == '0' && digits[1] != '0' && digits.size() <= 12;
  const bool abroad = digits.starts_with("00") && pii::is_planned_number(digits.substr(2));
  return american || national || abroad || (digits.size() >= 10 && pii::is_planned_number(digits));
}

bool holds_phone_number(const FoldedText& text) {
  const std::vector<DigitRun> runs = pii::find_digit_runs(text);
  for (size_t i = 0; i < runs.size(); ++i) {
    std::string digits;
    for (size_t k = i; k < runs.size() && digits.size() <= 15; ++k) {
      if (runs[k].reading == pii::Reading::kWord || runs[k].reading == pii::Reading::kDate) break;
      if (k > i && runs[k].start - runs[k - 1].end > 2) break;
      for (size_t c = runs[k].start; c < runs[k].end; ++c)
        digits.push_back(static_cast<char>(text[c]));
      const bool whole = k + 1 >= runs.size() || runs[k + 1].start - runs[k].end > 2;
      if (whole && is_phone_number(digits)) return true;
    }
  }
  return false;
}

// What ids are made of that are nobody's name.
bool is_common_part(const std::string& part) {
  static const std::unordered_set<std::string_view> kParts = {
      "a",         "account",  "admin",     "agent",        "alpha",
      "android",   "anon",     "anonymous", "api",          "app",
      "assistant", "b",        "beta",      "bot",          "c",
      "chat",      "client",   "conv",      "conversation", "customer",
      "default",   "demo",     "dev",       "device",       "dialog",
      "example",   "fifth",    "first",     "five",         "fourth",
      "four",      "guest",    "host",      "id",           "ios",
      "key",       "last",     "mail",      "member",       "message",
      "mobile",    "msg",      "new",       "no",           "node",
      "none",      "old",      "one",       "operator",     "phone",
      "prod",      "profile",  "robot",     "root",         "sample",
      "second",    "seed",     "sender",    "server",       "service",
      "session",   "shop",     "sim",       "simulated",    "someone",
      "staff",     "staging",  "stranger",  "sub",          "support",
      "system",    "team",     "tenant",    "test",         "tester",
      "the",       "third",    "thread",    "three",        "turn",
      "two",       "uid",      "unknown",   "user",         "users",
      "usr",       "uuid",     "visitor",   "web",          "worker",
      "x",         "y",        "z",         "author",       "person",
      "people",    "honest",   "poison",    "attacker",     "malicious",
      "reviewer",  "somebody", "other",     "another"};
  return kParts.contains(part);
}

struct Parts {
  std::vector<std::string> words;  // lower case
  bool capitals = true;            // each begins with one
  bool plain = true;               // nothing but letters, one separator between, digits at the end
  bool blank = false;              // a blank or a point stands between
};

Parts parts_of(const FoldedText& text) {
  Parts parts;
  const auto is_capital = [&](size_t i) { return unicode::is(text[i], unicode::kUpper); };
  for (size_t i = 0; i < text.size();) {
    if (text.is_digit(i)) {
      while (text.is_digit(i)) ++i;
      parts.plain &= i >= text.size();
    } else if (!text.is_letter(i)) {
      parts.blank |= text.is_space(i) || text[i] == '.';
      parts.plain &= pii::is_one_of(text[i], U" .-_'’,") && i > 0;
      ++i;
    } else {
      std::string word;
      parts.capitals &= is_capital(i);
      const size_t start = i;
      while (text.is_letter(i) && !(i > start && is_capital(i) && !is_capital(i - 1)))
        utf8::append(word, unicode::simple_lower(text[i++]));
      parts.words.push_back(std::move(word));
    }
  }
  return parts;
}

bool is_name(const FoldedText& text, IdOf of) {
  const Parts parts = parts_of(text);
  const size_t count = parts.words.size();
  if (!parts.plain || count == 0 || count > 4) return false;
  if (std::any_of(parts.words.begin(), parts.words.end(), is_common_part)) return false;
  const auto letters = [](const std::string& word) { return utf8::count(word); };
  const bool long_enough = std::any_of(parts.words.begin(), parts.words.end(),
                                       [&](const auto& word) { return letters(word) >= 3; });
  if (of == IdOf::kThing)
    return count >= 2 && parts.capitals && text.view().find(U' ') != text.view().npos;
  if (count >= 2) return long_enough;
  return parts.capitals && letters(parts.words[0]) >= 3 &&
         std::none_of(text.view().begin() + 1, text.view().end(),
                      [](char32_t c) { return unicode::is(c, unicode::kUpper); });
}

// "j.smith".
bool is_initial_and_surname(const std::vector<std::string>& words) {
  return words.size() == 2 && utf8::count(words[0]) == 1 && is_plain_surname(words[1]);
}

// Words and numbers of a label, in small letters.
std::vector<std::string> words_and_numbers(const FoldedText& text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    const size_t start = i;
    std::string lower;
    while (text.is_word(i)) utf8::append(lower, unicode::simple_lower(text[i++]));
    if (i == start)
      ++i;
    else
      words.push_back(std::move(lower));
  }
  return words;
}

// "12 Main Street", "Hauptstraße 5", "12, rue de Rivoli", "Calle Mayor 3".
bool holds_street(const FoldedText& text) {
  static const std::unordered_set<std::string_view> kBehindName = {
      "street", "avenue", "boulevard", "blvd", "road", "lane", "crescent"};
  static const std::unordered_set<std::string_view> kBeforeName = {
      "calle", "rue", "ulica", "улица", "avenida", "rua", "viale", "piazza"};
  static constexpr std::string_view kEnds[] = {"strasse", "straße", "gasse", "gatan", "straat"};
  constexpr size_t kNear = 4;  // words
  const std::vector<std::string> words = words_and_numbers(text);
  const auto is_number = [&](size_t i) {
    return i < words.size() && words[i].front() >= '0' && words[i].front() <= '9';
  };
  const auto number_within = [&](size_t first, size_t last) {
    for (size_t i = first; i < std::min(last, words.size()); ++i) {
      if (is_number(i)) return true;
    }
    return false;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t before = i > kNear ? i - kNear : 0;
    if (kBehindName.contains(words[i]) && i > 0 && number_within(before, i - 1)) return true;
    if (kBeforeName.contains(words[i]) && i + 1 < words.size() && !is_number(i + 1) &&
        ((i > 0 && is_number(i - 1)) || number_within(i + 2, i + 1 + kNear)))
      return true;
    const bool compound = std::any_of(std::begin(kEnds), std::end(kEnds), [&](auto end) {
      return words[i].size() > end.size() && words[i].ends_with(end);
    });
    if (compound && is_number(i + 1)) return true;
  }
  return false;
}

// RFC 9562: 8-4-4-4-12 hexadecimal digits. Some of them look like a number of somebody's.
bool is_uuid(std::string_view id) {
  if (id.size() != 36) return false;
  for (size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

bool is_personal_id(std::string_view id, IdOf of) {
  if (id.empty() || is_uuid(id)) return false;
  if (has_personal_data(id)) return true;
  const FoldedText text(id);
  return holds_phone_number(text) || is_name(text, of) || holds_full_name(parts_of(text).words);
}

bool is_personal_label(std::string_view label) {
  if (has_personal_data(label) || !find_names(label, {}).empty()) return true;
  const FoldedText text(label);
  if (holds_phone_number(text) || holds_street(text)) return true;
  const std::vector<std::string> words = parts_of(text).words;
  return holds_full_name(words) || is_initial_and_surname(words);
}

}  // namespace pawl::learn
