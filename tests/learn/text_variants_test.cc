#include "learn/distill/text_variants.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

class TextVariantsTest : public ::testing::Test {
 protected:
  TextVariantsTest() : nlp_(test::tiny_blank()) {
    for (const char* text : {"will it rain in Oslo tomorrow, or not?", "play", "wake me at noon"})
      docs_.push_back(nlp_->make_doc(text));
    for (const Doc& doc : docs_) refs_.push_back(&doc);
  }
  std::vector<std::string> variants(size_t count, uint64_t seed = 1) {
    Rng rng(seed);
    return text_variants(refs_, count, rng);
  }

  std::unique_ptr<Language> nlp_;
  std::vector<Doc> docs_;
  std::vector<const Doc*> refs_;
};

TEST_F(TextVariantsTest, TheyAreMadeOfTheTextsWordsAndNeverEmpty) {
  std::set<std::string> words;
  for (const Doc& doc : docs_) {
    for (uint32_t i = 0; i < doc.size(); ++i) words.insert(doc.span_text(i, i + 1));
  }
  const auto texts = variants(3000);
  ASSERT_EQ(texts.size(), 3000u);
  for (const std::string& text : texts) {
    const Doc doc = nlp_->make_doc(text);
    ASSERT_GT(doc.size(), 0u);
    for (uint32_t i = 0; i < doc.size(); ++i)
      EXPECT_TRUE(words.contains(doc.span_text(i, i + 1))) << text;
  }
}

TEST_F(TextVariantsTest, MostStayNearTheTextTheyAreMadeOf) {
  const auto texts = variants(3000);
  size_t same = 0, begins = 0, replaced = 0, shorter = 0;
  for (size_t i = 0; i < texts.size(); i += 3) {
    same += texts[i] == docs_[0].text();
    begins += texts[i].starts_with("will it");
    replaced += texts[i].find("noon") != std::string::npos;
    shorter += nlp_->make_doc(texts[i]).size() < docs_[0].size();
  }
  EXPECT_GT(same, 50u);
  EXPECT_LT(same, 300u);
  EXPECT_GT(begins, 450u);
  EXPECT_GT(replaced, 20u);
  EXPECT_GT(shorter, 300u);
}

TEST_F(TextVariantsTest, BlanksStandWhereTheyStood) {
  size_t whole = 0;
  for (const std::string& text : variants(3000))
    whole += text.find("tomorrow, or not?") != std::string::npos;
  EXPECT_GT(whole, 100u);
}

TEST_F(TextVariantsTest, TheSeedDecidesThem) {
  EXPECT_EQ(variants(100), variants(100));
  EXPECT_NE(variants(100), variants(100, 2));
}

}  // namespace
}  // namespace pawl::learn
