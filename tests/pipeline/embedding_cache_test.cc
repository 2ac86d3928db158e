#include "pipeline/tok2vec/embedding_cache.h"

#include <gtest/gtest.h>

namespace pawl {
namespace {

constexpr size_t kColumns = 2;

// One word, its vector all of this value.
class EmbeddingCacheTest : public ::testing::Test {
 protected:
  void store(EmbeddingCache& cache, uint64_t word, float value) {
    const uint64_t key[kColumns] = {word, 7};
    const Matrix row(1, width_, value);
    const uint32_t index[] = {0};
    cache.store(key, row, index);
  }
  // Its vector's value; -1 when it is not known.
  float look_up(const EmbeddingCache& cache, uint64_t word) {
    const uint64_t key[kColumns] = {word, 7};
    Matrix row(1, width_, -1.0f);
    std::vector<uint32_t> unknown;
    cache.look_up(key, row, unknown);
    EXPECT_EQ(unknown.empty(), row(0, 0) != -1.0f);
    return row(0, width_ - 1);
  }

  size_t width_ = 4;
};

TEST_F(EmbeddingCacheTest, KnowsWhatWasStoredAndNothingElse) {
  EmbeddingCache cache(kColumns, width_);
  EXPECT_EQ(look_up(cache, 1), -1.0f);
  for (uint64_t word = 1; word <= 1000; ++word) store(cache, word, static_cast<float>(word));
  for (uint64_t word = 1; word <= 1000; ++word) {
    EXPECT_EQ(look_up(cache, word), static_cast<float>(word));
  }
  EXPECT_EQ(look_up(cache, 1001), -1.0f);
}

TEST_F(EmbeddingCacheTest, OnlyWordsThatAreMissingAreNamed) {
  EmbeddingCache cache(kColumns, width_);
  store(cache, 2, 2.0f);
  const uint64_t keys[3 * kColumns] = {1, 7, 2, 7, 2, 8};
  Matrix rows(3, width_, -1.0f);
  std::vector<uint32_t> unknown;
  cache.look_up(keys, rows, unknown);
  EXPECT_EQ(unknown, (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(rows(1, 0), 2.0f);
}

// Vectors of four megabytes leave room for as many words as share their slots.
TEST_F(EmbeddingCacheTest, AWordTakesThePlaceOfTheOneThatHasBeenThereLongest) {
  width_ = size_t{1} << 20;
  EmbeddingCache cache(kColumns, width_);
  for (uint64_t word = 1; word <= 4; ++word) store(cache, word, static_cast<float>(word));
  store(cache, 3, 3.0f);  // known: nobody has to go
  for (uint64_t word = 1; word <= 4; ++word) {
    EXPECT_EQ(look_up(cache, word), static_cast<float>(word));
  }
  store(cache, 5, 5.0f);
  store(cache, 6, 6.0f);
  const float expected[] = {-1.0f, -1.0f, 3.0f, 4.0f, 5.0f, 6.0f};
  for (uint64_t word = 1; word <= 6; ++word) EXPECT_EQ(look_up(cache, word), expected[word - 1]);
}

}  // namespace
}  // namespace pawl
