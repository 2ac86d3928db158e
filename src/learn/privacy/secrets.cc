// Secrets behind a key: in JSON, code, shells, URLs, markup and sentences.
#include <algorithm>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "learn/privacy/scan.h"
#include "learn/privacy/secret_value.h"
#include "text/unicode.h"

namespace pawl::pii {

namespace {

constexpr CueKinds kSecretCues = CueKind::kPassword | CueKind::kPass | CueKind::kKeyName |
                                 CueKind::kPhrase | CueKind::kSecret | CueKind::kToken |
                                 CueKind::kPin;

size_t skip_blanks(const FoldedText& text, size_t i, size_t most = 8) {
  for (size_t n = 0; n < most && text.is_space(i); ++n) ++i;
  return i;
}

bool is_sign_of_key(char32_t c) {
  return is_one_of(c, U"\"'`”»]）)");
}

struct Place {
  size_t value = 0;
  Link link = Link::kBeside;
  bool query = false;
};

std::string word_at(const FoldedText& text, size_t start, size_t& end) {
  std::string word;
  end = start;
  while (text.is_letter(end) && end - start < 16)
    utf8::append(word, unicode::simple_lower(text[end++]));
  return word;
}

bool is_verb(const std::string& word) {
  for (const char* verb :
       {"is",   "was",   "are",   "ist",  "lautet", "war", "est", "es",      "era",
        "è",    "é",     "это",   "jest", "är",     "er",  "on",  "remains", "equals",
        "esta", "heißt", "будет", "su",   "olan",   "هي",  "هو",  "היא",     "הוא"}) {
    if (word == verb) return true;
  }
  return false;
}

bool is_of(const std::string& word) {
  for (const char* of : {"for", "of", "für", "de", "от", "на", "di", "para", "pour", "von"}) {
    if (word == of) return true;
  }
  return false;
}

bool is_filler(const std::string& word) {
  for (const char* filler :
       {"for",     "of",     "the",  "my",  "to",    "on",    "our",     "wifi",
        "account", "server", "here", "at",  "email", "login", "new",     "für",
        "del",     "de",     "from", "has", "been",  "set",   "changed", "reset",
        "updated", "von",    "от",   "на",  "di",    "per",   "para",    "pour"}) {
    if (word == filler) return true;
  }
  return false;
}

// The name goes on behind the key word: "password_hash" names something else, "secret_key_2" not.
// Returns the end of the name, or none.
std::optional<size_t> end_of_name(const FoldedText& text, size_t end) {
  size_t i = end;
  for (size_t parts = 0; parts < 4; ++parts) {
    const bool joined =
        is_one_of(text[i], U"_-.") && text.is_ascii_word(i + 1) && !text.is_long_dash(i);
    if (joined && text[i] == '.' && text.is_digit(i + 1)) return i;
    const bool camel = text.is_ascii_letter(i);
    if (!joined && !camel)
      return text.is_digit(i) && parts == 0 && !text.is_spaced_letter(i + 1) &&
                     is_one_of(text[i + 1], U"=:\"'")
                 ? i + 1
                 : i;
    const size_t start = joined ? i + 1 : i;
    size_t stop = start;
    std::string part;
    while (text.is_ascii_word(stop) && stop - start < 20) utf8::append(part, lower(text[stop++]));
    bool known = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos &&
                 part.size() <= 2;
    for (const char* word :
         {"key",    "value", "prod",   "dev",  "test",  "confirm", "confirmation",
          "repeat", "again", "new",    "old",  "plain", "base64",  "live",
          "admin",  "user",  "root",   "db",   "main",  "default", "staging",
          "secret", "token", "string", "code", "stdin"})
      known |= part == word && part != "stdin";
    if (!known) return std::nullopt;
    i = stop;
  }
  return i;
}

class SecretFinder {
 public:
  SecretFinder(const FoldedText& text, const Cues& cues, Finds& finds)
      : text_(text), cues_(cues), finds_(finds) {}

  void run() {
    size_t done = 0;
    for (const CueAt& cue : cues_.all()) {
      if (!holds(kSecretCues, cue.kind) || cue.start < done) continue;
      if (const size_t end = find_behind(cue))
        done = end;
      else
        find_in_front(cue);
    }
    find_in_commands();
  }

 private:
  // The end of what was found, 0 for nothing.
  size_t find_behind(const CueAt& cue) {
    const std::optional<size_t> name = end_of_name(text_, cue.end);
    if (!name) return 0;
    const Place place = place_of_value(cue, *name);
    if (place.value == 0) return 0;

    if (cue.kind == CueKind::kKeyName && !(place.query || place.link == Link::kAssigned)) return 0;
    SecretValue value = read_value(text_, place.value, place.query);
    if (cue.kind == CueKind::kPass && place.link != Link::kAssigned && !is_quoted_code(value))
      return 0;
    if (cue.kind == CueKind::kToken && !value.quoted) skip_name(value);
    skip_scheme(value, place);
    if (cue.kind == CueKind::kPhrase && !value.quoted && place.link != Link::kBeside)
      value.end = end_of_phrase(value);
    if (cue.kind == CueKind::kPin) shorten_pin(value);
    if (!is_secret_value(text_, value, cue.kind, place.link)) return 0;
    finds_.push_back({value.start, value.end, Kind::kKey});
    return value.end;
  }

