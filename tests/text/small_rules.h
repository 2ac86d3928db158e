// A small tokenizer for tests: English in miniature.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace pawl {

inline TokenizerRules small_rules() {
  TokenizerRules rules;
  rules.prefix_search = R"(^[\(\["'$])";
  rules.suffix_search = R"([\)\]"'.,!?]$|\.\.+$|(?<=[0-9])km$|'s$)";
  rules.infix_finditer = R"((?<=[a-z])-(?=[a-z])|\.\.+|…)";
  rules.url_match = R"((?u)^https?://\S+$)";
  rules.exceptions = {{":)", {{":)", ""}}},
                      {"can't", {{"ca", "can"}, {"n't", "not"}}},
                      {"e.g.", {{"e.g.", ""}}},
                      {"New York", {{"New York", ""}}}};
  return rules;
}

inline std::unique_ptr<Tokenizer> make_tokenizer(TokenizerRules rules,
                                                 std::shared_ptr<Vocab> vocab = nullptr) {
  if (!vocab) {
    vocab = std::make_shared<Vocab>();
    vocab->lang = "en";
  }
  return std::make_unique<Tokenizer>(std::move(vocab), std::move(rules));
}

inline std::vector<std::string> words(const Doc& doc) {
  std::vector<std::string> out;
  for (const Token& token : doc.tokens()) out.push_back(*token.lex->text);
  return out;
}

// The text again, from the tokens alone.
inline std::string rebuilt(const Doc& doc) {
  std::string out;
  for (const Token& token : doc.tokens()) {
    out += *token.lex->text;
    if (token.spacy) out += ' ';
  }
  return out;
}

}  // namespace pawl
