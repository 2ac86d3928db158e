#include "training/corpus.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/pipeline/tiny_pipeline.h"
#include "training/augment.h"

namespace pawl {
namespace {

using test::TemporaryFolder;
using test::tiny_blank;

float cat(const GoldDoc& gold, const std::string& label) {
  for (const auto& [name, score] : gold.cats) {
    if (name == label) return score;
  }
  return -1.0f;
}

TEST(Corpus, ReadsLabelsIntentsAndEntitiesInEveryForm) {
  const auto language = tiny_blank();
  Warnings warnings;
  const auto docs = read_jsonl_corpus(
      R"({"text":"go to Rome","intent":"trip","sentiment":"calm","entities":[[6,10,"PLACE"]]}
{"text":"hi Ada","intent":"greet","ents":[{"start":3,"end":6,"label":"PERSON"}]}

{"text":"x","cats":{"A":1,"B":0.5,"C":true}}
{"text":"y","labels":["A","D"]}
)",
      "c.jsonl", *language, warnings);
  EXPECT_TRUE(warnings.empty());
  ASSERT_EQ(docs.size(), 4u);
  EXPECT_EQ(cat(docs[0], "INTENT_trip"), 1.0f);
  EXPECT_EQ(cat(docs[0], "INTENT_greet"), 0.0f);
  EXPECT_EQ(cat(docs[0], "SENTIMENT_calm"), 1.0f);
  EXPECT_EQ(cat(docs[1], "SENTIMENT_calm"), -1.0f);  // no sentiment was given: unknown
  EXPECT_EQ(docs[1].entities.size(), 1u);
  EXPECT_FALSE(docs[2].has_entities());
  EXPECT_EQ(cat(docs[2], "C"), 1.0f);
  EXPECT_EQ(cat(docs[3], "B"), 0.0f);
}

TEST(Corpus, BadLinesAreNamedAndSkipped) {
  const auto language = tiny_blank();
  Warnings warnings;
  const auto docs = read_jsonl_corpus(
      "{\"text\":\"good\"}\nnot json\n{\"text\":5}\n{\"text\":\"a\",\"cats\":{\"X\":7}}\n"
      "{\"text\":\"\xff\"}\n{\"text\":\"a\",\"entities\":[[0,1]]}\n{\"text\":\"also good\"}\n[1]\n",
      "c.jsonl", *language, warnings);
  EXPECT_EQ(docs.size(), 2u);
  ASSERT_EQ(warnings.size(), 6u);
  EXPECT_EQ(warnings[0].find("c.jsonl:2: skipped"), 0u) << warnings[0];
  EXPECT_EQ(warnings[5].find("c.jsonl:8: skipped"), 0u) << warnings[5];
}

TEST(Corpus, AnEmptyOrMissingCorpusIsAnError) {
  const auto language = tiny_blank();
  const TemporaryFolder folder;
  Warnings warnings;
  EXPECT_THROW(read_corpus(Env::real(), folder / "none.jsonl", *language, warnings), Error);
  Env::real().write_file(folder / "empty.jsonl", "\n", false);
  EXPECT_THROW(read_corpus(Env::real(), folder / "empty.jsonl", *language, warnings), Error);
  EXPECT_THROW(read_corpus(Env::real(), folder.path(), *language, warnings), Error);
}

TEST(Corpus, AFolderIsReadInOrderAndLimited) {
  const auto language = tiny_blank();
  const TemporaryFolder folder;
  Env::real().write_file(folder / "b.jsonl", "{\"text\":\"three\"}\n", false);
  Env::real().write_file(folder / "a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n", false);
  Warnings warnings;
  const auto all = read_corpus(Env::real(), folder.path(), *language, warnings);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].text, "one");
  EXPECT_EQ(read_corpus(Env::real(), folder.path(), *language, warnings, {.limit = 2}).size(), 2u);
}

TEST(Corpus, EntitiesThatDoNotFitTheTokensAreCountedInOneWarning) {
  const auto language = tiny_blank();
  Warnings warnings;
  read_jsonl_corpus(
      "{\"text\":\"go to Rome\",\"entities\":[[6,10,\"PLACE\"]]}\n"
      "{\"text\":\"go to Rome\",\"ents\":[[6,9,\"PLACE\"],[0,1,\"VERB\"]]}\n"
      "{\"text\":\"go to Oslo\",\"entities\":[[7,10,\"PLACE\"]]}\n",
      "c.jsonl", *language, warnings);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("c.jsonl: 3 entities on 2 lines"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("line 2, \"ents\", [0, 1, \"VERB\"]"), std::string::npos)
      << warnings[0];
}

TEST(Corpus, AStreamGivesWhatReadingGives) {
  const auto language = tiny_blank();
  const TemporaryFolder folder;
  Env::real().write_file(
      folder / "a.jsonl",
      "{\"text\":\"one\",\"label\":\"A\"}\nbad\n{\"text\":\"two\",\"label\":\"B\"}\n", false);
  Env::real().write_file(folder / "b.jsonl", "{\"text\":\"three\",\"label\":\"B\"}\n", false);
  Warnings warnings, streamed_warnings;
  const auto docs = read_corpus(Env::real(), folder.path(), *language, warnings);
  std::vector<GoldDoc> streamed;
  stream_corpus(Env::real(), folder.path(), *language, streamed_warnings, {}, [&](GoldDoc gold) {
    streamed.push_back(std::move(gold));
    return true;
  });
  ASSERT_EQ(streamed.size(), docs.size());
  for (size_t i = 0; i < docs.size(); ++i) {
    EXPECT_EQ(streamed[i].text, docs[i].text);
    EXPECT_EQ(streamed[i].cats, docs[i].cats);
  }
  EXPECT_EQ(streamed_warnings, warnings);
}

TEST(Augment, LowerCaseKeepsEntitiesOverTheirWords) {
  const auto language = tiny_blank();
  const std::string text = "GO to \u0130zmir NOW";
  const GoldDoc gold = make_gold(*language, text, {{6, 11, "PLACE"}}, true);
  const GoldDoc lower = lower_cased(gold);
  EXPECT_EQ(lower.text, "go to i\u0307zmir now");  // one code point more
  ASSERT_EQ(lower.entities.size(), 1u);
  const GoldToken& token = lower.tokens[lower.entities[0].start];
  EXPECT_EQ(token.start, 6u);
  EXPECT_EQ(token.end, 12u);
  Augmenter augment(Env::real(), {.lower_case = 0.25, .seed = 1});
  int changed = 0;
  for (int i = 0; i < 400; ++i) {
    GoldDoc copy = gold;
    augment(copy, language->vocab().strings());
    changed += copy.text != gold.text;
  }
  EXPECT_NEAR(changed, 100, 30);
}

}  // namespace
}  // namespace pawl