  // In quotes, without blanks, with a digit or a sign: no title of a song.
  bool is_quoted_code(const SecretValue& value) const {
    bool sign = false, blank = false;
    for (size_t i = value.start; i < value.end; ++i) {
      sign |= !text_.is_letter(i) && !text_.is_space(i) && text_[i] != '-' && text_[i] != '\'';
      blank |= text_.is_space(i);
    }
    return value.quoted && sign && !blank;
  }

  // Where the value begins, and how it hangs together with the key that ends at `end`.
  Place place_of_value(const CueAt& cue, size_t end) const {
    const bool query = is_one_of(text_[start_of_name(cue.start) - 1], U"?&");
    const bool flag = start_of_name(cue.start) >= 1 && text_[start_of_name(cue.start) - 1] == '-' &&
                      !text_.is_word(start_of_name(cue.start) - 2);
    size_t i = end;
    if (text_[i] == '>' && text_[start_of_name(cue.start) - 1] == '<')
      return {i + 1, Link::kAssigned, false};
    while (is_sign_of_key(text_[i]) && i < end + 3) ++i;
    const bool closed = i > end;
    if (i == end && text_[i] == '#') ++i;
    const size_t sign = skip_blanks(text_, i);
    if (const size_t after = assignment(sign))
      return {skip_blanks(text_, after), Link::kAssigned, query};
    if (flag && text_[end] == ' ' && text_[end + 1] != '-')
      return {end + 1, Link::kAssigned, false};
    if (closed && !flag) return call_or_nothing(end);
    return said(cue, sign);
  }

  // password("x") and the like are calls; nothing can be told of them.
  static Place call_or_nothing(size_t) { return {}; }

  // The start of the name that the key word is the last part of: "--db-password", "&client_secret".
  size_t start_of_name(size_t start) const {
    size_t i = start;
    while (i > 0 && start - i < 40 &&
           (text_.is_ascii_word(i - 1) || text_[i - 1] == '_' ||
            (is_one_of(text_[i - 1], U"-.") && text_.is_ascii_word(i - 2))))
      --i;
    return i;
  }

  // The position after ":", "=", "=>", ":=", "->"; 0 without. Comparisons are none.
  size_t assignment(size_t i) const {
    const char32_t c = text_[i], next = text_[i + 1];
    if (c == '=' && next == '=') return 0;
    if (c == '=') return next == '>' ? i + 2 : i + 1;
    if (c == ':') {
      if (next == ':') return 0;
      return next == '=' ? i + 2 : i + 1;
    }
    if (c == '-' && next == '>') return i + 2;
    if (c == '-' && next == ' ' && text_[i - 1] == ' ') return i + 1;
    return c == U'→' ? i + 1 : 0;
  }

  // "is", "is:", "for the guest wifi is", "to"; or the value right beside.
  Place said(const CueAt& cue, size_t i) const {
    for (const char32_t is : U"是は为為는은이가") {
      if (is != 0 && text_[i] == is) return {skip_blanks(text_, i + 1), Link::kSaid, false};
    }
    size_t at = i;
    int nouns = 0;  // of whose it is that may come next: "for my mail account"
    for (size_t words = 0; words < 7; ++words) {
      size_t end = at;
      const std::string word = word_at(text_, at, end);
      if (is_verb(word)) return after_verb(end, words > 1);
      if (word == "to" && text_[end] == ' ') return {skip_blanks(text_, end), Link::kBeside, false};
      if (words > 0) {
        if (const size_t sign = assignment(skip_blanks(text_, at)); sign > 0 && word.empty())
          return {skip_blanks(text_, sign), Link::kSaid, false};
      }
      const bool named = nouns > 0 && !word.empty() && !is_filler(word);
      if (!is_filler(word) && !named) break;
      if (named) --nouns;
      if (is_of(word)) nouns = 2;
      at = skip_blanks(text_, end);
    }
    if (cue.kind == CueKind::kPin || i > cue.end) return {i, Link::kBeside, false};
    return {};
  }

  Place after_verb(size_t end, bool far) const {
    size_t i = skip_blanks(text_, end);
    if (const size_t sign = assignment(i))
      return {skip_blanks(text_, sign), Link::kAssigned, false};
    if (i == end) return {};
    size_t stop = i;
    const std::string word = word_at(text_, i, stop);
    if (word == "now" || word == "still" || word == "just" || word == "always")
      i = skip_blanks(text_, stop);
    return {i, far ? Link::kBeside : Link::kSaid, false};
  }

  // "Bearer", "Basic" before the value itself.
  void skip_scheme(SecretValue& value, const Place& place) const {
    size_t end = value.start;
    const std::string word = word_at(text_, value.start, end);
    if ((word == "bearer" || word == "basic" || word == "digest" || word == "token" ||
         word == "apikey") &&
        text_[end] == ' ') {
      const bool quoted = value.quoted;
      SecretValue rest = read_value(text_, skip_blanks(text_, end), place.query);
      if (quoted)
        rest.end = std::min(rest.end == 0 ? value.end : rest.end, value.end), rest.quoted = false;
      value = rest;
    }
  }

