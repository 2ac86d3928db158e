#include "text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "tests/text/small_rules.h"
#include "text/tokenizer_file.h"

namespace pawl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The message of the Error that `run` throws, with its kind.
template <typename Run>
std::pair<ErrorKind, std::string> error_of(Run&& run) {
  try {
    run();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {ErrorKind::kInternal, "no error"};
}

TEST(Tokenizer, CutsAffixesInfixesAndSpecialCases) {
  const auto tokenizer = make_tokenizer(small_rules());
  EXPECT_THAT(words((*tokenizer)("(I can't run 5km.)")),
              ElementsAre("(", "I", "ca", "n't", "run", "5", "km", ".", ")"));
  EXPECT_THAT(words((*tokenizer)("well-known... e.g. https://a.b/(x)!")),
              ElementsAre("well", "-", "known", "...", "e.g.", "https://a.b/(x", ")", "!"));
}

TEST(Tokenizer, KeepsTheNormsOfSpecialCases) {
  const auto tokenizer = make_tokenizer(small_rules());
  const Doc doc = (*tokenizer)("can't Can");
  EXPECT_EQ(doc.vocab().strings().at(doc[0].norm), "can");
  EXPECT_EQ(doc.vocab().strings().at(doc[1].norm), "not");
  EXPECT_EQ(doc.vocab().strings().at(doc[2].norm), "can");
}

TEST(Tokenizer, FindsSpecialCasesWithBlanksInTheSecondPass) {
  const auto tokenizer = make_tokenizer(small_rules());
  EXPECT_THAT(words((*tokenizer)("in New York.")), ElementsAre("in", "New York", "."));
  EXPECT_THAT(words((*tokenizer)("New  York")), ElementsAre("New", " ", "York"));
}

TEST(Tokenizer, KeepsBlanksBeyondOneAsTokens) {
  const auto tokenizer = make_tokenizer(small_rules());
  const Doc doc = (*tokenizer)("  a b \n c\u00a0 ");
  EXPECT_THAT(words(doc), ElementsAre("  ", "a", "b", "\n ", "c", "\u00a0 "));
  EXPECT_EQ(rebuilt(doc), doc.text());
}

TEST(Tokenizer, CountsOffsetsInCodePoints) {
  const auto tokenizer = make_tokenizer(small_rules());
  const Doc doc = (*tokenizer)("😀 ü.");
  ASSERT_EQ(doc.size(), 3u);
  EXPECT_EQ(doc[1].idx, 2u);
  EXPECT_EQ(doc[2].idx, 3u);
  EXPECT_EQ(doc[2].end(), 4u);
}

TEST(Tokenizer, GivesNoTokensForNoText) {
  EXPECT_EQ((*make_tokenizer(small_rules()))("").size(), 0u);
}

TEST(Tokenizer, KeepsAnyTextWithoutRules) {
  const auto tokenizer = make_tokenizer({});
  EXPECT_THAT(words((*tokenizer)("(a) b.")), ElementsAre("(a)", "b."));
}

TEST(Tokenizer, RefusesTextThatIsNotUtf8) {
  const auto tokenizer = make_tokenizer(small_rules());
  const auto [kind, message] = error_of([&] { (*tokenizer)("ab\xff"); });
  EXPECT_EQ(kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(message, HasSubstr("byte 2"));
}

TEST(Tokenizer, NamesThePatternThatDoesNotCompile) {
  TokenizerRules rules = small_rules();
  rules.infix_finditer = "a(b";
  EXPECT_THAT(error_of([&] { make_tokenizer(rules); }).second, HasSubstr("infix_finditer"));
  rules = small_rules();
  rules.suffix_search = "(?<=a*)b";
  EXPECT_THAT(error_of([&] { make_tokenizer(rules); }).second, HasSubstr("suffix_search"));
}

TEST(Tokenizer, RefusesSpecialCasesWhosePiecesAreNotTheirText) {
  TokenizerRules rules = small_rules();
  rules.exceptions.push_back({"cannot", {{"can", ""}, {"nt", ""}}});
  EXPECT_THAT(error_of([&] { make_tokenizer(rules); }).second, HasSubstr("'cannot'"));
}

TEST(Tokenizer, EndsInAnErrorWhenAPatternBlowsUp) {
  TokenizerRules rules = small_rules();
  rules.token_match = "^(?:[a-z]+)+$";
  const auto tokenizer = make_tokenizer(rules);
  const auto [kind, message] =
      error_of([&] { (*tokenizer)(std::string(40, 'a') + "1" + std::string(40, 'a')); });
  EXPECT_EQ(kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(message, HasSubstr("token_match"));
}

TEST(Tokenizer, TokenisesVeryLongRuns) {
  const auto tokenizer = make_tokenizer(small_rules());
  const std::string text = std::string(20'000, '(') + std::string(20'000, ')');
  EXPECT_EQ((*tokenizer)(text).size(), 40'000u);
  EXPECT_EQ(rebuilt((*tokenizer)(std::string(300'000, 'x'))).size(), 300'000u);
}

TEST(Tokenizer, CompilesPatternsThatAreTooLargeForOnePiece) {
  TokenizerRules rules;
  for (int i = 0; i < 20'000; ++i) {
    rules.token_match += (i > 0 ? "|" : "") + std::string("^token\\.") + std::to_string(i) + "$";
  }
  rules.infix_finditer = "\\.";
  const auto tokenizer = make_tokenizer(rules);
  EXPECT_THAT(words((*tokenizer)("token.19999 token.7 token.20000")),
              ElementsAre("token.19999", "token.7", "token", ".", "20000"));
}

TEST(Tokenizer, GivesTheSameTokensFromSeveralThreads) {
  const auto tokenizer = make_tokenizer(small_rules());
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "(word" + std::to_string(i % 1500) + "). can't :) ";
  const auto alone = words((*make_tokenizer(small_rules()))(text));
  std::vector<std::vector<std::string>> found(4);
  std::vector<std::thread> threads;
  for (auto& slot : found) threads.emplace_back([&] { slot = words((*tokenizer)(text)); });
  for (auto& thread : threads) thread.join();
  for (const auto& each : found) EXPECT_EQ(each, alone);
}

TEST(Tokenizer, StaysTheSameWhenItsCacheIsRenewedAndItsVocabularyIsFull) {
  auto vocab = std::make_shared<Vocab>();
  const auto tokenizer = make_tokenizer(small_rules(), vocab);
  int i = 0;
  while (!vocab->is_full()) (*tokenizer)("(w" + std::to_string(i++) + ")");
  const size_t full = vocab->strings().strings().size();
  const Doc doc = (*tokenizer)("(never-seen-before) w1 can't never");
  EXPECT_THAT(words(doc), ElementsAre("(", "never", "-", "seen", "-", "before", ")", "w1", "ca",
                                      "n't", "never"));
  EXPECT_EQ(doc.attr(1, Attr::kLower), string_id("never"));
  EXPECT_EQ(vocab->find(string_id("never")), nullptr);
  EXPECT_EQ(vocab->strings().strings().size(), full);
}

TEST(TokenizerFile, IsReadAndWrittenAsItWas) {
  const std::string bytes = make_tokenizer(small_rules())->to_bytes();
  const auto again = Tokenizer::from_bytes(std::make_shared<Vocab>(), bytes, "here");
  EXPECT_EQ(again->to_bytes(), bytes);
  EXPECT_EQ(tokenizer_file_bytes(again->rules()), bytes);
}

TEST(TokenizerFile, NamesPlaceAndKeyOfWhatIsWrong) {
  const auto read = [](std::string_view bytes) {
    return error_of(
        [&] { Tokenizer::from_bytes(std::make_shared<Vocab>(), bytes, "dir/tokenizer"); });
  };
  EXPECT_THAT(read("\x81").second, HasSubstr("dir/tokenizer"));
  const auto [kind, message] = read(
      "\x81\xa3"
      "cfg\x01");
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(message, HasSubstr("Japanese"));
  EXPECT_THAT(read("\x82\xadprefix_search\xc0\xaa"
                   "exceptions\x01")
                  .second,
              HasSubstr("exceptions"));
}

}  // namespace
}  // namespace pawl
