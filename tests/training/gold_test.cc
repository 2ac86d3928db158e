#include "training/gold.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl {
namespace {

using test::tiny_blank;

TEST(Gold, EntitiesOnTokenBordersBecomeSpans) {
  const auto language = tiny_blank();
  const GoldDoc gold = make_gold(*language, "see New York now", {{4, 12, "GPE"}}, true);
  ASSERT_EQ(gold.entities.size(), 1u);
  EXPECT_EQ(gold.entities[0].start, 1u);
  EXPECT_EQ(gold.entities[0].end, 3u);
  const Example example = make_example(*language, gold);
  EXPECT_EQ(example.entities, gold.entities);
  EXPECT_EQ(example.missing_entity, (std::vector<uint8_t>{0, 0, 0, 0}));
}

TEST(Gold, MisalignedEntitiesAreMissingOnTheTokensTheyTouch) {
  const auto language = tiny_blank();
  const Example example =
      make_example(*language, make_gold(*language, "see Yorkshire now", {{4, 8, "GPE"}}, true));
  EXPECT_TRUE(example.entities.empty());
  EXPECT_TRUE(example.has_entities);
  EXPECT_EQ(example.missing_entity, (std::vector<uint8_t>{0, 1, 0}));
}

TEST(Gold, NothingKnownIsNotTheSameAsNoEntities) {
  const auto language = tiny_blank();
  EXPECT_FALSE(make_example(*language, make_gold(*language, "a b", {}, false)).has_entities);
  EXPECT_TRUE(make_example(*language, make_gold(*language, "a b", {}, true)).has_entities);
}

TEST(Gold, OffsetsAreCodePoints) {
  const auto language = tiny_blank();
  const GoldDoc gold = make_gold(*language, "😀 café Ada", {{7, 10, "PERSON"}}, true);
  ASSERT_EQ(gold.entities.size(), 1u);
  EXPECT_EQ(gold.entities[0].start, 2u);
}

TEST(Gold, ImpossibleEntitiesAreErrorsThatShowThem) {
  const auto language = tiny_blank();
  auto message = [&](std::vector<CharEntity> entities) -> std::string {
    try {
      make_gold(*language, "one two three", entities, true);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message({{0, 99, "X"}}).find("[0, 99, \"X\"]"), std::string::npos);
  EXPECT_NE(message({{3, 3, "X"}}).find("empty"), std::string::npos);
  EXPECT_NE(message({{0, 7, "X"}, {4, 7, "Y"}}).find("overlaps"), std::string::npos);
  EXPECT_NE(message({{0, 3, ""}}).find("no label"), std::string::npos);
}

TEST(Gold, OfAnExampleIsWhatTheExampleSays) {
  const auto language = tiny_blank();
  const GoldDoc gold =
      make_gold(*language, "see New York now ok", {{4, 12, "GPE"}, {13, 15, "BAD"}}, true);
  const GoldDoc again = gold_of(make_example(*language, gold));
  EXPECT_EQ(again.entities, gold.entities);
  ASSERT_EQ(again.tokens.size(), gold.tokens.size());
  for (size_t i = 0; i < gold.tokens.size(); ++i)
    EXPECT_EQ(again.tokens[i].ent_iob, gold.tokens[i].ent_iob) << i;
}

}  // namespace
}  // namespace pawl
