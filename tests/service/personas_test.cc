#include "service/personas.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::service {
namespace {

std::string refused(const std::string& text) {
  try {
    PersonaRules::parse(text, "personas.txt");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Personas, TheFirstRuleThatFitsDecidesAndSaysSo) {
  const auto rules = PersonaRules::parse(
      "# who answers\n"
      "debug_error, frustrated, calm-helper   # first of all\n"
      "\n"
      "*, excited, cheerleader\r\n"
      "debug_error, *, technical-expert",
      "personas.txt");
  EXPECT_EQ(rules.choose("debug_error", "frustrated").persona, "calm-helper");
  EXPECT_EQ(rules.choose("debug_error", "frustrated").reason,
            "line 2 of personas.txt: debug_error, frustrated");
  EXPECT_EQ(rules.choose("debug_error", "excited").persona, "cheerleader");
  EXPECT_EQ(rules.choose("debug_error", "").persona, "technical-expert");
  EXPECT_EQ(rules.choose("casual_chat", "neutral").persona, "casual-friend");
  EXPECT_EQ(rules.choose("casual_chat", "neutral").reason, "usual rule: casual_chat, *");
  EXPECT_EQ(rules.choose("one of our own", "").persona, "support-assistant");
}

TEST(Personas, AWrongLineIsNamed) {
  for (const char* line :
       {"a, b", "a, b, c, d", "a, , c", "a, b, *", ", ,", "a, b, \x01", "\xff, b, c"})
    EXPECT_NE(refused(std::string("*, *, x\n") + line).find("personas.txt, line 2"),
              std::string::npos)
        << line;
  EXPECT_EQ(refused(""), "");
}

PersonaHistory::Ratings ratings(size_t count, double mean) {
  return {mean * static_cast<double>(count), count};
}

TEST(Personas, ATableIsUnderstoodOnceAndAChangeIsSeenWithTheNextCall) {
  const pawl::test::TemporaryFolder folder;
  PersonaTable table(Env::real(), folder.path());
  const auto chosen = [&table](size_t warnings) {
    std::vector<std::string> told;
    const auto rules = table.rules(told);
    EXPECT_EQ(told.size(), warnings);
    return rules->choose("debug_error", "calm").persona;
  };
  const auto write = [&folder](const char* text) {
    Env::real().write_file(folder / "personas.txt", text, false);
  };
  const std::string usual = chosen(0);
  write("*, *, ann\n");
  EXPECT_EQ(chosen(0), "ann");
  std::vector<std::string> told;
  EXPECT_EQ(table.rules(told), table.rules(told));
  write("*, *, bob\n");
  EXPECT_EQ(chosen(0), "bob");
  write("nonsense\n");
  EXPECT_EQ(chosen(1), usual);
  write("*, *, bob\n");
  EXPECT_EQ(chosen(0), "bob");
  Env::real().remove_all(folder / "personas.txt");
  EXPECT_EQ(chosen(0), usual);
}

TEST(Personas, WhatAUserNamedIsHis) {
  PersonaHistory history;
  history.stated = "business-advisor";
  history.ratings["casual-friend"] = ratings(100, 1);
  EXPECT_EQ(prefer({"technical-expert", "rule"}, history).persona, "business-advisor");
  EXPECT_EQ(prefer({"technical-expert", "rule"}, {}).reason, "rule");
}

TEST(Personas, FewRatingsChangeNothingAndManyDo) {
  PersonaHistory history;
  history.ratings = {{"technical-expert", ratings(3, 0)}, {"casual-friend", ratings(3, 1)}};
  EXPECT_EQ(prefer({"technical-expert", "rule"}, history).persona, "technical-expert");
  history.ratings = {{"technical-expert", ratings(12, 0.2)}, {"casual-friend", ratings(12, 0.9)}};
  const auto choice = prefer({"technical-expert", "rule"}, history);
  EXPECT_EQ(choice.persona, "casual-friend");
  EXPECT_NE(choice.reason.find("after 12 ratings"), std::string::npos) << choice.reason;
  EXPECT_EQ(prefer({"casual-friend", "rule"}, history).reason, "rule");
}

TEST(Personas, ANameThatWasRemovedIsNobodysPreference) {
  PersonaHistory history;
  history.ratings = {{"technical-expert", ratings(12, 0.2)}, {"<PERSON>", ratings(20, 1)}};
  EXPECT_EQ(prefer({"technical-expert", "rule"}, history).persona, "technical-expert");
}

TEST(Personas, AByteOrderMarkIsNoPartOfARule) {
  const auto rules = PersonaRules::parse(
      "\xEF\xBB\xBF"
      "debug_error, *, wanted\n",
      "personas.txt");
  EXPECT_EQ(rules.choose("debug_error", "calm").persona, "wanted");
}

}  // namespace
}  // namespace pawl::service
