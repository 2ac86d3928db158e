#include "base/utf8.h"

#include <gtest/gtest.h>

namespace pawl::utf8 {
namespace {

TEST(Utf8, EveryCodePointRoundTrips) {
  std::u32string all;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) all.push_back(c);
  }
  const std::string text = encode(all);
  EXPECT_EQ(find_invalid(text), kValid);
  EXPECT_EQ(decode(text), all);
  EXPECT_EQ(count(text), all.size());
  const auto starts = offsets(text);
  ASSERT_EQ(starts.size(), all.size() + 1);
  EXPECT_EQ(starts.back(), text.size());
  for (size_t i = 0; i < all.size(); i += 4099) {
    size_t at = starts[i];
    EXPECT_EQ(next(text, at), all[i]);
    EXPECT_EQ(at, starts[i + 1]);
  }
}

TEST(Utf8, IllFormedSequencesAreFoundWhereTheyBegin) {
  for (const char* bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE0\xA0", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF", "\xC3\x28", "\xE2\x28\xA1"}) {
    for (const size_t lead : {0, 1, 7, 8, 9, 31}) {
      const std::string text = std::string(lead, 'a') + bad + std::string(12, 'z');
      EXPECT_EQ(find_invalid(text), lead) << testing::PrintToString(bad);
      EXPECT_EQ(find_invalid(std::string(lead, 'a') + bad), lead);
    }
  }
}

TEST(Utf8, EmptyTextIsValid) {
  EXPECT_EQ(find_invalid(""), kValid);
  EXPECT_EQ(offsets("").size(), 1u);
}

}  // namespace
}  // namespace pawl::utf8
