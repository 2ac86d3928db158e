#include "text/vocab.h"

#include <array>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "text/intern_table.h"
#include "text/language_tables.h"
#include "text/lex_attrs.h"
#include "text/lexical_rules.h"
#include "text/unicode.h"
#include "text/vectors.h"
#include "text/vocab_files.h"

namespace pawl {
namespace {

struct AttrRow {
  std::string_view name;
  uint64_t number;  // spacy.attrs
};

constexpr std::array<AttrRow, 36> kAttrs = {{
    {"ORTH", 65},
    {"LOWER", 66},
    {"NORM", 67},
    {"SHAPE", 68},
    {"PREFIX", 69},
    {"SUFFIX", 70},
    {"SPACY", 81},
    {"IS_SPACE", 6},
    {"LENGTH", 71},
    {"IS_ALPHA", 1},
    {"IS_DIGIT", 3},
    {"IS_PUNCT", 5},
    {"LIKE_NUM", 10},
    {"LIKE_URL", 9},
    {"LIKE_EMAIL", 11},
    {"IS_STOP", 12},
    {"IS_TITLE", 7},
    {"IS_UPPER", 8},
    {"IS_LOWER", 4},
    {"IS_ASCII", 2},
    {"ENT_IOB", 77},
    {"ENT_TYPE", 78},
    {"TAG", 75},
    {"POS", 74},
    {"MORPH", 453},
    {"LEMMA", 73},
    {"DEP", 76},
    {"HEAD", 79},
    {"SENT_START", 80},
    {"ENT_KB_ID", 452},
    {"ENT_ID", 454},
    {"IS_BRACKET", 14},
    {"IS_QUOTE", 15},
    {"IS_LEFT_PUNCT", 16},
    {"IS_RIGHT_PUNCT", 17},
    {"IS_CURRENCY", 18},
}};
static_assert(kAttrs.size() == static_cast<size_t>(Attr::kIsCurrency) + 1);

// Word forms kept: about 100 MB of them.
constexpr size_t kMaxLexemes = size_t{1} << 18;

const std::unordered_map<StringId, std::string_view>& base_norm_table() {
  static const auto instance = [] {
    std::unordered_map<StringId, std::string_view> out;
    for (const auto& [text, norm] : base_norms()) out.emplace(string_id(text), norm);
    return out;
  }();
  return instance;
}

uint32_t bit(Attr attr, bool value) {
  return value ? uint32_t{1} << static_cast<int>(attr) : uint32_t{0};
}

// IS_TITLE, IS_UPPER and IS_LOWER of a text of ASCII letters.
uint32_t ascii_case_flags(std::string_view text) {
  size_t upper = 0;
  for (const char c : text) upper += c < 'a';
  const bool capital = text.front() < 'a';
  return bit(Attr::kIsTitle, capital && upper == 1) | bit(Attr::kIsUpper, upper == text.size()) |
         bit(Attr::kIsLower, upper == 0);
}

uint32_t flags_of(std::string_view text, const std::string& lower, const LexicalRules& rules) {
  const uint32_t flags = bit(Attr::kIsStop, rules.is_stop(lower)) |
                         bit(Attr::kLikeNum, rules.is_like_num(text, lower));
  if (is_ascii_letters(text)) {
    return flags | ascii_case_flags(text) | bit(Attr::kIsAlpha, true) | bit(Attr::kIsAscii, true);
  }
  return flags | bit(Attr::kIsTitle, unicode::is_title(text)) |
         bit(Attr::kIsUpper, unicode::is_upper(text)) |
         bit(Attr::kIsLower, unicode::is_lower(text)) |
         bit(Attr::kIsAlpha, unicode::is_alpha(text)) |
         bit(Attr::kIsDigit, unicode::is_digit(text)) | bit(Attr::kIsPunct, is_punct(text)) |
         bit(Attr::kIsSpace, unicode::is_space(text)) | bit(Attr::kIsAscii, is_ascii(text)) |
         bit(Attr::kLikeUrl, is_like_url(text)) | bit(Attr::kLikeEmail, is_like_email(text));
}

}  // namespace

Attr attr_from_name(std::string_view name) {
  for (size_t i = 0; i < kAttrs.size(); ++i) {
    if (kAttrs[i].name == name) return static_cast<Attr>(i);
  }
  throw Error(ErrorKind::kUnsupported,
              "the token attribute '" + std::string(name) + "' is not computed by pawl");
}

std::string_view attr_name(Attr attr) {
  return kAttrs[static_cast<size_t>(attr)].name;
}

uint64_t attr_number(Attr attr) {
  return kAttrs[static_cast<size_t>(attr)].number;
}

std::optional<Attr> attr_from_number(uint64_t number) {
  for (size_t i = 0; i < kAttrs.size(); ++i) {
    if (kAttrs[i].number == number) return static_cast<Attr>(i);
  }
  return {};
}

bool is_lexical(Attr attr) {
  return (attr < Attr::kEntIob && attr != Attr::kSpacy) || attr >= Attr::kIsBracket;
}

struct Vocab::Impl {
  StringStore strings;
  InternTable<Lexeme> lexemes{size_t{1} << 14};
  size_t capacity = kMaxLexemes;
  std::unordered_map<StringId, std::string> lexeme_norms;
  std::optional<LexicalRules> rules;  // empty: those of the language
  VocabFiles files;
  std::shared_ptr<const Vectors> vectors;

