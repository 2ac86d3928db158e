// Small documents and action tables for the tests of the entity recogniser.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "pipeline/component/example.h"
#include "pipeline/ner/biluo.h"
#include "pipeline/ner/state.h"
#include "text/doc.h"

namespace pawl::ner_testing {

inline const Lexeme& word() {
  static const Lexeme lexeme;
  return lexeme;
}

inline const Lexeme& blank() {
  static const Lexeme lexeme = [] {
    Lexeme space;
    space.flags = 1u << static_cast<int>(Attr::kIsSpace);
    return space;
  }();
  return lexeme;
}

// One token per character: '_' is whitespace, anything else a word.
inline Doc make_doc(const std::string& shape) {
  Doc doc;
  for (const char c : shape) {
    Token token;
    token.lex = c == '_' ? &blank() : &word();
    doc.tokens().push_back(token);
  }
  return doc;
}

inline StringStore& strings() {
  static StringStore store;
  return store;
}

inline StringId label(const std::string& name) {
  return strings().add(name);
}

// Actions for labels of falling frequency: B-.., I-.., L-.., U-.., U-, O.
inline BiluoActions make_actions(const std::vector<std::string>& labels) {
  BiluoActions::Table table;
  for (int move = 1; move <= 4; ++move) {
    int64_t count = 100;
    for (const std::string& name : labels) table[move].emplace_back(name, count--);
  }
  table[4].emplace_back("", 1);
  table[5] = {{"", 1}};
  BiluoActions actions;
  actions.initialize(table, strings());
  return actions;
}

inline Example make_example(const std::string& shape, std::vector<Span> entities) {
  Example example;
  example.predicted = make_doc(shape);
  example.entities = std::move(entities);
  example.has_entities = true;
  return example;
}

// Parses "B-A", "O", "U-" ...
inline BiluoAction parse_action(const std::string& name) {
  static const std::string kMoves = "MBILUO";
  BiluoAction action;
  action.move = static_cast<BiluoMove>(kMoves.find(name[0]));
  if (name.size() > 2) action.label = label(name.substr(2));
  return action;
}

inline void take(BiluoState& state, std::initializer_list<const char*> actions) {
  for (const char* name : actions) state.apply(parse_action(name));
}

// The names of the valid actions, joined by blanks, in their order.
inline std::string valid(const BiluoState& state, const BiluoActions& actions) {
  std::vector<uint8_t> flags(actions.size());
  state.set_valid(actions, flags.data());
  std::string out;
  for (size_t i = 0; i < actions.size(); ++i) {
    if (flags[i]) out += (out.empty() ? "" : " ") + actions.name(i, strings());
  }
  return out;
}

}  // namespace pawl::ner_testing
