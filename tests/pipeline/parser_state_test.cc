#include <gtest/gtest.h>

#include <array>

#include "pipeline/parser/annotate.h"
#include "tests/pipeline/parser_fixture.h"

namespace pawl {
namespace {

using parser_testing::label;
using parser_testing::make_tokens;
using parser_testing::take;
using parser_testing::valid;

std::vector<int32_t> features(const ArcEagerState& state, size_t count) {
  std::vector<int32_t> out(count);
  state.features(out);
  return out;
}

TEST(ParserState, AnEmptyStackTakesTheNextWordOrBreaksBehindIt) {
  ArcEagerState state(make_tokens("abc"));
  EXPECT_EQ(valid(state), "SB");
  take(state, {"S"});
  EXPECT_EQ(valid(state), "SDLRB");
}

TEST(ParserState, TheLastWordCannotBePushedOnOthers) {
  ArcEagerState state(make_tokens("ab"));
  take(state, {"S"});
  EXPECT_EQ(valid(state), "DLR");
  take(state, {"R-x"});
  EXPECT_EQ(valid(state), "D");
  take(state, {"D", "D"});
  EXPECT_TRUE(state.is_final());
}

TEST(ParserState, NoArcCrossesASentenceStart) {
  ArcEagerState state(make_tokens("ab|c"));
  take(state, {"S", "R-x"});
  EXPECT_EQ(valid(state), "DB");
  take(state, {"D", "D"});
  EXPECT_EQ(valid(state), "SB");
}

TEST(ParserState, AWordThatBeginsNoSentenceNeedsAStack) {
  ArcEagerState state(make_tokens("ab-"));
  take(state, {"S"});
  EXPECT_EQ(valid(state), "SDLR");
  take(state, {"R-x"});
  EXPECT_EQ(valid(state), "DLR");
  take(state, {"D"});
  EXPECT_EQ(valid(state), "LR");
}

TEST(ParserState, ABreakIsASentenceStart) {
  ArcEagerState state(make_tokens("abc"));
  take(state, {"S", "B-ROOT"});
  EXPECT_TRUE(state.is_sent_start(2));
  EXPECT_EQ(state.next_sent_start(), 2);
  EXPECT_EQ(valid(state), "SDLR");
}

TEST(ParserState, AWordWithoutAHeadGoesBackAndStaysOffTheStackUntilAnArcIsMade) {
  ArcEagerState state(make_tokens("abcd"));
  take(state, {"S", "S", "D"});
  EXPECT_EQ(state.buffer(0), 1);
  EXPECT_EQ(state.buffer(1), 2);
  EXPECT_TRUE(state.in_buffer(1));
  EXPECT_FALSE(state.in_stack(1));
  EXPECT_EQ(valid(state), "DLRB");
  take(state, {"L-x"});
  EXPECT_EQ(state.head(0), 1);
  EXPECT_FALSE(state.is_unshiftable(1));
}

TEST(ParserState, AHeadMayBeReplacedFromTheRight) {
  ArcEagerState state(make_tokens("abc"));
  take(state, {"S", "R-x", "L-y"});
  EXPECT_EQ(state.head(1), 2);
  EXPECT_EQ(state.label(1), label("y"));
  EXPECT_EQ(state.right_child(0, 1), -1);
  EXPECT_EQ(state.left_child(2, 1), 1);
}

TEST(ParserState, FeaturesAreWordsAndTheirLatestChildren) {
  ArcEagerState state(make_tokens("abcdef"));
  take(state, {"S", "S", "L-x", "L-x", "S", "R-x", "D", "R-x"});
  EXPECT_EQ(features(state, 8), (std::vector<int32_t>{5, -1, 4, 2, -1, -1, -1, -1}));
  take(state, {"D"});
  EXPECT_EQ(features(state, 8), (std::vector<int32_t>{5, -1, 2, -1, -1, -1, 0, 4}));
  EXPECT_EQ(features(state, 13),
            (std::vector<int32_t>{5, -1, 2, -1, -1, 0, 4, -1, 3, -1, -1, -1, -1}));
}

TEST(ParserState, MemoryOfADocumentDoesNotReachTheNext) {
  ArcEagerState state(make_tokens("ab|"));
  take(state, {"S", "D", "S", "D"});
  state.begin(make_tokens("ab"));
  EXPECT_FALSE(state.is_sent_start(1));
  EXPECT_FALSE(state.has_head(0));
  EXPECT_EQ(valid(state), "SB");
}

TEST(ParserState, AnnotatesHeadsRootsAndSentences) {
  static const Vocab vocab;
  Doc doc(vocab, "");
  doc.tokens() = make_tokens("abcd");
  ArcEagerState state(doc.tokens());
  take(state, {"S", "R-x", "B-ROOT", "D", "D", "S", "L-y", "S", "D"});
  ASSERT_TRUE(state.is_final());
  set_parse(state, label("ROOT"), doc);
  std::vector<int32_t> heads, starts;
  for (const Token& token : doc.tokens()) {
    heads.push_back(token.head);
    starts.push_back(token.sent_start);
  }
  EXPECT_EQ(heads, (std::vector<int32_t>{0, -1, 1, 0}));
  EXPECT_EQ(starts, (std::vector<int32_t>{1, -1, 1, -1}));
  EXPECT_EQ(doc[0].dep, label("ROOT"));
  EXPECT_EQ(doc[2].dep, label("y"));
}

}  // namespace
}  // namespace pawl
