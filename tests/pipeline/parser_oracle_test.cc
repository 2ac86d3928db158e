#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "pipeline/parser/projectivity.h"
#include "tests/pipeline/parser_fixture.h"

namespace pawl {
namespace {

using parser_testing::label;
using parser_testing::make_actions;
using parser_testing::make_gold;
using parser_testing::make_tokens;
using parser_testing::strings;
using parser_testing::take;

std::map<std::string, float> costs(const ArcEagerState& state, const ArcEagerGold& gold,
                                   const ArcEagerActions& actions) {
  std::vector<uint8_t> valid(actions.size());
  std::vector<float> values(actions.size());
  set_costs(state, gold, actions.actions(), valid.data(), values.data());
  std::map<std::string, float> out;
  for (size_t i = 0; i < actions.size(); ++i) out[actions.name(i, strings())] = values[i];
  return out;
}

std::string oracle(const std::string& shape, const ArcEagerGold& gold,
                   const ArcEagerActions& actions) {
  std::string out;
  for (const int action :
       oracle_sequence(ArcEagerState(make_tokens(shape)), gold, actions.actions())) {
    out += (out.empty() ? "" : " ") + actions.name(static_cast<size_t>(action), strings());
  }
  return out;
}

TEST(ParserOracle, BuildsTheReferencesTree) {
  const ArcEagerActions actions = make_actions({"x", "y"});
  const ArcEagerGold gold = make_gold({1, 1, 3, 1}, {"x", "ROOT", "y", "x"});
  EXPECT_EQ(oracle("abcd", gold, actions), "S L-x S S L-y R-x D D");
}

TEST(ParserOracle, ChargesForArcsThatBecomeUnreachable) {
  const ArcEagerActions actions = make_actions({"x", "y"});
  const ArcEagerGold gold = make_gold({1, 1, 1}, {"x", "ROOT", "y"});
  ArcEagerState state(make_tokens("abc"));
  take(state, {"S"});
  const auto cost = costs(state, gold, actions);
  EXPECT_EQ(cost.at("L-x"), 0);
  EXPECT_EQ(cost.at("L-y"), 1);
  EXPECT_EQ(cost.at("S"), 1);
  EXPECT_EQ(cost.at("R-x"), 1);
  EXPECT_EQ(cost.at("D"), 1);
}

TEST(ParserOracle, ChargesForSentencesThatAreMergedOrSplit) {
  const ArcEagerActions actions = make_actions({"x"});
  ArcEagerGold gold = make_gold({0, 1}, {"ROOT", "ROOT"});
  gold.sent_start = {1, 1};
  const ArcEagerState state(make_tokens("ab"));
  EXPECT_EQ(costs(state, gold, actions).at("S"), 1);
  EXPECT_EQ(costs(state, gold, actions).at("B-ROOT"), 0);
  gold.sent_start = {1, 0};
  EXPECT_EQ(costs(state, gold, actions).at("B-ROOT"), 1);
  gold.sent_start = {-1, -1};
  EXPECT_EQ(costs(state, gold, actions).at("B-ROOT"), 0);
}

TEST(ParserOracle, AnUnknownHeadTakesAnyLabel) {
  const ArcEagerActions actions = make_actions({"x", "y"});
  ArcEagerGold gold = make_gold({0, 0, 2}, {"ROOT", "x", "ROOT"});
  gold.known = {1, 0, 1};
  gold.find_children();
  ArcEagerState state(make_tokens("abc"));
  take(state, {"S"});
  EXPECT_EQ(costs(state, gold, actions).at("R-x"), costs(state, gold, actions).at("R-y"));
}

TEST(ParserOracle, EndsWhereSentenceStartsContradictTheReference) {
  const ArcEagerActions actions = make_actions({"x"});
  ArcEagerGold gold = make_gold({0, 1}, {"ROOT", "ROOT"});
  gold.sent_start = {1, 1};
  EXPECT_LE(oracle_sequence(ArcEagerState(make_tokens("a-")), gold, actions.actions()).size(), 4u);
}

TEST(Projectivity, LiftsTheShortestCrossingArcAndRemembersWhereItHung) {
  LabelledTree tree{{1, 1, 4, 1, 1},
                    {label("x"), label("ROOT"), label("y"), label("z"), label("w")}};
  EXPECT_FALSE(is_projective(tree.heads));
  projectivize(tree, strings());
  EXPECT_TRUE(is_projective(tree.heads));
  EXPECT_EQ(tree.heads, (std::vector<int32_t>{1, 1, 1, 1, 1}));
  EXPECT_EQ(strings().at(tree.labels[2]), "y||w");
  EXPECT_EQ(tree.labels[3], label("z"));
}

TEST(Projectivity, PutsLiftedArcsBack) {
  static const Vocab vocab;
  Doc doc(vocab, "");
  doc.tokens() = make_tokens("abcde");
  const char* labels[] = {"x", "ROOT", "y||w", "z", "w"};
  const int32_t heads[] = {1, 0, -1, -2, -3};
  for (size_t i = 0; i < doc.size(); ++i) {
    doc[i].head = heads[i];
    doc[i].dep = vocab.strings().add(labels[i]);
  }
  deprojectivize(doc);
  EXPECT_EQ(doc[2].head, 2);
  EXPECT_EQ(vocab.strings().at(doc[2].dep), "y");
  EXPECT_EQ(doc[0].sent_start, 1);
  EXPECT_EQ(doc[2].sent_start, -1);
}

TEST(Projectivity, RefusesHeadsThatRunInACircle) {
  LabelledTree tree{{1, 2, 0, 3}, std::vector<StringId>(4, 0)};
  EXPECT_THROW(projectivize(tree, strings()), Error);
}

TEST(Projectivity, ALongDocumentTakesNoTime) {
  LabelledTree tree;
  for (int32_t i = 0; i < 20000; ++i) {
    tree.heads.push_back(i == 0 ? 0 : i - 1);
    tree.labels.push_back(label("x"));
  }
  projectivize(tree, strings());
  EXPECT_TRUE(is_projective(tree.heads));
}

TEST(ParserActions, AreNamedAndOrderedAsInSpacy) {
  const ArcEagerActions actions = make_actions({"a||b", "c"});
  std::string names;
  for (size_t i = 0; i < actions.size(); ++i) names += actions.name(i, strings()) + " ";
  EXPECT_EQ(names, "S D L-a||b L-c R-a||b R-c B-ROOT ");
  EXPECT_EQ(actions.labels(), (std::vector<std::string>{"ROOT", "b", "c"}));
  ArcEagerActions more = actions;
  EXPECT_TRUE(more.add_label("new", strings()));
  EXPECT_EQ(more.name(7, strings()), "S-new");
  EXPECT_EQ(more.size(), actions.size() + 5);
}

}  // namespace
}  // namespace pawl
