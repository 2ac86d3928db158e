// Any rules over any text: refused with an Error, or the tokens reproduce the text with the right
// offsets. The input is the five patterns and the special cases (pieces parted by '|'), a line
// each, an empty line, and the text; or, when it is one, the bytes of a tokenizer file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/utf8.h"
#include "text/tokenizer.h"
#include "text/tokenizer_file.h"

namespace {

using namespace pawl;

constexpr size_t kMaxText = 300;  // patterns that blow up are found with short texts too

TokenizerException exception_of(const std::string& line) {
  TokenizerException exception;
  std::istringstream parts(line);
  for (std::string part; std::getline(parts, part, '|');) {
    exception.text += part;
    exception.pieces.push_back({part, ""});
  }
  return exception;
}

TokenizerRules rules_of(std::istringstream& lines) {
  TokenizerRules rules;
  std::string* patterns[] = {&rules.prefix_search, &rules.suffix_search, &rules.infix_finditer,
                             &rules.token_match, &rules.url_match};
  for (std::string* pattern : patterns) std::getline(lines, *pattern);
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    rules.exceptions.push_back(exception_of(line));
  }
  return rules;
}

void check(const Doc& doc, std::string_view text) {
  std::string again;
  uint32_t at = 0;
  for (const Token& token : doc.tokens()) {
    if (token.idx != at || token.lex->length != utf8::count(*token.lex->text)) std::abort();
    again += *token.lex->text;
    if (token.spacy) again += ' ';
    at = token.end() + token.spacy;
  }
  if (again != text) std::abort();
}

void run_file(std::string_view bytes) {
  const auto tokenizer = Tokenizer::from_bytes(std::make_shared<Vocab>(), bytes, "fuzz");
  check((*tokenizer)("(Can't stop.) New York :)"), "(Can't stop.) New York :)");
}

void run_rules(const std::string& input) {
  std::istringstream lines(input);
  TokenizerRules rules = rules_of(lines);
  rules.faster_heuristics = input.size() % 2 == 0;
  std::string text;
  std::getline(lines, text, '\0');
  text.resize(std::min(text.size(), kMaxText));
  const auto tokenizer =
      Tokenizer::from_bytes(std::make_shared<Vocab>(), tokenizer_file_bytes(rules), "fuzz");
  check((*tokenizer)(text), text);
  check((*tokenizer)(text), text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  try {
    const bool file = !input.empty() && (data[0] & 0xF0) == 0x80;
    file ? run_file(input) : run_rules(input);
  } catch (const Error&) {
  }
  return 0;
}
