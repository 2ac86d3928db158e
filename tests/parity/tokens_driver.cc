// Answers tests/parity/test_tokens.py: tokens and their attributes, one JSON line per JSON line
// read.
//
// usage: pawl_tokens_driver tokens LANG VOCAB_DIR TOKENIZER_FILE   {"text"} -> [[attributes of a
// token]...]
//        pawl_tokens_driver rules VOCAB_DIR        {"lang","rules","text":[...]}: the tokenizer
//        file's fields pawl_tokens_driver characters             flags and lower case of every code
//        point; \w \d \s of PCRE2 pawl_tokens_driver save LANG VOCAB_DIR TOKENIZER_FILE OUT_DIR
//        reads, and writes vocab/ and tokenizer pawl_tokens_driver ids                    "text" ->
//        its string id pawl_tokens_driver regex                  {"pattern","texts"} ->
//        [[[start,end]...]...] of finditer, or an error
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/pattern.h"
#include "text/tokenizer.h"
#include "text/tokenizer_file.h"
#include "text/unicode.h"

namespace {

using namespace pawl;

// The order is that of ATTRIBUTES in the Python test.
constexpr Attr kFlags[] = {Attr::kIsAlpha, Attr::kIsDigit, Attr::kIsPunct,   Attr::kIsSpace,
                           Attr::kIsTitle, Attr::kIsUpper, Attr::kIsLower,   Attr::kIsAscii,
                           Attr::kLikeNum, Attr::kLikeUrl, Attr::kLikeEmail, Attr::kIsStop};
constexpr Attr kStrings[] = {Attr::kNorm, Attr::kLower, Attr::kShape, Attr::kPrefix, Attr::kSuffix};

Json token_json(const Doc& doc, size_t i) {
  Json out = Json::array();
  out.push_back(Json(*doc[i].lex->text));
  out.push_back(Json(static_cast<uint64_t>(doc[i].idx)));
  out.push_back(Json(static_cast<int64_t>(doc.attr(i, Attr::kSpacy))));
  out.push_back(Json(doc.attr(i, Attr::kLength)));
  uint64_t flags = 0;
  for (const Attr flag : kFlags) flags = flags * 2 + doc.attr(i, flag);
  out.push_back(Json(flags));
  for (const Attr attr : kStrings) out.push_back(Json(doc.vocab().strings().at(doc.attr(i, attr))));
  return out;
}

Json doc_json(const Tokenizer& tokenizer, const std::string& text) {
  try {
    const Doc doc = tokenizer(text);
    Json out = Json::array();
    for (size_t i = 0; i < doc.size(); ++i) out.push_back(token_json(doc, i));
    return out;
  } catch (const Error& error) {
    return Json(error.what());
  }
}

template <typename Answer>
int answer_lines(Answer&& answer) {
  std::string line;
  while (std::getline(std::cin, line)) {
    Json reply;
    try {
      reply = answer(parse_json(line));
    } catch (const Error& error) {
      reply = Json(Json::Object{{"error", Json(error.what())}});
    }
    const std::string out = to_json(reply) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
  return 0;
}

struct Loaded {
  std::shared_ptr<Vocab> vocab = std::make_shared<Vocab>();
  std::unique_ptr<Tokenizer> tokenizer;

  Loaded(const std::string& lang, const Path& vocab_dir, const Path& file) {
    vocab->lang = lang;
    vocab->from_disk(Env::real(), vocab_dir);
    tokenizer = Tokenizer::from_bytes(vocab, Env::real().read_file(file), file.string());
  }
};

// The rules come as the fields of the tokenizer file, with patterns as strings or null.
TokenizerRules rules_of(const Json& json) {
  TokenizerRules rules;
  auto field = [&](const char* key) {
    const Json* value = json.find(key);
    return value && value->is_string() ? value->as_string() : std::string();
  };
  rules.prefix_search = field("prefix_search");
  rules.suffix_search = field("suffix_search");
  rules.infix_finditer = field("infix_finditer");
  rules.token_match = field("token_match");
  rules.url_match = field("url_match");
  rules.faster_heuristics = json.at("faster_heuristics").as_bool();
  for (const auto& [text, pieces] : json.at("exceptions").as_object()) {
    TokenizerException exception{text, {}};
    for (const Json& piece : pieces.as_array()) {
      const Json* norm = piece.find("NORM");
      exception.pieces.push_back({piece.at("ORTH").as_string(), norm ? norm->as_string() : ""});
    }
    rules.exceptions.push_back(std::move(exception));
  }
  return rules;
}

int answer_rules() {
  return answer_lines([](const Json& request) {
    auto vocab = std::make_shared<Vocab>();
    vocab->lang = "en";
    const std::string bytes = tokenizer_file_bytes(rules_of(request.at("rules")));
    const auto tokenizer = Tokenizer::from_bytes(vocab, bytes, "rules");
    Json out = Json::array();
    for (const Json& text : request.at("texts").as_array()) {
      out.push_back(doc_json(*tokenizer, text.as_string()));
    }
    return out;
  });
}

int answer_regex() {
  return answer_lines([](const Json& request) {
    const InfixRule rule(request.at("pattern").as_string(), "pattern");
    Json out = Json::array();
    for (const Json& text : request.at("texts").as_array()) {
      std::vector<Found> found;
      rule(text.as_string(), found);
      Json spans = Json::array();
      for (const Found& span : found) {
        const std::string_view all = text.as_string();
        Json pair = Json::array();
        pair.push_back(Json(static_cast<uint64_t>(utf8::count(all.substr(0, span.start)))));
        pair.push_back(Json(static_cast<uint64_t>(utf8::count(all.substr(0, span.end)))));
        spans.push_back(std::move(pair));
      }
      out.push_back(std::move(spans));
    }
    return out;
  });
}

int print_characters() {
  const Pattern word("\\w", "w", true), digit("\\d", "d", true), space("\\s", "s", true);
  const Pattern not_word("[^\\W]", "w", true), not_space("[\\S]", "s", true);
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    utf8::append(text, c);
    const int regex = word.search(text).has_value() | digit.search(text).has_value() << 1 |
                      space.search(text).has_value() << 2 | not_word.search(text).has_value() << 3 |
                      not_space.search(text).has_value() << 4;
    const std::string lower = unicode::lower(text);
    std::printf("%u %d %d %s\n", static_cast<unsigned>(c), unicode::flags(c), regex,
                lower == text ? "" : to_json(Json(lower)).c_str());
  }
  return 0;
}

int save(char** argv) {
  const Loaded loaded(argv[0], argv[1], argv[2]);
  const Path out = argv[3];
  loaded.vocab->to_disk(Env::real(), out / "vocab");
  Env::real().write_file(out / "tokenizer", loaded.tokenizer->to_bytes(), false);
  Env::real().write_file(out / "tokenizer.rewritten",
                         tokenizer_file_bytes(loaded.tokenizer->rules()), false);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  try {
    if (verb == "tokens" && argc == 5) {
      const Loaded loaded(argv[2], argv[3], argv[4]);
      return answer_lines([&](const Json& request) {
        return doc_json(*loaded.tokenizer, request.at("text").as_string());
      });
    }
    if (verb == "rules") return answer_rules();
    if (verb == "regex") return answer_regex();
    if (verb == "characters") return print_characters();
    if (verb == "save" && argc == 6) return save(argv + 2);
    if (verb == "ids") {
      return answer_lines([](const Json& text) { return Json(string_id(text.as_string())); });
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: pawl_tokens_driver VERB ...\n");
  return 2;
}
