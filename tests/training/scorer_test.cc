#include "training/scorer.h"

#include <gtest/gtest.h>

#include "tests/training/tiny_corpus.h"

namespace pawl {
namespace {

using test::tiny_blank;

TEST(Scorer, AreaUnderTheCurveCountsTiesHalf) {
  EXPECT_DOUBLE_EQ(*roc_auc({1, 0, 1, 0}, {0.9f, 0.1f, 0.8f, 0.2f}), 1.0);
  EXPECT_DOUBLE_EQ(*roc_auc({1, 0}, {0.5f, 0.5f}), 0.5);
  EXPECT_DOUBLE_EQ(*roc_auc({1, 0, 0}, {0.5f, 0.6f, 0.4f}), 0.5);
  EXPECT_FALSE(roc_auc({1, 1}, {0.5f, 0.6f}).has_value());
  EXPECT_FALSE(roc_auc({}, {}).has_value());
}

TEST(Scorer, PredictionsOnMissingAnnotationAreNeitherRightNorWrong) {
  const auto language = tiny_blank();
  const GoldDoc gold =
      make_gold(*language, "see Yorkshire and Rome now", {{4, 8, "GPE"}, {18, 22, "GPE"}}, true);
  Doc doc = language->make_doc(gold.text);
  const StringId label = language->vocab().strings().add("GPE");
  doc.set_entities(std::vector<Span>{{1, 2, label}, {4, 5, label}});
  const Scored pair{&doc, &gold};
  const EntityScores scores = score_entities({&pair, 1});
  EXPECT_EQ(scores.all.tp, 0u);
  EXPECT_EQ(scores.all.fp, 1u);
  EXPECT_EQ(scores.all.fn, 1u);
}

TEST(Scorer, ExclusiveCategoriesCompareTheHighest) {
  const auto language = tiny_blank();
  GoldDoc gold = make_gold(*language, "text", {}, false);
  gold.cats = {{"A", 1.0f}, {"B", 0.0f}};
  Doc doc = language->make_doc("text");
  doc.set_cat("A", 0.4f);
  doc.set_cat("B", 0.6f);
  const Scored pair{&doc, &gold};
  const CategoryScores scores = score_categories({&pair, 1}, {{"A", "B"}, false, 0.5, ""});
  EXPECT_EQ(scores.per_type[0].second.fn, 1u);
  EXPECT_EQ(scores.per_type[1].second.fp, 1u);
  EXPECT_EQ(scores.score_description, "macro F");
}

}  // namespace
}  // namespace pawl
