#include "text/syntax/noun_chunks.h"

#include <gtest/gtest.h>

#include <chrono>

#include "text/syntax/sentence_moods.h"
#include "text/vocab.h"

namespace pawl {
namespace {

using Clock = std::chrono::steady_clock;

// Every word hangs on the one before it.
Doc chain(Vocab& vocab, size_t size, const char* dep) {
  Doc doc(vocab, "");
  for (size_t i = 0; i < size; ++i) {
    Token token;
    token.lex = &vocab.get("word");
    token.norm = token.lex->norm;
    token.idx = static_cast<uint32_t>(i * 5);
    token.spacy = true;
    token.pos = string_id(i % 7 == 6 ? "VERB" : "NOUN");
    token.dep = vocab.strings().add(i == 0 ? "ROOT" : dep);
    token.head = i == 0 ? 0 : -1;
    token.sent_start = i == 0 ? 1 : -1;
    doc.tokens().push_back(token);
  }
  return doc;
}

class LongChains : public testing::TestWithParam<const char*> {};

TEST_P(LongChains, TakeTimeInProportionToTheirLength) {
  Vocab vocab;
  vocab.lang = GetParam();
  for (const char* dep : {"conj", "flat", "nmod", "amod"}) {
    const auto start = Clock::now();
    const Doc doc = chain(vocab, 100000, dep);
    const auto chunks = noun_chunks(doc);
    ASSERT_TRUE(chunks.has_value());
    for (const Span& chunk : *chunks) {
      EXPECT_LE(chunk.start, chunk.end);
      EXPECT_LE(chunk.end, doc.size());
    }
    EXPECT_EQ(sentence_moods(doc).size(), 1u);
    // A pass of quadratic time takes minutes.
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(30)) << dep;
  }
}

INSTANTIATE_TEST_SUITE_P(, LongChains,
                         testing::Values("en", "sv", "el", "es", "ht", "de", "fi", "da", "nl",
                                         "tr"));

// Trees that cross lead spaCy to spans that end before they begin, which it refuses.
TEST(NounChunks, CrossingTreesGiveNoSpansBackwards) {
  for (const char* lang : {"ca", "tr", "es", "da", "fi", "nl"}) {
    Vocab vocab;
    vocab.lang = lang;
    for (uint32_t seed = 0; seed < 500; ++seed) {
      Doc doc = chain(vocab, 6, "obj");
      uint32_t state = seed;
      for (size_t i = 0; i < doc.size(); ++i) {
        state = state * 1664525u + 1013904223u;
        doc[i].head = static_cast<int32_t>((state >> 8) % doc.size()) - static_cast<int32_t>(i);
        doc[i].pos = string_id((state >> 20) % 3 == 0 ? "VERB" : "NOUN");
      }
      const auto chunks = noun_chunks(doc).value();
      for (const Span& chunk : chunks) {
        EXPECT_LE(chunk.start, chunk.end);
        EXPECT_LE(chunk.end, doc.size());
      }
    }
  }
}

}  // namespace
}  // namespace pawl