  // "session=x" behind "Cookie:".
  void skip_name(SecretValue& value) const {
    size_t i = value.start;
    while (i < value.end && (text_.is_ascii_word(i) || text_[i] == '_' || text_[i] == '-')) ++i;
    if (text_[i] == '=' && i > value.start && i - value.start <= 24 && text_.is_ascii_word(i + 1))
      value.start = i + 1;
  }

  // A phrase of at least three words goes on to the end of its sentence.
  size_t end_of_phrase(const SecretValue& value) const {
    size_t end = value.start, words = 0;
    for (size_t i = value.start; i < text_.size() && i < value.start + 256; ++i) {
      if (text_[i] == '\n' || (text_[i] == '-' && text_[i - 1] == ' ') ||
          is_one_of(text_[i], U".,;:!?\"<>{}[]|="))
        break;
      if (text_.is_word(i)) {
        words += !text_.is_word(i - 1);
        end = i + 1;
      }
    }
    return words >= 3 ? end : value.end;
  }

  // Digits only, of a value that goes on: "123, thanks".
  void shorten_pin(SecretValue& value) const {
    size_t end = value.start;
    while (end < value.end && text_.is_digit(end)) ++end;
    if (end - value.start >= 3 && !text_.is_word(end) &&
        !(text_[end] == '-' && text_.is_digit(end + 1)) &&
        !(text_[end] == '.' && text_.is_digit(end + 1)))
      value.end = end;
  }

  // "hunter2 is my password"
  void find_in_front(const CueAt& cue) {
    if (cue.kind != CueKind::kPassword && cue.kind != CueKind::kPin) return;
    size_t i = cue.start;
    const auto back = [&](std::u32string_view word) {
      size_t k = i;
      while (k > 0 && text_[k - 1] == ' ') --k;
      if (k < word.size() || k == i) return false;
      for (size_t c = 0; c < word.size(); ++c) {
        if (lower(text_[k - word.size() + c]) != word[c]) return false;
      }
      if (text_.is_word(k - word.size() - 1)) return false;
      i = k - word.size();
      return true;
    };
    for (const auto* word : {U"wifi", U"new", U"old", U"current"}) back(word);
    if (!back(U"my") && !back(U"the") && !back(U"our")) return;
    if (!back(U"is") && !back(U"was") && !back(U"as")) return;
    while (i > 0 && text_[i - 1] == ' ') --i;
    size_t start = i;
    while (start > 0 && i - start < 64 && !text_.is_space(start - 1)) --start;
    const SecretValue value = read_value(text_, start, false);
    if (value.end > 0 && value.end <= i && is_secret_value(text_, value, cue.kind, Link::kBeside))
      finds_.push_back({value.start, value.end, Kind::kKey});
  }

  // curl -u user:password, mysql -pPassword, sshpass -p password.
  void find_in_commands() {
    const std::u32string_view all = text_.view();
    for (size_t i = all.find(U" -"); i != all.npos; i = all.find(U" -", i + 2)) {
      const char32_t option = text_[i + 2];
      if (option == 'u' && is_command(i, U"curl")) after_user(i + 3);
      if (option == 'p' && (is_command(i, U"mysql") || is_command(i, U"mysqldump")))
        whole_value(i + 3);
      if (option == 'p' && is_command(i, U"sshpass")) whole_value(skip_blanks(text_, i + 3));
      if (option == '-' && text_.view(i, std::min(i + 7, all.size())) == U" --user" &&
          is_command(i, U"curl"))
        after_user(i + 7);
    }
  }

  // The nearest begin of a command before `i`, at most 160 characters back.
  bool is_command(size_t i, std::u32string_view name) const {
    const size_t floor = i > 160 ? i - 160 : 0;
    const size_t at = text_.view(floor, i).rfind(name);
    if (at == std::u32string_view::npos) return false;
    const size_t start = floor + at;
    return !text_.is_word(start - 1) && !text_.is_word(start + name.size()) &&
           text_.view(start, i).find(U'|') == std::u32string_view::npos;
  }

  void after_user(size_t i) {
    i = skip_blanks(text_, i);
    if (is_one_of(text_[i], U"\"'=")) ++i;
    size_t colon = i;
    while (colon < i + 64 && (text_.is_word(colon) || is_one_of(text_[colon], U"_.@-+"))) ++colon;
    if (text_[colon] != ':' || colon == i) return;
    whole_value(colon + 1);
  }

  void whole_value(size_t i) {
    const SecretValue value = read_value(text_, i, false);
    if (value.end > value.start + 2 && text_[value.start] != '$')
      finds_.push_back({value.start, value.end, Kind::kKey});
  }

  const FoldedText& text_;
  const Cues& cues_;
  Finds& finds_;
};

}  // namespace

void find_secrets(const FoldedText& text, const Cues& cues, Finds& finds) {
  SecretFinder(text, cues, finds).run();
}

}  // namespace pawl::pii
