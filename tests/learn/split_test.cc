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

}  // namespace
}  // namespace pawl::learn
