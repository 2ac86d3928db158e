#include "learn/privacy/person_names.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/utf8.h"
#include "learn/privacy/full_names.h"
#include "text/unicode.h"

namespace pawl::learn {

namespace {

using WordSet = std::unordered_set<std::string_view>;

// Words that begin with a capital where names stand, and are none.
const WordSet& no_names() {
  static const WordSet words = {
      "i",        "i'm",        "i've",       "you",       "he",         "she",        "it",
      "we",       "they",       "the",        "a",         "an",         "this",       "that",
      "these",    "there",      "here",       "my",        "your",       "his",        "her",
      "our",      "their",      "me",         "us",        "them",       "not",        "no",
      "yes",      "ok",         "okay",       "and",       "or",         "but",        "so",
      "if",       "for",        "from",       "to",        "in",         "on",         "at",
      "of",       "with",       "by",         "as",        "is",         "are",        "was",
      "were",     "be",         "am",         "can",       "could",      "will",       "would",
      "should",   "please",     "thanks",     "thank",     "hi",         "hello",      "hey",
      "dear",     "sir",        "madam",      "team",      "all",        "everyone",   "everybody",
      "folks",    "guys",       "friend",     "friends",   "customer",   "support",    "service",
      "user",     "admin",      "world",      "again",     "just",       "what",       "when",
      "where",    "why",        "how",        "who",       "which",      "good",       "morning",
      "evening",  "afternoon",  "day",        "night",     "bye",        "cheers",     "regards",
      "best",     "sincerely",  "kind",       "lol",       "omg",        "sorry",      "happy",
      "glad",     "trying",     "looking",    "using",     "getting",    "having",     "working",
      "going",    "calling",    "writing",    "new",       "very",       "really",     "still",
      "also",     "now",        "today",      "tomorrow",  "sure",       "unable",     "monday",
      "tuesday",  "wednesday",  "thursday",   "friday",    "saturday",   "sunday",     "january",
      "february", "march",      "april",      "june",      "july",       "august",     "september",
      "october",  "november",   "december",   "urgent",    "about",      "after",      "because",
      "german",   "english",    "french",     "american",  "email",      "phone",      "name",
      "address",  "order",      "account",    "password",  "number",     "call",       "text",
      "alexa",    "siri",       "cortana",    "google",    "gpt",        "chatgpt",    "python",
      "java",     "javascript", "docker",     "kafka",     "redis",      "linux",      "windows",
      "android",  "kubernetes", "postgres",   "mysql",     "sqlite",     "numpy",      "pandas",
      "excel",    "github",     "git",        "npm",       "bash",       "json",       "html",
      "css",      "http",       "api",        "sql",       "django",     "flask",      "react",
      "angular",  "spark",      "hadoop",     "jenkins",   "terraform",  "ansible",    "nginx",
      "apache",   "visa",       "netflix",    "spotify",   "youtube",    "twitter",    "facebook",
      "amazon",   "apple",      "microsoft",  "uber",      "christmas",  "easter",     "god",
      "jesus",    "mr",         "mrs",        "ms",        "dr",         "prof",       "anyone",
      "someone",  "nobody",     "somebody",   "another",   "only",       "one",        "two",
      "first",    "last",       "next",       "great",     "awesome",    "nice",       "cool",
      "wow",      "let",        "do",         "does",      "did",        "has",        "have",
      "had",      "get",        "got",        "too",       "then",       "than",       "help",
      "question", "issue",      "problem",    "error",     "bot",        "assistant",  "agent",
      "wrong",    "right",      "due",        "fine",      "done",       "back",       "ready",
      "afraid",   "curious",    "interested", "confused",  "stuck",      "lost",       "tired",
      "sad",      "angry",      "bored",      "home",      "away",       "late",       "busy",
      "speaking", "wondering",  "called",     "null",      "none",       "true",       "false",
      "string",   "unknown",    "same",       "different", "important",  "ridiculous", "amazing",
      "terrible", "urgently",   "annoying",   "broken",    "slow",       "bad",        "it's",
      "that's",   "irish",      "british",    "scottish",  "spanish",    "turkish",    "polish",
      "swedish",  "danish",     "finnish",    "canadian",  "australian", "indian",     "italian",
      "russian",  "brazilian",  "asian",      "european",  "chinese",    "japanese",   "african",
      "mexican",  "jewish",     "muslim",     "catholic",  "christian",  "dutch",      "korean",
      "belgian",  "norwegian",  "portuguese", "greek",     "swiss",      "mom",        "mam",
      "dad",      "mum",        "welcome",    "edit",      "well",       "internet",   "reddit",
      "honey",    "love",       "sir/madam",  "whom",      "may",        "concern"};
  return words;
}

struct Token {
  int64_t start, end;  // code points
  std::string lower;
  bool capital = false;  // begins with one, or with a letter of a script that has none
  bool shout = false;    // nothing but capitals
  bool plain = true;     // letters, apostrophes, hyphens
};

std::vector<Token> tokens_of(const std::u32string& text) {
  std::vector<Token> tokens;
  const auto size = static_cast<int64_t>(text.size());
  const auto at = [&](int64_t i) { return text[static_cast<size_t>(i)]; };
  const auto letter = [&](int64_t i) {
    return unicode::is(at(i), unicode::kAlpha) || (at(i) >= 0x300 && at(i) <= 0x36F);
  };
  const auto part = [&](int64_t i) { return letter(i) || unicode::is_word(at(i)); };
  for (int64_t i = 0; i < size;) {
    if (!part(i)) {
      ++i;
      continue;
    }
    Token token{i, i, "", !unicode::is(at(i), unicode::kLower) && letter(i), true, true};
    while (i < size) {
      const bool joint = (at(i) == '\'' || at(i) == U'’' || at(i) == '-') && i > token.start &&
                         i + 1 < size && letter(i - 1) && letter(i + 1);
      if (!part(i) && !joint) break;
      token.plain &= letter(i) || joint;
      token.shout &= !unicode::is(at(i), unicode::kLower);
      utf8::append(token.lower, at(i) == U'’' ? U'\'' : unicode::simple_lower(at(i)));
      ++i;
    }
    token.end = i;
    if (token.lower.ends_with("'s") && token.end - token.start > 3 && token.lower != "name's") {
      token.lower.resize(token.lower.size() - 2);
      token.end -= 2;
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

class NameFinder {
 public:
  explicit NameFinder(std::string_view text)
      : text_(utf8::decode(text)), tokens_(tokens_of(text_)) {}

  std::vector<CodePointSpan> run(std::span<const CodePointSpan> recognised) {
    for (const CodePointSpan& span : recognised) keep_recognised(span);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      introduced(i);
      titled(i);
      greeted(i);
      in_field(i);
    }
    with_surnames();
    with_companions();
    said_again();
    return joined();
  }

 private:
  char32_t at(int64_t i) const {
    return i >= 0 && i < static_cast<int64_t>(text_.size()) ? text_[static_cast<size_t>(i)] : 0;
  }

  std::vector<Token>::const_iterator first_token_at(int64_t start) const {
    return std::lower_bound(tokens_.begin(), tokens_.end(), start,
                            [](const Token& token, int64_t p) { return token.end <= p; });
  }

  std::u32string_view between(size_t i) const {  // token i and the next
    const auto start = static_cast<size_t>(tokens_[i].end);
    return std::u32string_view(text_).substr(start,
                                             static_cast<size_t>(tokens_[i + 1].start) - start);
  }

  bool is_word(size_t i, std::string_view word) const {
    return i < tokens_.size() && tokens_[i].lower == word;
  }

  bool may_be_name(size_t i) const {
    return i < tokens_.size() && tokens_[i].plain && !tokens_[i].lower.starts_with("i'") &&
           !no_names().contains(tokens_[i].lower);
  }

  // An initial, a particle, or one more word of a name.
  bool continues(size_t i, bool any_casing) const {
    static const WordSet kParticles = {"van", "von", "de", "da",  "del", "della", "di",
                                       "der", "den", "la", "le",  "bin", "ibn",   "al",
                                       "el",  "dos", "du", "ten", "ter"};
    const bool initial = tokens_[i].capital && tokens_[i].end - tokens_[i].start == 1;
    if (initial && at(tokens_[i].end) == '.') return true;
    if (!may_be_name(i)) return false;
    if (kParticles.contains(tokens_[i].lower))
      return i + 1 < tokens_.size() && (tokens_[i + 1].capital || any_casing);
    return tokens_[i].capital || any_casing;
  }

  // The name of at most `most` words that begins at token i; 0 without one.
  size_t name_words(size_t i, bool any_casing, size_t most) const {
    if (!may_be_name(i) || !(tokens_[i].capital || any_casing)) return 0;
    any_casing = any_casing && !tokens_[i].capital;
    size_t count = 1;
    while (count < most && i + count < tokens_.size()) {
      const auto gap = between(i + count - 1);
      const bool initial =
          gap == U". " && tokens_[i + count - 1].end - tokens_[i + count - 1].start <= 2;
      if ((gap != U" " && !initial) || !continues(i + count, any_casing)) break;
      ++count;
    }
    return count;
  }

  // The same in small letters, of names that everybody knows: "priya", "priya raghunathan".
  size_t known_words(size_t i) const {
    if (!may_be_name(i) || tokens_[i].capital || !is_plain_given_name(tokens_[i].lower)) return 0;
    const bool surname = i + 1 < tokens_.size() && between(i) == U" " && may_be_name(i + 1) &&
                         is_plain_surname(tokens_[i + 1].lower);
    return surname ? 2 : 1;
  }

  void add(size_t first, size_t count) {
    found_.push_back({tokens_[first].start, tokens_[first + count - 1].end});
  }

  // Edges that are no part of a name are cut off; names of programs and words with digits are none.
  void keep_recognised(const CodePointSpan& span) {
    auto first = first_token_at(span.start);
    auto last = first;
    while (last != tokens_.end() && last->start < span.end) ++last;
    const auto no_part = [](const Token& t) { return !t.plain || no_names().contains(t.lower); };
    while (first != last && no_part(*first)) ++first;
    while (first != last && no_part(*(last - 1))) --last;
    if (first == last) return;
    const bool code = at(first->start - 1) == '_' || at((last - 1)->end) == '_' ||
                      at((last - 1)->end) == '(' || at(first->start - 1) == '@' ||
                      at(first->start - 1) == '.' || at(first->start - 1) == '/';
    const bool single_shout = last - first == 1 && first->shout && first->end - first->start > 1 &&
                              first->capital && !unicode::is(at(first->start), unicode::kLower) &&
                              at(first->start) < 0x250;
    if (code || single_shout) return;
    found_.push_back({first->start, (last - 1)->end});
  }

  // "my name is Jane", "ich heiße Jane", "me llamo jane", "this is Jane Smith speaking".
  void introduced(size_t i) {
    struct Introduction {
      std::initializer_list<std::string_view> words;
      // Whatever follows is a name, however it is written; else one with a capital or a known one.
      bool strong;
    };
    static const Introduction kIntroductions[] = {{{"my", "name", "is"}, true},
                                                  {{"my", "name's"}, true},
                                                  {{"my", "full", "name", "is"}, true},
                                                  {{"name", "is"}, false},
                                                  {{"the", "name's"}, true},
                                                  {{"my", "names"}, true},
                                                  {{"i", "am"}, false},
                                                  {{"i'm"}, false},
                                                  {{"this", "is"}, false},
                                                  {{"call", "me"}, false},
                                                  {{"ich", "heiße"}, true},
                                                  {{"ich", "heisse"}, true},
                                                  {{"mein", "name", "ist"}, true},
                                                  {{"ich", "bin"}, false},
                                                  {{"je", "m'appelle"}, true},
                                                  {{"mon", "nom", "est"}, true},
                                                  {{"je", "suis"}, false},
                                                  {{"me", "llamo"}, true},
                                                  {{"mi", "nombre", "es"}, true},
                                                  {{"soy"}, false},
                                                  {{"mi", "chiamo"}, true},
                                                  {{"il", "mio", "nome", "è"}, true},
                                                  {{"sono"}, false},
                                                  {{"meu", "nome", "é"}, true},
                                                  {{"меня", "зовут"}, true},
                                                  {{"мое", "имя"}, true},
                                                  {{"моё", "имя"}, true},
                                                  {{"nazywam", "się"}, true},
                                                  {{"mam", "na", "imię"}, true},
                                                  {{"mijn", "naam", "is"}, true},
                                                  {{"ik", "heet"}, true},
                                                  {{"adım"}, true},
                                                  {{"benim", "adım"}, true},
                                                  {{"jag", "heter"}, true},
                                                  {{"signed"}, false},
                                                  {{"sincerely", "yours"}, false},
                                                  {{"ask", "for"}, false},
                                                  {{"speak", "to"}, false},
                                                  {{"speak", "with"}, false},
                                                  {{"speaking", "with"}, false},
                                                  {{"spoke", "to"}, false},
                                                  {{"spoke", "with"}, false},
                                                  {{"talked", "to"}, false},
                                                  {{"talk", "to"}, false},
                                                  {{"email", "to"}, false},
                                                  {{"meeting", "with"}, false},
                                                  {{"my", "wife"}, false},
                                                  {{"my", "husband"}, false},
                                                  {{"my", "son"}, false},
                                                  {{"my", "daughter"}, false},
                                                  {{"my", "boss"}, false},
                                                  {{"my", "colleague"}, false},
                                                  {{"my", "friend"}, false},
                                                  {{"my", "manager"}, false},
                                                  {{"my", "brother"}, false},
                                                  {{"my", "sister"}, false},
                                                  {{"my", "doctor"}, false},
                                                  {{"assigned", "to"}, false},
                                                  {{"on", "behalf", "of"}, false},
                                                  {{"patient"}, false},
                                                  {{"remind"}, false},
                                                  {{"ask"}, false},
                                                  {{"tell"}, false},
                                                  {{"invite"}, false},
                                                  {{"phone"}, false},
                                                  {{"did"}, false},
                                                  {{"belongs", "to"}, false},
                                                  {{"voicemail", "of"}, false},
                                                  {{"voicemail", "from"}, false},
                                                  {{"message", "from"}, false},
                                                  {{"message", "to"}, false},
                                                  {{"call", "from"}, false},
                                                  {{"letter", "to"}, false},
                                                  {{"email", "from"}, false},
                                                  {{"invoice", "to"}, false},
                                                  {{"invoice", "for"}, false},
                                                  {{"appointment", "with"}, false},
                                                  {{"married", "to"}, false}};
    for (const Introduction& introduction : kIntroductions) {
      size_t k = i;
      bool all = true;
      for (const std::string_view word : introduction.words) all = all && is_word(k++, word);
      if (!all || k >= tokens_.size() || !is_near(k)) continue;
      // "This Is …" is a title.
      if (!introduction.strong && k > i + 1 && tokens_[k - 1].capital && !tokens_[k - 1].shout)
        continue;
      size_t count =
          name_words(k, introduction.strong, introduction.strong && !tokens_[k].capital ? 2 : 4);
      if (count == 0) count = known_words(k);
      if (count > 0 && !tokens_[k].shout)
        add(k, count);
      else if (count > 0 && introduction.strong)
        add(k, count);
    }
  }

  // Only blanks, a colon or quotes between token k and the one before.
  bool is_near(size_t k) const {
    for (const char32_t c : between(k - 1)) {
      if (c != ' ' && c != ':' && c != '"' && c != '\'' && c != ',' && c != U'“') return false;
    }
    return between(k - 1).size() <= 3;
  }

  void titled(size_t i) {
    static const WordSet kTitles = {
        "mr",    "mrs",      "ms",     "miss",   "dr",       "prof",    "professor", "doctor",
        "sir",   "lord",     "herr",   "frau",   "señor",    "señora",  "sr",        "sra",
        "mme",   "monsieur", "madame", "signor", "signora",  "sig",     "dott",      "mx",
        "rev",   "captain",  "capt",   "sgt",    "господин", "госпожа", "uncle",     "aunt",
        "nurse", "officer",  "judge",  "senator"};
    if (!kTitles.contains(tokens_[i].lower) || i + 1 >= tokens_.size()) return;
    const auto gap = between(i);
    if (gap != U" " && gap != U". " && gap != U".") return;
    const bool short_title = tokens_[i].lower.size() <= 4;
    if (!tokens_[i].capital && !short_title) return;
    if (const size_t count = name_words(i + 1, false, 4)) add(i + 1, count);
  }

  // "Hi Jane,", "Dear Jane Smith", "Thanks, Jane", "Regards,\nJane Smith": at the begin of a
  // sentence, with a sign behind the name.
  void greeted(size_t i) {
    static const WordSet kGreetings = {
        "hi",      "hello",        "hey",     "dear",  "thanks", "thank",   "cheers",
        "regards", "sincerely",    "hallo",   "liebe", "lieber", "hola",    "bonjour",
        "ciao",    "salut",        "olá",     "gruß",  "grüße",  "saludos", "cordialement",
        "привет",  "здравствуйте", "goodbye", "bye",   "wishes", "yours"};
    if (!kGreetings.contains(tokens_[i].lower)) return;
    size_t k = i + 1;
    if (is_word(k, "you")) ++k;
    if (k >= tokens_.size()) return;
    const auto gap = between(k - 1);
    if (gap.size() > 3 || gap.find_first_not_of(U" ,\n\r") != gap.npos) return;
    const size_t count = name_words(k, false, 3);
    if (count == 0 || tokens_[k].shout) return;
    const int64_t end = tokens_[k + count - 1].end;
    const char32_t after = at(end) == ' ' ? at(end + 1) : at(end);
    const bool closed = after == 0 || after == ',' || after == '!' || after == '.' ||
                        after == '\n' || after == '?' || after == ':';
    const int64_t before = tokens_[i].start - 1;
    const bool begins = before < 0 || at(before) == '\n' ||
                        (at(before) == ' ' && !unicode::is_word(at(before - 1))) ||
                        tokens_[i].lower == "regards" || tokens_[i].lower == "wishes";
    if (closed && begins) add(k, count);
  }

  // "Customer name: Jane Smith", "\"first_name\": \"Jane\"", "From: Jane Smith <…>".
  void in_field(size_t i) {
    static const WordSet kFields = {
        "name",        "names",       "first_name",   "firstname", "last_name",     "lastname",
        "surname",     "full_name",   "fullname",     "customer",  "customer_name", "client",
        "client_name", "contact",     "contact_name", "author",    "patient",       "employee",
        "attn",        "attention",   "from",         "cc",        "sender",        "recipient",
        "signature",   "signed",      "passenger",    "guest",     "owner",         "assignee",
        "cardholder",  "nombre",      "nom",          "nome",      "vorname",       "nachname",
        "имя",         "фамилия",     "фио",          "user_name", "holder",        "reported by",
        "given_name",  "family_name", "caller",       "agent",     "username",      "person",
        "manager",     "doctor",      "beneficiary",  "payee"};
    static const WordSet kThings = {
        "file",      "host",     "domain", "product", "column", "table",   "project", "class",
        "function",  "variable", "app",    "package", "branch", "brand",   "model",   "company",
        "song",      "playlist", "device", "service", "event",  "city",    "street",  "tag",
        "team",      "game",     "movie",  "book",    "module", "display", "path",    "image",
        "container", "pod",      "node",   "index",   "key",    "field",   "label"};
    if (!kFields.contains(tokens_[i].lower) || i + 1 >= tokens_.size()) return;
    if (i > 0 && kThings.contains(tokens_[i - 1].lower) && between(i - 1).size() <= 1) return;
    const auto gap = between(i);
    const bool sign = gap.find(U':') != gap.npos || gap.find(U'=') != gap.npos || gap == U">";
    if (!sign || gap.size() > 6 || gap.find_first_not_of(U" :=\"'>\t(“") != gap.npos) return;
    if (gap.find(U"::") != gap.npos || gap.find(U"==") != gap.npos) return;
    const size_t count = name_words(i + 1, false, 4);
    if (count > 0 && at(tokens_[i + count].end) != '(' && at(tokens_[i + count].end) != '_')
      add(i + 1, count);
  }

  // Recognisers find half a name at times: a surname behind it is the other one.
  void with_surnames() {
    const size_t count = found_.size();
    for (size_t i = 0; i < count; ++i) {
      const auto next = first_token_at(found_[i].end);
      if (next == tokens_.end() || next->start != found_[i].end + 1 || at(found_[i].end) != ' ')
        continue;
      if (next->capital && next->plain && !no_names().contains(next->lower) &&
          is_plain_surname(next->lower))
        found_.push_back({next->start, next->end});
    }
  }

  // "carla and lisa": who stands beside a person.
  void with_companions() {
    for (size_t i = 0; i < found_.size(); ++i) {
      const auto token = first_token_at(found_[i].end + 1);
      if (token == tokens_.end() || token->lower != "and" || token->start != found_[i].end + 1)
        continue;
      const auto next = static_cast<size_t>(token - tokens_.begin()) + 1;
      if (next >= tokens_.size() || between(next - 1) != U" ") continue;
      if (const size_t count = known_words(next)) add(next, count);
    }
  }

  // The words of names found, wherever else they stand with a capital.
  void said_again() {
    std::unordered_set<std::string> words;
    for (const CodePointSpan& name : found_) {
      for (auto token = first_token_at(name.start);
           token != tokens_.end() && token->start < name.end; ++token) {
        if (token->capital && token->plain && token->lower.size() >= 3) words.insert(token->lower);
      }
    }
    if (words.empty()) return;
    for (const Token& token : tokens_) {
      if (token.capital && words.contains(token.lower)) found_.push_back({token.start, token.end});
    }
  }

  std::vector<CodePointSpan> joined() {
    std::sort(found_.begin(), found_.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
    std::vector<CodePointSpan> out;
    for (const CodePointSpan& span : found_) {
      // Parts of one name that were found apart: one blank between.
      const bool same =
          !out.empty() && (span.start <= out.back().end ||
                           (span.start == out.back().end + 1 && at(out.back().end) == ' '));
      if (same)
        out.back().end = std::max(out.back().end, span.end);
      else
        out.push_back(span);
    }
    return out;
  }

  std::u32string text_;
  std::vector<Token> tokens_;
  std::vector<CodePointSpan> found_;
};

}  // namespace

std::vector<CodePointSpan> find_names(std::string_view text,
                                      std::span<const CodePointSpan> recognised) {
  return NameFinder(text).run(recognised);
}

}  // namespace pawl::learn
