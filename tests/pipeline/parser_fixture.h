// Small documents, trees and action tables for the tests of the dependency parser.
#pragma once

#include <string>
#include <vector>

#include "pipeline/parser/oracle.h"
#include "pipeline/parser/state.h"

namespace pawl::parser_testing {

inline StringStore& strings() {
  static StringStore store;
  return store;
}

inline StringId label(const std::string& name) {
  return name.empty() ? 0 : strings().add(name);
}

// One token per character: '|' begins a sentence, '-' does not, anything else is open.
inline std::vector<Token> make_tokens(const std::string& shape) {
  static const Lexeme lexeme;
  std::vector<Token> tokens;
  for (const char c : shape) {
    Token token;
    token.lex = &lexeme;
    token.sent_start = static_cast<int8_t>(c == '|' ? 1 : c == '-' ? -1 : 0);
    tokens.push_back(token);
  }
  return tokens;
}

// S, D, L- and R- with each label, B-ROOT.
inline ArcEagerActions make_actions(const std::vector<std::string>& labels) {
  ArcEagerActions::Table table;
  table[0] = {{"", 100}};
  table[1] = {{"", 100}};
  int64_t count = 100;
  for (const std::string& name : labels) {
    table[2].emplace_back(name, count);
    table[3].emplace_back(name, count--);
  }
  table[4] = {{"ROOT", 10}};
  ArcEagerActions actions;
  actions.initialize(table, strings());
  return actions;
}

// Parses "S", "D", "L-x" ...
inline ArcEagerAction parse_action(const std::string& name) {
  static const std::string kMoves = "SDLRB";
  ArcEagerAction action;
  action.move = static_cast<ArcEagerMove>(kMoves.find(name[0]));
  if (name.size() > 2) action.label = label(name.substr(2));
  return action;
}

inline void take(ArcEagerState& state, std::initializer_list<const char*> actions) {
  for (const char* name : actions) state.apply(parse_action(name));
}

// The letters of the valid moves.
inline std::string valid(const ArcEagerState& state) {
  std::string out;
  for (int move = 0; move < kArcEagerMoves; ++move) {
    if ((state.valid_moves() >> move) & 1u) out += "SDLRB"[move];
  }
  return out;
}

// A reference in which all is known; sentences are the trees.
inline ArcEagerGold make_gold(const std::vector<int32_t>& heads,
                              const std::vector<std::string>& labels) {
  ArcEagerGold gold;
  gold.heads = heads;
  for (const std::string& name : labels) gold.labels.push_back(label(name));
  gold.known.assign(heads.size(), 1);
  gold.sent_start.assign(heads.size(), 0);
  gold.find_children();
  return gold;
}

}  // namespace pawl::parser_testing
