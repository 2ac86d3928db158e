#include "service/recent_analyses.h"

#include <gtest/gtest.h>

namespace pawl::service {
namespace {

Analysis analysis_of(const std::string& text, const std::string& intent) {
  Analysis analysis;
  analysis.text = text;
  analysis.intent = intent;
  return analysis;
}

TEST(RecentAnalysesTest, AnAnswerQuotesTheTextThatWasAsked) {
  RecentAnalyses recent(Env::real());
  const std::string text = "ärger mit Köln";
  Analysis analysis = analysis_of(text, "complain");
  analysis.entities.push_back({"Köln", "LOC", 10, 14});
  EXPECT_FALSE(recent.find(text));
  recent.keep(text, analysis);
  const auto found = recent.find(text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, text);
  EXPECT_EQ(found->intent, "complain");
  ASSERT_EQ(found->entities.size(), 1u);
  EXPECT_EQ(found->entities[0].text, "Köln");
  EXPECT_FALSE(recent.find(text + " "));
}

TEST(RecentAnalysesTest, ItIsBoundedAndWhatIsAskedForStays) {
  RecentAnalyses recent(Env::real());
  recent.keep("hello", analysis_of("hello", "greet"));
  for (size_t i = 0; i < 5 * RecentAnalyses::kMost; ++i) {
    const std::string text = "text " + std::to_string(i);
    recent.keep(text, analysis_of(text, "other"));
    if (i % 1000 == 0) {
      ASSERT_TRUE(recent.find("hello")) << i;
    }
    ASSERT_LE(recent.size(), RecentAnalyses::kMost);
  }
  EXPECT_FALSE(recent.find("text 0"));
}

TEST(RecentAnalysesTest, LongTextsAreNotKept) {
  RecentAnalyses recent(Env::real());
  const std::string text(RecentAnalyses::kLongest + 1, 'x');
  recent.keep(text, analysis_of(text, "long"));
  EXPECT_EQ(recent.size(), 0u);
}

}  // namespace
}  // namespace pawl::service
