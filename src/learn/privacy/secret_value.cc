#include "learn/privacy/secret_value.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl::pii {

namespace {

constexpr size_t kLongestValue = 512;
constexpr std::u32string_view kQuotes = U"\"'`“„«‘「『‹";
constexpr std::u32string_view kClosing = U"\"'`”“»’」』›";

// Words that follow "password:" or "my password is" and are none.
const std::unordered_set<std::string_view>& no_secrets() {
  static const std::unordered_set<std::string_view> words = {
      "a",          "about",       "after",     "again",        "all",        "already",
      "also",       "always",      "an",        "and",          "any",        "are",
      "as",         "at",          "available", "bad",          "be",         "because",
      "been",       "before",      "being",     "bearer",       "basic",      "best",
      "blank",      "blocked",     "bool",      "boolean",      "broken",     "but",
      "by",         "bytes",       "can",       "case",         "cat",        "causing",
      "char",       "compromised", "confirm",   "confirmation", "correct",    "could",
      "denied",     "did",         "different", "digest",       "do",         "does",
      "don't",      "done",        "easy",      "empty",        "encrypted",  "enough",
      "env",        "error",       "exact",     "exactly",      "exist",      "expired",
      "expires",    "failed",      "fails",     "false",        "field",      "fine",
      "float",      "for",         "forgot",    "forgotten",    "free",       "from",
      "get",        "given",       "gone",      "good",         "guessable",  "had",
      "hard",       "has",         "hash",      "hashed",       "have",       "here",
      "hidden",     "how",         "i",         "i'm",          "if",         "in",
      "incorrect",  "input",       "insecure",  "int",          "integer",    "invalid",
      "is",         "it",          "it's",      "its",          "just",       "key",
      "known",      "leaked",      "like",      "link",         "locked",     "long",
      "longer",     "lost",        "manager",   "mandatory",    "may",        "me",
      "might",      "missing",     "must",      "my",           "name",       "needed",
      "needs",      "never",       "new",       "nil",          "no",         "none",
      "not",        "nothing",     "now",       "null",         "object",     "of",
      "ok",         "okay",        "old",       "on",           "one",        "only",
      "optional",   "or",          "our",       "out",          "outdated",   "pass",
      "password",   "passwords",   "please",    "policy",       "private",    "problem",
      "protected",  "public",      "really",    "redacted",     "refused",    "rejected",
      "required",   "reset",       "return",    "right",        "safe",       "same",
      "saved",      "secret",      "secure",    "self",         "sensitive",  "sent",
      "set",        "short",       "should",    "simple",       "so",         "some",
      "somewhere",  "stale",       "still",     "stolen",       "stored",     "str",
      "string",     "strong",      "stuck",     "such",         "text",       "that",
      "the",        "their",       "then",      "there",        "they",       "this",
      "to",         "token",       "too",       "true",         "type",       "unable",
      "undefined",  "unknown",     "unsafe",    "unset",        "up",         "update",
      "updated",    "use",         "used",      "user",         "username",   "valid",
      "value",      "varchar",     "very",      "was",          "we",         "weak",
      "well",       "what",        "when",      "where",        "which",      "who",
      "why",        "will",        "with",      "without",      "won't",      "working",
      "works",      "would",       "wrong",     "yes",          "you",        "your",
      "void",       "any",         "never",     "number",       "uint",       "property",
      "required,",  "abgelaufen",  "falsch",    "ist",          "nicht",      "ungültig",
      "vergessen",  "zu",          "das",       "der",          "die",        "est",
      "incorrecte", "oublié",      "pas",       "es",           "incorrecta", "no",
      "olvidé",     "la",          "el",        "le",           "è",          "sbagliata",
      "не",         "неверный",    "забыл",     "забыт",        "错误",       "忘记",
      "不",         "错",          "é",         "jest"};
  return words;
}

std::string lowered(const FoldedText& text, size_t start, size_t end) {
  std::string out;
  for (size_t i = start; i < end; ++i) utf8::append(out, unicode::simple_lower(text[i]));
  return out;
}

bool is_identifier(const FoldedText& text, size_t i) {
  return text.is_ascii_word(i) || text[i] == '_';
}

struct Makeup {
  bool digit = false, letter = false, sign = false, mixed_case = false, other_script = false,
       blank = false;
  bool jumbled = false;    // capitals not only at the begin and in front of one more word
  bool scrambled = false;  // capitals in the midst of small letters, more than names have
};

Makeup makeup_of(const FoldedText& text, const SecretValue& v) {
  Makeup m;
  for (size_t i = v.start; i < v.end; ++i) {
    m.digit |= text.is_digit(i);
    m.letter |= text.is_letter(i);
    m.blank |= text.is_space(i);
    m.sign |= !text.is_word(i) && !text.is_space(i) && !is_one_of(text[i], U"'’-");
    m.other_script |= text.is_letter(i) && text[i] >= 0x80;
    m.mixed_case |= i > v.start && text[i] >= 'A' && text[i] <= 'Z' && text.is_word(i - 1);
  }
  size_t changes = 0, capitals = 0, small = 0;
  for (size_t i = v.start + 1; i < v.end; ++i)
    capitals += text[i] >= 'A' && text[i] <= 'Z', small += text[i] >= 'a' && text[i] <= 'z',
        changes += text[i] >= 'A' && text[i] <= 'Z' && text[i - 1] >= 'a' && text[i - 1] <= 'z';
  m.jumbled = v.end - v.start >= 8 && capitals >= 2 && small >= 3;
  m.scrambled = v.end - v.start >= 10 && changes >= 3 && changes * 5 >= v.end - v.start;
  return m;
}

// "${X}", "$(x)", "{{ x }}", "<x>", "%s", "{x}", "$1", "$PASSWORD": filled in elsewhere.
bool is_template(const FoldedText& text, const SecretValue& v) {
  const auto value = text.view(v.start, v.end);
  const char32_t first = value.front(), last = value.back();
  if (value.starts_with(U"${") || value.starts_with(U"$(") || value.starts_with(U"{{") ||
      value.starts_with(U"%(") || value == U"%s")
    return true;
  if (first == '<' && value.find(U'>') != value.npos && (last == '>' || v.quoted == false))
    return true;
  if (first == '{' && last == '}') return true;
  if (first == '[' && last == ']') return true;
  if (value.starts_with(U"$env:")) return true;
  if (first != '$' || value.size() < 2) return false;
  bool capitals = true, name = true;
  for (size_t i = v.start + 1; i < v.end; ++i) {
    name &= is_identifier(text, i);
    capitals &= !(text[i] >= 'a' && text[i] <= 'z');
  }
  return name && (capitals || value.size() <= 2 || !v.quoted) &&
         !std::any_of(value.begin() + 1, value.end() - 1,
                      [](char32_t c) { return c >= '0' && c <= '9'; });
}

// "****", "xxxx", "....".
bool is_masked(std::u32string_view value) {
  return value.find_first_not_of(U"*xX.•●_-#?…") == value.npos;
}

// A name, a call or a subscript of a program: "getpass()", "os.environ['X']", "config.password",
// "new_password", "API_KEY".
bool is_code(const FoldedText& text, const SecretValue& v) {
  if (v.quoted) return false;
  size_t i = v.start;
  bool points = false, digit = false, lower_case = false, underscore = false;
  while (i < v.end &&
         (is_identifier(text, i) || text[i] == '.' || (text[i] == ':' && text[i + 1] == ':'))) {
    points |= text[i] == '.';
    digit |= text.is_digit(i);
    underscore |= text[i] == '_';
    lower_case |= text[i] >= 'a' && text[i] <= 'z';
    i += text[i] == ':' ? 2 : 1;
  }
  if (i == v.start || text.is_digit(v.start)) return false;
  if (text[i] == '(' || text[i] == '[') return true;
  if (i < v.end) return false;
  if (digit) return false;
  if (points) return true;
  // Named after what it holds.
  const std::string name = lowered(text, v.start, v.end);
  for (const char* word : {"password", "passwd", "token", "secret", "api_key", "apikey"}) {
    if (name.find(word) != std::string::npos && (underscore || name != word) &&
        (underscore || lower_case))
      return true;
    if (name == word) return true;
  }
  return underscore && !lower_case;
}

// "/home/x": a path without anything that a password would have.
bool is_path(const FoldedText& text, const SecretValue& v) {
  size_t slashes = 0;
  for (size_t i = v.start; i < v.end; ++i) {
    slashes += text[i] == '/';
    if (!text.is_ascii_letter(i) && !is_one_of(text[i], U"/._-~")) return false;
  }
  return is_one_of(text[v.start], U"/~.") && slashes >= 2;
}

// "<KEY>" and its like stand there already.
bool is_placeholder(const FoldedText& text, const SecretValue& v) {
  if (text[v.start] == '<' && text[v.end - 1] == '>') return true;
  return text[v.start - 1] == '<' && text[v.end] == '>' &&
         std::all_of(text.view().begin() + static_cast<ptrdiff_t>(v.start),
                     text.view().begin() + static_cast<ptrdiff_t>(v.end),
                     [](char32_t c) { return c >= 'A' && c <= 'Z'; });
}

bool ends_sentence(const FoldedText& text, size_t end) {
  while (text[end] == ' ') ++end;
  return end >= text.size() || is_one_of(text[end], U".,;!?\n)\"'") || !(text.is_word(end));
}

bool is_plain_word(const Makeup& m) {
  return !m.digit && !m.sign && !m.mixed_case && !m.blank;
}

bool is_pin(const FoldedText& text, const SecretValue& v) {
  const auto value = text.view(v.start, v.end);
  const auto digits =
      std::count_if(value.begin(), value.end(), [](char32_t c) { return c >= '0' && c <= '9'; });
  const bool only = static_cast<size_t>(digits) +
                        static_cast<size_t>(std::count(value.begin(), value.end(), U'-')) +
                        static_cast<size_t>(std::count(value.begin(), value.end(), U' ')) ==
                    value.size();
  if (only) return digits >= 3 && digits <= 10;
  return digits >= 2 && value.size() >= 5 && value.size() <= 12 &&
         std::all_of(value.begin(), value.end(),
                     [](char32_t c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

bool is_password(const FoldedText& text, const SecretValue& v, const Makeup& m, Link link) {
  const std::string word = lowered(text, v.start, v.end);
  const size_t size = v.end - v.start;
  if (!v.quoted && no_secrets().contains(word)) return false;
  if (v.quoted)
    return size >= 2 && !(is_plain_word(m) && no_secrets().contains(word) && size < 6) &&
           word != "password" && word != "string";
  if (size < 3) return false;
  const bool telling = (m.digit && m.letter) || (m.sign && size >= 4 && (m.letter || m.digit)) ||
                       m.mixed_case || (m.digit && size >= 4);
  if (link == Link::kAssigned) return telling || ends_sentence(text, v.end) || m.other_script;
  if (link == Link::kSaid) {
    if (telling) return true;
    const bool inflected = word.ends_with("ed") || word.ends_with("ing") || word.ends_with("ly");
    return size >= 4 && m.letter && !inflected && ends_sentence(text, v.end);
  }
  return ((m.digit && m.letter) || m.jumbled ||
          (m.sign && m.letter && size >= 5 && !is_one_of(text[v.start], U"(-<[{/"))) &&
         size >= 5;
}

// A UUID or a digest.
bool is_plain_id(const FoldedText& text, const SecretValue& v) {
  const auto value = text.view(v.start, v.end);
  const auto is_hex = [](char32_t c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
  };
  if (value.size() >= 32 && std::all_of(value.begin(), value.end(), is_hex)) return true;
  return v.end - v.start == 36 && text[v.start + 8] == '-' && text[v.start + 13] == '-' &&
         text[v.start + 18] == '-' && text[v.start + 23] == '-';
}

bool is_key(const FoldedText& text, const SecretValue& v, const Makeup& m, CueKind key, Link link) {
  const size_t size = v.end - v.start;
  if (m.blank) return v.quoted && key == CueKind::kSecret && link != Link::kBeside && m.letter;
  const std::string word = lowered(text, v.start, v.end);
  if (no_secrets().contains(word)) return false;
  const bool telling =
      (m.digit && m.letter) || m.scrambled || (m.jumbled && size >= 12 && link == Link::kAssigned);
  if (link == Link::kBeside && !v.quoted && is_plain_id(text, v)) return false;
  if (link == Link::kBeside && !v.quoted)
    return (telling && size >= 10) || (size >= 20 && m.mixed_case);
  if (v.quoted && key == CueKind::kSecret)
    return size >= 4 && (telling || m.sign || m.mixed_case || size >= 8);
  if (key == CueKind::kKeyName) return telling && size >= 12 && !is_plain_id(text, v);
  if (telling) return size >= 6;
  return size >= 16 ? m.mixed_case || m.digit
                    : key == CueKind::kSecret && link == Link::kAssigned &&
                          ((size >= 6 && m.digit) ||
                           (size >= 8 && m.sign && m.letter && !v.quoted && m.mixed_case));
}

}  // namespace

SecretValue read_value(const FoldedText& text, size_t start, bool in_query) {
  SecretValue value;
  const size_t limit = std::min(text.size(), start + kLongestValue);
  const size_t quote = start < text.size() ? kQuotes.find(text[start]) : kQuotes.npos;
  if (quote != kQuotes.npos) {
    const char32_t close = kClosing[quote], other = text[start] == U'„' ? U'”' : close;
    for (size_t i = start + 1; i < limit && text.raw(i) != '\n'; ++i) {
      const bool inner = text.is_escaped(i) && !text.is_escaped(start);
      if ((text[i] != close && text[i] != other) || inner) continue;
      // An apostrophe inside of a word closes nothing.
      if (text[i] == '\'' && text.is_letter(i - 1) && text.is_letter(i + 1)) continue;
      return i > start + 1 ? SecretValue{start + 1, i, true} : SecretValue{};
    }
    ++start;  // a quote that nobody closed
  }
  size_t end = start;
  while (end < limit && !text.is_space(end) && !is_one_of(text[end], U"\"“”»「」，。；、；<`|") &&
         !text.is_long_dash(end) && !(in_query && is_one_of(text[end], U"&#;")))
    ++end;
  if (end == start && text[start] == '<') {
    while (end < limit && text[end] != '\n' && text[end] != '>') ++end;
    if (text[end] == '>') ++end;
  }
  const bool call =
      text[start] == '<' || text.view(start, end).find(U'(') != std::u32string_view::npos;
  while (end > start && is_one_of(text[end - 1], U".,;:?'’…")) --end;
  while (end > start && !call && is_one_of(text[end - 1], U")]}>,;.'")) --end;
  value.start = start;
  value.end = end > start ? end : 0;
  return value;
}

bool is_secret_value(const FoldedText& text, const SecretValue& value, CueKind key, Link link) {
  if (value.end <= value.start) return false;
  if (is_masked(text.view(value.start, value.end)) || is_template(text, value) ||
      is_placeholder(text, value) || is_code(text, value) || is_path(text, value))
    return false;
  const Makeup makeup = makeup_of(text, value);
  switch (key) {
    case CueKind::kPin:
      return is_pin(text, value);
    case CueKind::kPassword:
    case CueKind::kPass:
    case CueKind::kPhrase:
      return is_password(text, value, makeup, link);
    case CueKind::kSecret:
    case CueKind::kToken:
    case CueKind::kKeyName:
      return is_key(text, value, makeup, key, link);
    default:
      return false;
  }
}

}  // namespace pawl::pii
