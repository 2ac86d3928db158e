#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "pipeline/transition/loss.h"
#include "pipeline/ner/oracle.h"
#include "tests/pipeline/ner_fixture.h"

namespace pawl {
namespace {

using ner_testing::label;
using ner_testing::make_actions;
using ner_testing::make_example;
using ner_testing::parse_action;
using ner_testing::strings;
using ner_testing::take;

// "B-X:0 O:1 ...": every valid action with its cost.
std::string costs(const BiluoState& state, const BiluoGold& gold, const BiluoActions& actions) {
  std::vector<uint8_t> valid(actions.size());
  std::vector<float> values(actions.size());
  set_costs(state, gold, actions, valid.data(), values.data());
  std::string out;
  for (size_t i = 0; i < actions.size(); ++i) {
    if (!valid[i]) {
      EXPECT_EQ(values[i], kInvalidCost);
      continue;
    }
    out += (out.empty() ? "" : " ") + actions.name(i, strings()) + ":" +
           std::to_string(static_cast<int>(values[i]));
  }
  return out;
}

std::string sequence(const Example& example, const BiluoActions& actions) {
  std::string out;
  const BiluoState start(example.predicted.tokens());
  for (const int i : oracle_sequence(start, biluo_gold(example), actions)) {
    out += (out.empty() ? "" : " ") + actions.name(static_cast<size_t>(i), strings());
  }
  return out;
}

TEST(NerOracle, FollowsTheReference) {
  // Ada Lovelace met Babbage: [0,2) X, [3,4) Y
  const Example example = make_example("abcd", {{0, 2, label("X")}, {3, 4, label("Y")}});
  const BiluoActions actions = make_actions({"X", "Y"});
  EXPECT_EQ(sequence(example, actions), "B-X L-X O U-Y");
  const BiluoGold gold = biluo_gold(example);
  BiluoState state(example.predicted.tokens());
  EXPECT_EQ(costs(state, gold, actions), "B-X:0 B-Y:1 U-X:1 U-Y:1 O:1");
  take(state, {"B-X"});
  EXPECT_EQ(costs(state, gold, actions), "I-X:1 L-X:0");
  take(state, {"L-X"});
  EXPECT_EQ(costs(state, gold, actions), "B-X:1 B-Y:1 U-X:1 U-Y:1 O:0");
}

TEST(NerOracle, AnEntityOpenedWrongly) {
  // Reference X over tokens 1 and 2; the model opened Y at 0.
  const Example example = make_example("abcd", {{1, 3, label("X")}});
  const BiluoActions actions = make_actions({"X", "Y"});
  const BiluoGold gold = biluo_gold(example);
  BiluoState state(example.predicted.tokens());
  take(state, {"B-Y"});
  // Token 1 begins the reference entity, which is lost either way.
  EXPECT_EQ(costs(state, gold, actions), "I-Y:0 L-Y:0");
  take(state, {"I-Y"});
  // Token 2 is its end: going on is free only because nothing begins at token 3.
  EXPECT_EQ(costs(state, gold, actions), "I-Y:0 L-Y:0");
}

TEST(NerOracle, GoingOnIntoTheNextEntityCosts) {
  const Example example = make_example("abcd", {{1, 2, label("X")}, {2, 4, label("X")}});
  const BiluoActions actions = make_actions({"X"});
  const BiluoGold gold = biluo_gold(example);
  BiluoState state(example.predicted.tokens());
  take(state, {"B-X"});
  EXPECT_EQ(costs(state, gold, actions), "I-X:1 L-X:0");
}

TEST(NerOracle, ClosingWithinTheReferenceEntityCosts) {
  const Example example = make_example("abcd", {{0, 3, label("X")}});
  const BiluoActions actions = make_actions({"X", "Y"});
  const BiluoGold gold = biluo_gold(example);
  BiluoState right(example.predicted.tokens());
  take(right, {"B-X"});
  EXPECT_EQ(costs(right, gold, actions), "I-X:0 L-X:1");
  BiluoState sunk(example.predicted.tokens());
  take(sunk, {"B-Y"});
  EXPECT_EQ(costs(sunk, gold, actions), "I-Y:0 L-Y:0") << "the label is wrong already";
}

TEST(NerOracle, OutsideWithinAMissedEntityIsFree) {
  const Example example = make_example("abc", {{0, 3, label("X")}});
  const BiluoActions actions = make_actions({"X"});
  BiluoState state(example.predicted.tokens());
  take(state, {"O"});
  EXPECT_EQ(costs(state, biluo_gold(example), actions), "B-X:1 U-X:1 O:0");
}

TEST(NerOracle, MissingAnnotationCostsNothing) {
  Example example = make_example("a_c", {});
  example.missing_entity = {1, 1, 0};
  const BiluoActions actions = make_actions({"X"});
  const BiluoGold gold = biluo_gold(example);
  EXPECT_EQ(gold[0].move, BiluoMove::kMissing);
  EXPECT_EQ(gold[1].move, BiluoMove::kOut) << "whitespace is never missing";
  EXPECT_EQ(gold[2].move, BiluoMove::kOut);
  BiluoState state(example.predicted.tokens());
  EXPECT_EQ(costs(state, gold, actions), "B-X:0 U-X:0 O:0");
}

TEST(NerOracle, KnowsWhereThereIsAReference) {
  Example example = make_example("abc", {{1, 2, label("X")}});
  EXPECT_TRUE(has_gold(example, 0, 1));
  example.missing_entity = {1, 1, 1};
  EXPECT_FALSE(has_gold(example, 0, 1));
  EXPECT_TRUE(has_gold(example, 1, 2)) << "an entity is known even where the rest is missing";
  example.has_entities = false;
  EXPECT_FALSE(has_gold(example, 0, 3));
}

TEST(NerOracle, RefusesEntitiesThatOverlapOrLeaveTheText) {
  EXPECT_THROW(biluo_gold(make_example("abc", {{0, 2, label("X")}, {1, 3, label("X")}})), Error);
  EXPECT_THROW(biluo_gold(make_example("abc", {{2, 4, label("X")}})), Error);
  EXPECT_THROW(biluo_gold(make_example("abc", {{1, 1, label("X")}})), Error);
}

TEST(NerOracle, TakesTheCheapestWayThroughAnImpossibleReference) {
  const Example example = make_example("_b", {{0, 2, label("X")}});
  EXPECT_EQ(sequence(example, make_actions({"X"})), "O O");
}

TEST(NerLoss, IsProbabilityLessProbabilityAmongTheRight) {
  const float scores[] = {1.0f, 2.0f, 0.5f, 9.0f};
  const float costs[] = {0.0f, 1.0f, 0.0f, kInvalidCost};
  const uint8_t valid[] = {1, 1, 1, 0};
  std::vector<double> scratch;
  float gradient[4];
  transition_loss(scores, costs, valid, 4, scratch, gradient);
  double all = 0;
  for (const float s : scores) all += std::exp(s);
  const double right = std::exp(1.0) + std::exp(0.5);
  EXPECT_NEAR(gradient[0], std::exp(1.0) / all - std::exp(1.0) / right, 1e-6);
  EXPECT_NEAR(gradient[1], std::exp(2.0) / all, 1e-6);
  EXPECT_NEAR(gradient[2], std::exp(0.5) / all - std::exp(0.5) / right, 1e-6);
  EXPECT_NEAR(gradient[3], std::exp(9.0) / all, 1e-6) << "invalid actions are pushed down, too";
}

TEST(NerLoss, TakesTheLeastCostWhenNothingIsFree) {
  const float scores[] = {1.0f, 2.0f};
  const float costs[] = {1.0f, kInvalidCost};
  const uint8_t valid[] = {1, 0};
  std::vector<double> scratch;
  float gradient[2];
  transition_loss(scores, costs, valid, 2, scratch, gradient);
  EXPECT_LT(gradient[0], 0.0f);
  EXPECT_GT(gradient[1], 0.0f);
}

}  // namespace
}  // namespace pawl
