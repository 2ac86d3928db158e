#include "text/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pawl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\n##a\n,\n中\nstrasse\ncafe\n!\nunaff\n";

std::vector<std::string> tokens(const WordPiece& pieces, std::string_view text) {
  std::vector<std::string> out;
  for (const uint32_t id : pieces.pieces(text)) out.push_back(pieces.token(id));
  return out;
}

std::string normalized(std::string_view text, const WordPieceNormalization& options = {}) {
  return normalize_for_wordpiece(text, options);
}

TEST(WordPieceNormalization, CleansLowersAndStrips) {
  EXPECT_EQ(normalized("A\tB\r\nC\x01 D\x7F"), "a b  c d");
  EXPECT_EQ(normalized("ÀÉÎõü Ñ"), "aeiou n");
  EXPECT_EQ(normalized("a\xE2\x80\x8B\xC2\xA0"
                       "b\xEF\xBF\xBD"),
            "a b");  // zero width, no-break, U+FFFD
  EXPECT_EQ(normalized("x中文y"), "x 中  文 y");
  EXPECT_EQ(normalized("İ"), "i");
  EXPECT_EQ(normalized("각"), "\u1100\u1161\u11A8");
}

TEST(WordPieceNormalization, DoesOnlyWhatIsAskedFor) {
  WordPieceNormalization none{false, false, false, false};
  EXPECT_EQ(normalized("A\tÉ中\x01", none), "A\tÉ中\x01");
  none.lowercase = true;
  EXPECT_EQ(normalized("ÉİΣ", none), "éi\u0307σ");
}

TEST(WordPieceNormalization, OrdersMarksByTheirClass) {
  WordPieceNormalization options;
  // Spacing marks with a class stay, and are sorted across the ones that go: U+302E has 224,
  // U+1D165 216.
  EXPECT_EQ(normalized("a\u302E\u0301\U0001D165", options), "a\U0001D165\u302E");
}

TEST(WordPiece, SplitsIntoTheLongestPiecesFromTheLeft) {
  const WordPiece pieces = WordPiece::from_vocabulary(kVocabulary);
  EXPECT_THAT(tokens(pieces, "Unaffable, café!中"),
              ElementsAre("unaff", "##able", ",", "cafe", "!", "中"));
  EXPECT_THAT(tokens(pieces, "unaffa una"), ElementsAre("unaff", "##a", "un", "##a"));
  EXPECT_THAT(tokens(pieces, "unb dog"), ElementsAre("[UNK]", "[UNK]"));
  EXPECT_TRUE(pieces.pieces("").empty());
  EXPECT_TRUE(pieces.pieces(" \n\x02").empty());
}

TEST(WordPiece, WordsAboveTheLimitAreUnknown) {
  const WordPiece pieces = WordPiece::from_vocabulary(kVocabulary);
  const std::string hundred = "un" + std::string(98, 'a');
  EXPECT_EQ(tokens(pieces, hundred).size(), 99u);
  EXPECT_THAT(tokens(pieces, hundred + "a"), ElementsAre("[UNK]"));
}

TEST(WordPiece, FindsSpecialTokensInTheRawText) {
  const WordPiece pieces = WordPiece::from_vocabulary(kVocabulary);
  EXPECT_THAT(tokens(pieces, "un[MASK]un[SEP]"), ElementsAre("un", "[MASK]", "un", "[SEP]"));
  EXPECT_THAT(tokens(pieces, "[mask]"), ElementsAre("[UNK]", "[UNK]", "[UNK]"));
  EXPECT_THAT(tokens(pieces, "[[MASK]"), ElementsAre("[UNK]", "[MASK]"));
}

TEST(WordPiece, TruncatesBetweenTheSpecialTokens) {
  const WordPiece pieces = WordPiece::from_vocabulary(kVocabulary);
  EXPECT_THAT(pieces.encode("un un un", 4), ElementsAre(2, 5, 5, 3));
  EXPECT_THAT(pieces.encode("un", 4), ElementsAre(2, 5, 3));
  EXPECT_THAT(pieces.encode("un", 2), ElementsAre(2, 3));
}

