#include <ctime>

#include "base/rng.h"
#include "base/utf8.h"
#include "tests/learn/redaction_cases.h"

namespace pawl::learn {
namespace {

TEST(Pii, OrdinaryTextStaysAsItIs) {
  expect_untouched({"", " ", "why is my loop slow on 10000000 items?",
                    "wake me up at 7:45 on monday", "play track 12 from album 1989",
                    "what's 15% of 2,450.75", "room 101, floor 3",
                    "the 2008-2012 crisis cost 4.5 trillion", "<EMAIL> and <PHONE>", "日本語 123",
                    "RFC 2822, ISO 8601, port 443", "for (int i = 0; i < 100; ++i) a[i] = 2 * i;"});
}

TEST(Pii, PersonsAreTakenFromTheirSpans) {
  const Redaction redaction = redact("thanks, Zoë Smith!", std::vector<CodePointSpan>{{8, 17}});
  EXPECT_EQ(redaction.text, "thanks, <PERSON>!");
  EXPECT_EQ(redaction.edits, (std::vector<TextEdit>{{8, 17, 8, "PERSON"}}));
  EXPECT_EQ(redact("abc", std::vector<CodePointSpan>{{-5, 99}, {2, 2}, {7, 3}}).text, "<PERSON>");
}

TEST(Pii, OverlappingFindsBecomeOnePlaceholder) {
  const auto redaction = redact("mail jane.smith@example.org", std::vector<CodePointSpan>{{5, 15}});
  EXPECT_EQ(redaction.text, "mail <EMAIL>");
  EXPECT_EQ(redaction.edits.size(), 1u);
}

TEST(Pii, EntitiesMoveWithTheText) {
  const std::string text = "é jane@example.org flies to Oslo on Monday, call +1 415 555 0123 Bob";
  const auto at = [&](const char* part) {
    return static_cast<int64_t>(utf8::count(text.substr(0, text.find(part))));
  };
  const auto entity = [&](const char* part, const char* label) {
    return EntitySpan{at(part), at(part) + static_cast<int64_t>(std::string_view(part).size()),
                      label};
  };
  const Redaction redaction = redact(text);
  EXPECT_EQ(redaction.text, "é <EMAIL> flies to Oslo on Monday, call <PHONE> Bob");
  const std::vector<EntitySpan> given = {
      {0, 1, "FIRST"},           entity("Oslo", "GPE"),    entity("Monday", "DATE"),
      entity("Bob", "PERSON"),   entity("example", "ORG"), entity("jane@example.org flies", "VP"),
      entity("org flies", "CUT")};
  std::vector<std::string> texts;
  for (const EntitySpan& e : move_entities(given, redaction.edits)) {
    const std::u32string moved = utf8::decode(redaction.text);
    texts.push_back(e.label + "=" +
                    utf8::encode(moved.substr(static_cast<size_t>(e.start),
                                              static_cast<size_t>(e.end - e.start))));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"FIRST=é", "GPE=Oslo", "DATE=Monday", "PERSON=Bob",
                                             "VP=<EMAIL> flies"}));
}

TEST(Pii, AnyMixtureLosesItsWholeSecretsAndStaysText) {
  Rng rng(11);
  const std::vector<std::string> secrets = {"jane@example.org", "+1 (415) 555-0123",
                                            "4111 1111 1111 1111", "078-05-1120", "203.0.113.7"};
  const std::vector<std::string> fillers = {"(", ")", "-", ".",  "12", "0",  "a",
                                            "é", "@", ":", "\n", "٣",  "://"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (uint64_t n = rng.below(8); n > 0; --n) {
      text += rng.below(2) == 0 ? ", " + secrets[rng.below(secrets.size())] + ", "
                                : fillers[rng.below(fillers.size())];
    }
    const Redaction redaction = redact(text);
    EXPECT_EQ(utf8::find_invalid(redaction.text), utf8::kValid);
    for (const std::string& secret : secrets) {
      EXPECT_EQ(redaction.text.find(secret), std::string::npos) << text;
    }
  }
}

TEST(Pii, TheFormsOfTheTrafficSimulatorNeverStay) {
  for (int n = 0; n < 10000; n += 37) {
    char phone[32], email[64];
    std::snprintf(phone, sizeof(phone), "+1 (415) 555-%04d", n);
    std::snprintf(email, sizeof(email), "jane.q.%d@example-mail.org", n);
    const std::vector<std::string> secrets = {phone, email, "4111 1111 1111 1111", "078-05-1120"};
    for (const std::string& secret : secrets) {
      for (const char* text :
           {"wake me at 7", "call 911 or 5", "10 12", "what is 2 + 2", "room 4", "call"}) {
        EXPECT_EQ(cleaned(text + (" (" + secret + ")")).find(secret), std::string::npos);
      }
    }
  }
}

double seconds_for(const std::string& unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  const std::clock_t begin = std::clock();
  redact(text);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Four times the text takes four times as long; a quadratic scanner would need sixteen times.
TEST(Pii, LongHostileTextsTakeLinearTime) {
  constexpr size_t kSize = size_t{1} << 15;
  for (const char* unit : {"1",
                           "1 ",
                           "a",
                           "a@",
                           "@",
                           "a.",
                           "1.",
                           "(",
                           "::",
                           "a:",
                           "0:",
                           "http://",
                           "http://a:b",
                           "@[",
                           "a@[",
                           "-----BEGIN PRIVATE KEY",
                           "DE89 ",
                           "DE89",
                           "password:",
                           "password is ",
                           "\"",
                           "=a",
                           "=",
                           "(at)",
                           "a (dot) ",
                           "+1",
                           "é",
                           "eyJ.",
                           "call 1 ",
                           "://@",
                           "\"@",
                           "( ",
                           "x://a:b@",
                           "password: \"",
                           "key=",
                           "my password for the ",
                           "passphrase: a ",
                           "aB",
                           "电话",
                           "密",
                           " -u a:",
                           "mysql -p",
                           "AB12 ",
                           "passport ",
                           "1-",
                           "1/",
                           "12.",
                           "0 ",
                           "[.]",
                           "a[@]",
                           "%40",
                           "&#64;",
                           "\\u0040",
                           "\u200B",
                           "1\u0332",
                           "_",
                           "is my ",
                           "a at b dot ",
                           "{",
                           "<password>",
                           "12:",
                           "4111 ",
                           "token token ",
                           "x[1::",
                           "1::",
                           "a=b&",
                           "中1"}) {
    const double once = seconds_for(unit, kSize);
    const double more = seconds_for(unit, 4 * kSize);
    EXPECT_LT(more, 10 * once + 0.05) << unit;
  }
}

}  // namespace
}  // namespace pawl::learn
