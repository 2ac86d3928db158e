#include "learn/train/vector_cache.h"

#include <gtest/gtest.h>

#include "learn/data/split.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

// Tells how many texts it was asked for.
class CountingVectors final : public SentenceVectors {
 public:
  explicit CountingVectors(std::string fingerprint) : fingerprint_(std::move(fingerprint)) {}
  size_t width() const override { return 2; }
  Matrix encode(std::span<const std::string_view> texts) const override {
    asked += texts.size();
    Matrix out(texts.size(), 2);
    for (size_t i = 0; i < texts.size(); ++i) {
      out(i, 0) = static_cast<float>(texts[i].size());
      out(i, 1) = static_cast<float>(fingerprint_.size());
    }
    return out;
  }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return encode(texts);
  }
  const std::string& fingerprint() const override { return fingerprint_; }

  mutable size_t asked = 0;

 private:
  std::string fingerprint_;
};

class VectorCacheTest : public ::testing::Test {
 protected:
  VectorCacheTest() : store_(open_sqlite_store(Env::real(), folder_.path() / "pawl.db")) {
    write_to(*store_, [&](Transaction& t) {
      for (const std::string_view text : kTexts) {
        ExampleRecord example;
        example.tenant_id = "t";
        example.example_id = example.text = text;
        example.text_key = text_key(text);
        t.put_example(example);
      }
    });
  }

  static constexpr std::string_view kTexts[] = {"one", "another", "a third"};
  test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(VectorCacheTest, RemembersTunedLayersWithinACycleAndInTheNext) {
  const auto base = std::make_shared<CountingVectors>("base");
  const auto tuned = std::make_shared<CountingVectors>("tuned layers");
  {
    CachedVectors cache(base, *store_, "t");
    const Matrix plain = cache.encode(kTexts), first = cache.remembered(tuned)->encode(kTexts);
    EXPECT_NE(plain(0, 1), first(0, 1));
    const auto again = std::make_shared<CountingVectors>("tuned layers");
    const Matrix second = cache.remembered(again)->encode(kTexts);
    EXPECT_EQ(again->asked, 0u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(first(i, 0), second(i, 0));
    cache.save();
  }
  const auto later = std::make_shared<CountingVectors>("tuned layers");
  {
    CachedVectors cache(base, *store_, "t");
    cache.remembered(later)->encode(kTexts);
    EXPECT_EQ(later->asked, 0u);
  }
  EXPECT_EQ(base->asked, 3u);
  EXPECT_EQ(tuned->asked, 3u);
}

TEST_F(VectorCacheTest, ForgetsLayersThatNobodyAsksForAnyMore) {
  const auto base = std::make_shared<CountingVectors>("base");
  const auto tuned = std::make_shared<CountingVectors>("tuned layers");
  CachedVectors(base, *store_, "t").save();
  {
    CachedVectors cache(base, *store_, "t");
    cache.remembered(tuned)->encode(kTexts);
    cache.save();
  }
  EXPECT_EQ(store_->begin_read()->vectors("t", "tuned layers").size(), 3u);
  {
    CachedVectors cache(base, *store_, "t");
    cache.encode(kTexts);
    cache.save();
  }
  EXPECT_TRUE(store_->begin_read()->vectors("t", "tuned layers").empty());
  EXPECT_EQ(store_->begin_read()->vectors("t", "base").size(), 3u);
}

}  // namespace
}  // namespace pawl::learn