TEST(WordPiece, RefusesTextThatIsNotUtf8) {
  const WordPiece pieces = WordPiece::from_vocabulary(kVocabulary);
  EXPECT_THROW(pieces.pieces("a\xFF"), Error);
  EXPECT_THROW(pieces.pieces("\xED\xA0\x80"), Error);
}

std::string vocabulary_error(std::string_view text, const WordPieceLimits& limits = {}) {
  try {
    WordPiece::from_vocabulary(text, {}, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    return error.what();
  }
  return "";
}

TEST(WordPiece, RefusesBrokenVocabularies) {
  EXPECT_THAT(vocabulary_error(""), HasSubstr("[UNK]"));
  EXPECT_THAT(vocabulary_error("[UNK]\n[CLS]\n"), HasSubstr("[SEP]"));
  EXPECT_THAT(vocabulary_error("[UNK]\n[CLS]\n[SEP]\na\na\n"), HasSubstr("'a' twice, as 3 and 4"));
  EXPECT_THAT(vocabulary_error("[UNK]\n\n"), HasSubstr("token 1 of the vocabulary is empty"));
  EXPECT_THAT(vocabulary_error("[UNK]\n\xC3\n"), HasSubstr("not UTF-8 at byte 6"));
  EXPECT_THAT(vocabulary_error(kVocabulary, {.max_tokens = 5}), HasSubstr("one too many"));
  EXPECT_THAT(vocabulary_error(kVocabulary, {.max_token_bytes = 6}), HasSubstr("too long"));
  EXPECT_THAT(vocabulary_error(kVocabulary, {.max_bytes = 50}), HasSubstr("above 50"));
}

TEST(WordPiece, ReadsLinesThatEndInCarriageReturnAndNewline) {
  const WordPiece pieces = WordPiece::from_vocabulary("[UNK]\r\n[CLS]\r\n[SEP]\r\nun");
  EXPECT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces.vocabulary(), "[UNK]\n[CLS]\n[SEP]\nun\n");
}

std::string tokenizer_json(std::string_view vocabulary, std::string_view lowercase = "true",
                           std::string_view type = "WordPiece") {
  return R"({"added_tokens":[{"content":"<s>","special":true,"normalized":false}],
    "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
    "strip_accents":null,"lowercase":)" +
         std::string(lowercase) + R"(},"pre_tokenizer":{"type":"BertPreTokenizer"},
    "post_processor":{"single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}},
    {"SpecialToken":{"id":"</s>"}}]},"model":{"type":")" +
         std::string(type) + R"(","unk_token":"?","continuing_subword_prefix":"##",
    "max_input_chars_per_word":100,"vocab":)" +
         std::string(vocabulary) + "}}";
}

TEST(WordPiece, ReadsTokenizerJson) {
  const WordPiece pieces =
      WordPiece::from_tokenizer_json(tokenizer_json(R"({"</s>":1,"<s>":0,"?":2,"É":3})", "false"));
  EXPECT_THAT(pieces.encode("É é<s>", 10), ElementsAre(0, 3, 2, 0, 1));
  const WordPieceOptions again = read_wordpiece_options(to_json(pieces.options()));
  EXPECT_EQ(WordPiece::from_vocabulary(pieces.vocabulary(), again).encode("É é<s>", 10),
            pieces.encode("É é<s>", 10));
}

TEST(WordPiece, RefusesOtherTokenizers) {
  const auto read = [](const std::string& text) { WordPiece::from_tokenizer_json(text); };
  EXPECT_THROW(read(tokenizer_json(R"({"</s>":1,"<s>":0,"?":3})")), Error);
  EXPECT_THROW(read(tokenizer_json(R"({"</s>":1,"<s>":1,"?":2})")), Error);
  EXPECT_THROW(read(tokenizer_json(R"({"</s>":-1,"<s>":0,"?":2})")), Error);
  EXPECT_THROW(read(tokenizer_json("[]")), Error);
  EXPECT_THROW(read(tokenizer_json(R"({"</s>":1,"<s>":0,"?":2})", "true", "BPE")), Error);
  EXPECT_THROW(read("{}"), Error);
  EXPECT_THROW(read("nonsense"), Error);
}

}  // namespace
}  // namespace pawl