  const LexicalRules& rules_for(const std::string& language) const {
    return rules ? *rules : LexicalRules::of_language(language);
  }

  // The lexeme of a form that is not known yet.
  const Lexeme& add(StringId id, std::string_view text, const std::string& language);

  std::string_view norm_of(StringId orth, std::string_view text, std::string_view lower) const {
    const auto norm = lexeme_norms.find(orth);
    if (norm != lexeme_norms.end()) return norm->second;
    const auto base = base_norm_table().find(orth);
    if (base != base_norm_table().end()) return base->second;
    return rules && rules->norm ? rules->norm->norm(text, lower) : lower;
  }

  // `intern` turns a string into its id.
  template <typename Intern>
  Lexeme make(StringId orth, const std::string* text, const std::string& language,
              Intern&& intern) const {
    const std::string lower = unicode::lower(*text);
    Lexeme lexeme;
    lexeme.orth = orth;
    lexeme.text = text;
    lexeme.lower = lower == *text ? orth : intern(lower);
    const std::string_view norm = norm_of(orth, *text, lower);
    lexeme.norm = norm == lower ? lexeme.lower : intern(norm);
    lexeme.shape = intern(word_shape(*text));
    lexeme.prefix = intern(prefix_of(*text));
    lexeme.suffix = intern(suffix_of(*text));
    lexeme.length = static_cast<uint32_t>(utf8::count(*text));
    lexeme.flags = flags_of(*text, lower, rules_for(language));
    return lexeme;
  }
};

Vocab::Vocab() : impl_(std::make_unique<Impl>()) {}
Vocab::~Vocab() = default;

StringStore& Vocab::strings() const {
  return impl_->strings;
}

const Lexeme* Vocab::find(StringId orth) const {
  return impl_->lexemes.find(orth);
}

bool Vocab::is_full() const {
  return impl_->lexemes.size() >= impl_->capacity;
}

void Vocab::set_capacity(size_t forms) {
  impl_->capacity = forms;
}

const Lexeme& Vocab::Impl::add(StringId id, std::string_view text, const std::string& language) {
  const std::string* stored = strings.intern(text).second;
  auto intern = [&](std::string_view value) { return strings.intern(value).first; };
  return *lexemes.find_or_add(id, make(id, stored, language, intern));
}

const Lexeme& Vocab::get(std::string_view text) const {
  static const std::string no_text;
  static const Lexeme empty = [] {
    Lexeme lexeme;
    lexeme.text = &no_text;
    return lexeme;
  }();
  if (text.empty()) return empty;
  const StringId id = string_id(text);
  const Lexeme* known = impl_->lexemes.find(id);
  return known ? *known : impl_->add(id, text, lang);
}

const Lexeme& Vocab::get_transient(std::string_view text, LexemeArena& arena) const {
  const StringId id = string_id(text);
  if (const Lexeme* known = impl_->lexemes.find(id)) return *known;
  if (!is_full()) return impl_->add(id, text, lang);
  auto& [stored, lexeme] = arena.lexemes.emplace_front(std::string(text), Lexeme{});
  lexeme = impl_->make(id, &stored, lang, string_id);
  return lexeme;
}

std::string Vocab::norm_of(std::string_view text) const {
  const std::string lower = unicode::lower(text);
  return std::string(impl_->norm_of(string_id(text), text, lower));
}

std::string Vocab::attribute_of(std::string_view text, Attr attribute) const {
  switch (attribute) {
    case Attr::kLower:
      return unicode::lower(text);
    case Attr::kNorm:
      return norm_of(text);
    case Attr::kShape:
      return word_shape(text);
    case Attr::kPrefix:
      return std::string(prefix_of(text));
    case Attr::kSuffix:
      return std::string(suffix_of(text));
    default:
      return std::string(text);
  }
}

void Vocab::set_lexeme_norms(std::unordered_map<StringId, std::string> norms) {
  impl_->lexeme_norms = std::move(norms);
  impl_->files.forget(VocabFiles::kLookups);
}

void Vocab::set_stop_words(std::vector<std::string> words) {
  if (!impl_->rules) impl_->rules = LexicalRules::of_language(lang);
  impl_->rules->stop_words = {words.begin(), words.end()};
}

void Vocab::from_disk(Env& env, const Path& path) {
  impl_->files = VocabFiles::read(env, path);
  // A bad file is an error now; the strings are seldom asked for.
  impl_->files.each_string(path, [](std::string_view) {});
  impl_->strings.add_later([files = &impl_->files, path](StringStore& strings) {
    files->each_string(path, [&](std::string_view text) { strings.add(text); });
  });
  impl_->lexeme_norms = impl_->files.lexeme_norms(path);
  impl_->rules = impl_->files.lexical_rules(path);
  impl_->vectors = impl_->files.vectors(path);
}

const Vectors* Vocab::vectors() const {
  return impl_->vectors.get();
}

void Vocab::take_vectors(const Vocab& other) {
  impl_->vectors = other.impl_->vectors;
  impl_->files.take_vectors(other.impl_->files);
}

void Vocab::to_disk(Env& env, const Path& path) const {
  impl_->files.write(env, path, impl_->strings.strings(), impl_->lexeme_norms);
}

}  // namespace pawl
