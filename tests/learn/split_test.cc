#include "learn/data/split.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace pawl::learn {
namespace {

TEST(Split, IsDecidedByTheKeyAlone) {
  for (int i = 0; i < 100; ++i) {
    const std::string key = "conversation-" + std::to_string(i);
    EXPECT_EQ(assign_split(key, 0.2), assign_split(key, 0.2));
  }
}

TEST(Split, GivesTheConfiguredShares) {
  std::map<Split, int> counts;
  for (int i = 0; i < 20000; ++i) ++counts[assign_split("c" + std::to_string(i), 0.2)];
  EXPECT_NEAR(counts[Split::kTrain], 16000, 300);
  EXPECT_NEAR(counts[Split::kSelect], 1000, 150);
  EXPECT_NEAR(counts[Split::kCertify], 3000, 250);
}

TEST(Split, NamesReadBack) {
  for (Split s : {Split::kTrain, Split::kSelect, Split::kCertify})
    EXPECT_EQ(split_from_name(split_name(s)), s);
  EXPECT_ANY_THROW(split_from_name("test"));
}

TEST(TextKey, FoldsCasePunctuationAndBlanks) {
  EXPECT_EQ(normalize_text("  Hello,   World!! "), "hello world");
  EXPECT_EQ(text_key("Fix my code."), text_key("fix  my CODE"));
  EXPECT_NE(text_key("fix my code"), text_key("fix my car"));
  EXPECT_NE(text_key("café"), text_key("cafe"));
}

TEST(TextKey, KeepsSignsThatSaySomething) {
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{":)", ":("},
                                                        {"C", "C#"},
                                                        {"C", "C++"},
                                                        {"C#", "C++"},
                                                        {"f(x)", "f x"},
                                                        {"50%", "50"},
                                                        {"x != y", "x = y"},
                                                        {".net", "net"},
                                                        {"-5", "5"},
                                                        {"1.5", "15"},
                                                        {"really?", "really"},
                                                        {"!", "..."},
                                                        {"great :)", "great"},
                                                        {"a+b", "a-b"},
                                                        {"👍", "👎"},
                                                        {"", "?"}})
    EXPECT_NE(text_key(one), text_key(other)) << one << " and " << other;
  EXPECT_EQ(text_key("I like C++."), text_key("i like c++"));
  EXPECT_EQ(text_key("well, yes; ok!!!"), text_key("well yes ok"));
}

TEST(TextKey, NearTextsShareASplitAndStayTwoTexts) {
  EXPECT_EQ(group_key("I use C++"), group_key("I use C."));
  EXPECT_EQ(group_key("Really?"), group_key("really"));
  EXPECT_NE(group_key(":)"), group_key(":("));
  EXPECT_NE(group_key("fix my code"), group_key("fix my car"));
}

}  // namespace
}  // namespace pawl::learn
