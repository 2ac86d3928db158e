#include "training/docbin.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/rng.h"
#include "tests/training/tiny_corpus.h"
#include "training/zlib_bytes.h"

namespace pawl {
namespace {

using test::tiny_blank;
using test::tiny_corpus;

std::string error_of(const std::string& bytes, const DocBinLimits& limits = {}) {
  StringStore strings;
  try {
    read_docbin(bytes, strings, "x.spacy", limits);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(DocBin, RoundTrips) {
  const auto language = tiny_blank();
  const auto corpus = tiny_corpus(*language);
  StringStore& strings = language->vocab().strings();
  const auto again = read_docbin(write_docbin(corpus, strings), strings, "x.spacy");
  ASSERT_EQ(again.size(), corpus.size());
  for (size_t i = 0; i < corpus.size(); ++i) {
    EXPECT_EQ(again[i].text, corpus[i].text);
    EXPECT_EQ(again[i].entities, corpus[i].entities);
    EXPECT_EQ(again[i].cats, corpus[i].cats);
    EXPECT_EQ(again[i].tokens.size(), corpus[i].tokens.size());
  }
}

TEST(DocBin, ABombStopsAtTheLimit) {
  const std::string bomb = compress_zlib(std::string(size_t{50} << 20, '\0'));
  EXPECT_LT(bomb.size(), size_t{1} << 20);
  EXPECT_NE(error_of(bomb, {.max_bytes = size_t{1} << 20, .max_ratio = 1032})
                .find("more than 1048576 bytes"),
            std::string::npos);
}

TEST(DocBin, EveryTruncationIsAnErrorThatNamesTheFile) {
  const auto language = tiny_blank();
  const std::string bytes = write_docbin(tiny_corpus(*language), language->vocab().strings());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of(bytes.substr(0, size)).find("x.spacy: not a DocBin"), 0u) << size;
  }
  EXPECT_EQ(error_of(bytes + "x").find("x.spacy: not a DocBin"), 0u);
}

TEST(DocBin, DamagedMessagesAreErrorsOrDocuments) {
  const auto language = tiny_blank();
  const std::string message = decompress_zlib(
      write_docbin(tiny_corpus(*language), language->vocab().strings()), size_t{1} << 20);
  Rng rng(7);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = message;
    damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
    error_of(compress_zlib(damaged));
  }
}

}  // namespace
}  // namespace pawl
