// Patterns as JSON over a fixed document: refused, or matched within the limit of steps; every
// match lies in the document.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "text/matcher/matcher.h"

namespace {

using namespace pawl;

struct Words {
  Vocab vocab;
  Doc doc;

  Words() : doc(vocab, "a big red dog , 42 dogs ( a b )") {
    uint32_t at = 0;
    for (const char* word : {"a", "big", "red", "dog", ",", "42", "dogs", "(", "a", "b", ")"}) {
      Token token;
      token.lex = &vocab.get(word);
      token.norm = token.lex->norm;
      token.idx = at;
      token.spacy = true;
      at += token.lex->length + 1;
      doc.tokens().push_back(token);
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Words words;
  try {
    Matcher matcher({.max_steps = 1 << 16});
    matcher.add(1, parse_json({reinterpret_cast<const char*>(data), size}), words.vocab.strings());
    for (const Match& m : matcher(words.doc)) {
      if (m.start >= m.end || m.end > words.doc.size()) std::abort();
    }
  } catch (const Error&) {
    // Refused, with a reason.
  }
  return 0;
}
