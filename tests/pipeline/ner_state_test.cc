#include <gtest/gtest.h>

#include <array>

#include "pipeline/ner/state.h"
#include "tests/pipeline/ner_fixture.h"

namespace pawl {
namespace {

using ner_testing::label;
using ner_testing::make_actions;
using ner_testing::make_doc;
using ner_testing::take;
using ner_testing::valid;

void annotate(Doc& doc, size_t i, EntIob iob, const std::string& type) {
  doc[i].ent_iob = iob;
  doc[i].ent_type = type.empty() ? 0 : label(type);
}

TEST(NerState, OutsideBeginAndUnitCompeteWhileNoEntityIsOpen) {
  const Doc doc = make_doc("abc");
  const BiluoActions actions = make_actions({"X", "Y"});
  BiluoState state(doc.tokens());
  EXPECT_EQ(valid(state, actions), "B-X B-Y U-X U-Y O");
  take(state, {"O", "O"});
  EXPECT_EQ(valid(state, actions), "U-X U-Y O") << "the last token cannot begin";
}

TEST(NerState, AnOpenEntityGoesOnWithItsLabelAndEndsWithTheText) {
  const Doc doc = make_doc("abc");
  const BiluoActions actions = make_actions({"X", "Y"});
  BiluoState state(doc.tokens());
  take(state, {"B-Y"});
  EXPECT_EQ(valid(state, actions), "I-Y L-Y");
  take(state, {"I-Y"});
  EXPECT_EQ(valid(state, actions), "L-Y");
  take(state, {"L-Y"});
  EXPECT_TRUE(state.is_final());
  EXPECT_EQ(state.entities(), (std::vector<Span>{{0, 3, label("Y")}}));
}

TEST(NerState, EntitiesHoldWhitespaceButDoNotBeginWithIt) {
  const Doc doc = make_doc("_a_b");
  const BiluoActions actions = make_actions({"X"});
  BiluoState state(doc.tokens());
  EXPECT_EQ(valid(state, actions), "O");
  take(state, {"O", "B-X"});
  EXPECT_EQ(valid(state, actions), "I-X L-X");
}

TEST(NerState, EntitiesDoNotCrossSentences) {
  Doc doc = make_doc("abcd");
  doc[1].sent_start = 1;
  doc[3].sent_start = 1;
  const BiluoActions actions = make_actions({"X"});
  BiluoState state(doc.tokens());
  EXPECT_EQ(valid(state, actions), "U-X O");
  take(state, {"O", "B-X"});
  EXPECT_EQ(valid(state, actions), "L-X");
}

TEST(NerState, KeepsAnnotatedEntities) {
  Doc doc = make_doc("ab_def");
  annotate(doc, 1, EntIob::kBegin, "Y");
  annotate(doc, 2, EntIob::kInside, "Y");
  annotate(doc, 4, EntIob::kBegin, "X");
  const BiluoActions actions = make_actions({"X", "Y"});
  BiluoState state(doc.tokens());
  EXPECT_EQ(valid(state, actions), "U-X U-Y O") << "the next token begins an entity";
  take(state, {"O"});
  EXPECT_EQ(valid(state, actions), "B-Y");
  take(state, {"B-Y"});
  EXPECT_EQ(valid(state, actions), "L-Y");
  take(state, {"L-Y"});
  EXPECT_EQ(valid(state, actions), "U-X U-Y O");
  take(state, {"O"});
  EXPECT_EQ(valid(state, actions), "U-X");
}

TEST(NerState, LeavesBlockedTokensWithoutEntity) {
  Doc doc = make_doc("abc");
  annotate(doc, 1, EntIob::kBegin, "");
  const BiluoActions actions = make_actions({"X"});
  BiluoState state(doc.tokens());
  EXPECT_EQ(valid(state, actions), "U-X O");
  take(state, {"O"});
  EXPECT_EQ(valid(state, actions), "U-");
  take(state, {"U-", "O"});
  set_entities(state, doc);
  EXPECT_TRUE(doc[1].ent_iob == EntIob::kBegin && doc[1].ent_type == 0);
}

TEST(NerState, TokensOutsideAreFree) {
  Doc doc = make_doc("ab");
  annotate(doc, 0, EntIob::kOutside, "");
  annotate(doc, 1, EntIob::kOutside, "");
  EXPECT_EQ(valid(BiluoState(doc.tokens()), make_actions({"X"})), "B-X U-X O");
}

TEST(NerState, NamesTheTokensOfItsFeatures) {
  const Doc doc = make_doc("abcdefghij");
  BiluoState state(doc.tokens());
  std::array<int32_t, 3> three;
  std::array<int32_t, 6> six;
  take(state, {"O", "O"});
  state.features(three);
  EXPECT_EQ(three, (std::array<int32_t, 3>{2, -1, -1}));
  take(state, {"B-X"});
  state.features(three);
  EXPECT_EQ(three, (std::array<int32_t, 3>{3, 2, 2}));
  take(state, {"I-X", "I-X"});
  state.features(three);
  state.features(six);
  EXPECT_EQ(three, (std::array<int32_t, 3>{5, 2, 4}));
  EXPECT_EQ(six, (std::array<int32_t, 6>{5, 2, 3, 4, -1, -1}));
  take(state, {"I-X", "I-X", "I-X"});
  state.features(six);
  EXPECT_EQ(six, (std::array<int32_t, 6>{8, 2, 3, 4, 5, 6}));
}

TEST(NerState, WritesEntitiesAndMarksTheRestAsOutside) {
  Doc doc = make_doc("abcd");
  BiluoState state(doc.tokens());
  take(state, {"U-X", "B-Y", "L-Y", "O"});
  set_entities(state, doc);
  const std::vector<EntIob> expected = {EntIob::kBegin, EntIob::kBegin, EntIob::kInside,
                                        EntIob::kOutside};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(doc[i].ent_iob, expected[i]) << i;
  EXPECT_EQ(doc[2].ent_type, label("Y"));
}

TEST(NerState, WhatContinuesNothingBegins) {
  Doc doc = make_doc("abc");
  annotate(doc, 1, EntIob::kInside, "X");
  BiluoState state(doc.tokens());
  state.force_final();
  set_entities(state, doc);
  EXPECT_EQ(doc[1].ent_iob, EntIob::kBegin);
}

}  // namespace
}  // namespace pawl
