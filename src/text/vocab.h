// Lexical types: the attributes of a word form that do not depend on context, computed once per
// form.
#pragma once

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/msgpack.h"
#include "text/string_store.h"

namespace pawl {

enum class Attr : uint8_t {
  kOrth,
  kLower,
  kNorm,
  kShape,
  kPrefix,
  kSuffix,
  kSpacy,
  kIsSpace,
  kLength,
  kIsAlpha,
  kIsDigit,
  kIsPunct,
  kLikeNum,
  kLikeUrl,
  kLikeEmail,
  kIsStop,
  kIsTitle,
  kIsUpper,
  kIsLower,
  kIsAscii,
  kEntIob,
  kEntType,
  kTag,
  kPos,
  kMorph,
  kLemma,
  kDep,
  kHead,
  kSentStart,
  kEntKbId,
  kEntId,
  kIsBracket,
  kIsQuote,
  kIsLeftPunct,
  kIsRightPunct,
  kIsCurrency
};

// spaCy's name of the attribute ("ORTH", ...) and back; throws Error(kUnsupported) for one pawl
// does not compute.
Attr attr_from_name(std::string_view name);
std::string_view attr_name(Attr attr);
// spaCy's number of the attribute (spacy.attrs), as arrays and DocBins name it, and back; empty for
// one pawl does not compute.
uint64_t attr_number(Attr attr);
std::optional<Attr> attr_from_number(uint64_t number);
// Whether it is a property of the word form alone.
bool is_lexical(Attr attr);

struct Lexeme {
  StringId orth = 0, lower = 0, norm = 0, shape = 0, prefix = 0, suffix = 0;
  uint32_t length = 0;  // code points
  uint32_t flags =
      0;  // bit (1 << static_cast<int>(Attr)) for the boolean attributes before kEntIob
  const std::string* text = nullptr;  // owned by the StringStore

  bool is(Attr flag) const { return (flags >> static_cast<int>(flag)) & 1u; }
};

class Vectors;

// Word forms that one document keeps for itself once its Vocab is full.
struct LexemeArena {
  std::forward_list<std::pair<std::string, Lexeme>> lexemes;  // with their texts
};

// Shared by the documents, tokenizer and components of one pipeline. Lookup of lexemes and strings
// is safe from any number of threads; loading and the setting of tables are not.
class Vocab {
 public:
  Vocab();
  ~Vocab();

  StringStore& strings() const;
  // The lexeme of this form; computed at first sight. The address stays valid as long as the Vocab.
  // The strings of its attributes can be looked up in strings(), but are not saved with the
  // pipeline.
  const Lexeme& get(std::string_view text) const;
  const Lexeme* find(StringId orth) const;  // null when no such form has been met
  // The same, but once the Vocab is full a new form goes into the arena, and its attributes'
  // strings nowhere: so the memory of a long-running process stays flat.
  const Lexeme& get_transient(std::string_view text, LexemeArena& arena) const;
  bool is_full() const;
  // How many forms are kept: 2^18 if nothing else is said. To be set before texts are read.
  void set_capacity(size_t forms);
  // The text of the form's NORM, whether the form is kept or not.
  std::string norm_of(std::string_view text) const;
  // The same of LOWER, NORM, SHAPE, PREFIX or SUFFIX; of other attributes the form itself.
  std::string attribute_of(std::string_view text, Attr attribute) const;

  // spaCy's lexeme_norm table: form -> norm. Must be set before the first lexeme is made.
  void set_lexeme_norms(std::unordered_map<StringId, std::string> norms);
  void set_stop_words(std::vector<std::string> words);
  // The words' static vectors; null when there are none. Set before the first use only.
  const Vectors* vectors() const;
  void take_vectors(const Vocab& other);

  // The language's code; to be set before the first lexeme is made. Stop words and LIKE_NUM come
  // from vocab/lex_attrs.json (language packs have it), else English is built in, else there are no
  // stop words and the language-independent LIKE_NUM.
  std::string lang;

  // vocab/ of a pipeline folder: strings.json, lookups.bin, vectors, key2row, vectors.cfg. What
  // pawl does not use is kept as bytes and written back. Throws Error naming the file.
  void from_disk(Env& env, const Path& path);
  void to_disk(Env& env, const Path& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl
