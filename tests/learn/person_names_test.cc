#include "learn/privacy/person_names.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/utf8.h"

namespace pawl::learn {
namespace {

std::string without_names(const std::string& text, std::vector<CodePointSpan> recognised = {}) {
  return redact(text, find_names(text, recognised)).text;
}

TEST(PersonNames, StandWherePeoplePutThem) {
  EXPECT_EQ(without_names("my name is jane smith, hi"), "my name is <PERSON>, hi");
  EXPECT_EQ(without_names("ich heiße Jürgen und brauche Hilfe"),
            "ich heiße <PERSON> und brauche Hilfe");
  EXPECT_EQ(without_names("this is Bob van Dijk speaking"), "this is <PERSON> speaking");
  EXPECT_EQ(without_names("Mrs. O'Neil called"), "Mrs. <PERSON> called");
  EXPECT_EQ(without_names("Dear Jane Smith, thanks.\nRegards,\nBob"),
            "Dear <PERSON>, thanks.\nRegards,\n<PERSON>");
  EXPECT_EQ(without_names("\"customer_name\": \"Jane A. Smith\""),
            "\"customer_name\": \"<PERSON>\"");
  EXPECT_EQ(without_names("меня зовут Иван Петров."), "меня зовут <PERSON>.");
}

TEST(PersonNames, ANameIsRemovedWhereverItIsSaidAgain) {
  EXPECT_EQ(without_names("Dr. Jane Smith was late. Jane's phone, and Smith too"),
            "Dr. <PERSON> was late. <PERSON>'s phone, and <PERSON> too");
}

TEST(PersonNames, InSmallLettersGivenNamesGoWhereNamesStand) {
  EXPECT_EQ(without_names("my name's bob smith"), "my name's <PERSON>");
  EXPECT_EQ(without_names("i'm jane, can you help"), "i'm <PERSON>, can you help");
  EXPECT_EQ(without_names("a meeting with carla and lisa at 9"),
            "a meeting with <PERSON> and <PERSON> at 9");
  EXPECT_EQ(without_names("send email to john smith now"), "send email to <PERSON> now");
  for (const char* text : {"i am tired", "this is python code", "i am among them",
                           "talk to sales and marketing", "a meeting with will power"})
    EXPECT_EQ(without_names(text), text);
}

TEST(PersonNames, WhatIsNoneStays) {
  for (const char* text :
       {"my name is not in the list", "Hello there, how are you?", "Thanks, that works",
        "Dear Sir or Madam", "I'm happy", "I'm Irish, my culture", "file name: Report",
        "name: string", "Hi team, it broke", "add it to my This Is Verdi list", "from: 10:30",
        "call me tomorrow", "I am Urgent", ""})
    EXPECT_EQ(without_names(text), text);
}

TEST(PersonNames, WhatWasRecognisedIsCutToANameOrLeftOut) {
  EXPECT_EQ(without_names("Thanks Jane Smith please", {{0, 24}}), "Thanks <PERSON> please");
  EXPECT_EQ(without_names("Redis is slow", {{0, 5}}), "Redis is slow");
  EXPECT_EQ(without_names("get_Jane()", {{4, 8}}), "get_Jane()");
  EXPECT_EQ(without_names("abc", {{-4, 99}, {2, 1}}), "<PERSON>");
}

TEST(PersonNames, ASurnameBehindWhatWasRecognisedGoesWithIt) {
  EXPECT_EQ(without_names("ask Jane Smith about it", {{4, 8}}), "ask <PERSON> about it");
  EXPECT_EQ(without_names("with Anna Kowalska, today", {{5, 9}}), "with <PERSON>, today");
  EXPECT_EQ(without_names("ask Jane Monday", {{4, 8}}), "ask <PERSON> Monday");
  EXPECT_EQ(without_names("ask Jane. Smith is a word", {{4, 8}}), "ask <PERSON>. Smith is a word");
}

TEST(PersonNames, LongTextsTakeLinearTime) {
  const auto seconds = [](const std::string& unit, size_t size) {
    std::string text;
    std::vector<CodePointSpan> spans;
    while (text.size() < size) {
      spans.push_back({static_cast<int64_t>(text.size()), static_cast<int64_t>(text.size() + 4)});
      text += unit;
    }
    const std::clock_t begin = std::clock();
    find_names(text, spans);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  for (const char* unit : {"Jane ", "my name is ", "Hi Jane, ", "a ", "Dr. ", "name: "})
    EXPECT_LT(seconds(unit, size_t{1} << 17), 10 * seconds(unit, size_t{1} << 15) + 0.05) << unit;
}

}  // namespace
}  // namespace pawl::learn
