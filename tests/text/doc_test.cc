#include "text/doc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/text/small_rules.h"
#include "text/matcher/token_value.h"

namespace pawl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class DocOfWords : public testing::Test {
 protected:
  // Tokens: New(0) York(1) und(2) Köln(3) .(4)
  std::unique_ptr<Tokenizer> tokenizer_ = [] {
    TokenizerRules rules;
    rules.suffix_search = "[.]$";
    return make_tokenizer(rules);
  }();
  Doc doc_ = (*tokenizer_)("New York und Köln.");
  StringId city_ = doc_.vocab().strings().add("CITY");
};

TEST_F(DocOfWords, TakesEntitiesAndMakesTheRestOutside) {
  const std::vector<Span> cities = {{0, 2, city_}, {3, 4, city_}};
  doc_.set_entities(cities);
  EXPECT_EQ(doc_.entities(), cities);
  EXPECT_EQ(doc_[1].ent_iob, EntIob::kInside);
  EXPECT_EQ(doc_[4].ent_iob, EntIob::kOutside);
  doc_.set_entities({});
  EXPECT_THAT(doc_.entities(), IsEmpty());
  EXPECT_EQ(doc_[0].ent_type, 0u);
}

TEST_F(DocOfWords, ReadsNeighboursAsTwoAndMissingAsNone) {
  doc_.set_entities(std::vector<Span>{{0, 1, city_}, {1, 2, city_}});
  EXPECT_THAT(doc_.entities(), ElementsAre(Span{0, 1, city_}, Span{1, 2, city_}));
  doc_[1].ent_iob = EntIob::kMissing;
  EXPECT_THAT(doc_.entities(), ElementsAre(Span{0, 1, city_}));
}

TEST_F(DocOfWords, RefusesEntitiesThatOverlapOrLieOutside) {
  EXPECT_THROW(doc_.set_entities(std::vector<Span>{{0, 2, city_}, {1, 3, city_}}), Error);
  EXPECT_THROW(doc_.set_entities(std::vector<Span>{{4, 6, city_}}), Error);
  EXPECT_THROW(doc_.set_entities(std::vector<Span>{{2, 2, city_}}), Error);
  EXPECT_THAT(doc_.entities(), IsEmpty());
}

TEST_F(DocOfWords, FindsTheTokensOfCodePoints) {
  EXPECT_THAT(doc_.char_span(0, 8), Pair(0, 2));
  EXPECT_THAT(doc_.char_span(13, 17), Pair(3, 4));
  EXPECT_THAT(doc_.char_span(13, 18), Pair(3, 5));
  EXPECT_THAT(doc_.char_span(1, 8), Pair(0, 0));
  EXPECT_THAT(doc_.char_span(0, 9), Pair(0, 0));
  EXPECT_THAT(doc_.char_span(4, 4), Pair(0, 0));
  EXPECT_THAT(doc_.char_span(90, 95), Pair(0, 0));
  EXPECT_EQ(doc_.span_text(0, 2), "New York");
  EXPECT_EQ(doc_.span_text(3, 5), "Köln.");
}

TEST_F(DocOfWords, GivesTheAttributesThatFeaturesSee) {
  EXPECT_EQ(doc_.attr(1, Attr::kSpacy), 1u);
  EXPECT_EQ(doc_.attr(3, Attr::kSpacy), 0u);
  EXPECT_EQ(doc_.attr(3, Attr::kLength), 4u);
  EXPECT_EQ(doc_.attr(3, Attr::kLower), string_id("köln"));
  EXPECT_EQ(doc_.attr(3, Attr::kIsTitle), 1u);
  doc_.set_entities(std::vector<Span>{{3, 4, city_}});
  EXPECT_EQ(doc_.attr(3, Attr::kEntIob), 3u);
  EXPECT_EQ(doc_.attr(3, Attr::kEntType), city_);
}

TEST_F(DocOfWords, KeepsCategoriesInTheOrderInWhichTheyCame) {
  doc_.set_cat("b", 0.5f);
  doc_.set_cat("a", 0.25f);
  doc_.set_cat("b", 0.75f);
  EXPECT_THAT(doc_.cats(), ElementsAre(Pair("b", 0.75f), Pair("a", 0.25f)));
}

TEST(DocOfAFullVocab, FormsThatAreNotKeptHaveTheAttributesOfKeptOnes) {
  const auto texts = [](size_t capacity) {
    const auto vocab = std::make_shared<Vocab>();
    vocab->set_lexeme_norms({{string_id("Colour"), "color"}});
    vocab->set_capacity(capacity);
    const auto tokenizer = make_tokenizer({}, vocab);
    (*tokenizer)("x");
    const Doc doc = (*tokenizer)("Colour");
    std::vector<std::string> out;
    for (const Attr attr :
         {Attr::kOrth, Attr::kLower, Attr::kNorm, Attr::kShape, Attr::kPrefix, Attr::kSuffix})
      out.push_back(matcher::token_text(doc, 0, attr));
    return out;
  };
  EXPECT_THAT(texts(1), ElementsAre("Colour", "colour", "color", "Xxxxx", "C", "our"));
  EXPECT_EQ(texts(1), texts(1000));
}

}  // namespace
}  // namespace pawl
