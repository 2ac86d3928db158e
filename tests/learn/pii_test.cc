#include "learn/privacy/pii.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/rng.h"
#include "base/utf8.h"

namespace pawl::learn {
namespace {

std::string cleaned(std::string_view text) {
  return redact(text).text;
}

struct Case {
  const char* text;
  const char* expected;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(cleaned(c.text), c.expected) << c.text;
}

void expect_untouched(std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_EQ(cleaned(text), text);
}

TEST(Pii, EmailAddresses) {
  expect_all({
      {"write to jane.q.17@example-mail.org please", "write to <EMAIL> please"},
      {"(jane.q.1@example-mail.org)", "(<EMAIL>)"},
      {"mail bob+news@mail.example.co.uk.", "mail <EMAIL>."},
      {"<a_b%c@x-y.io>", "<<EMAIL>>"},
      {"JANE@EXAMPLE.ORG and joe@example.org", "<EMAIL> and <EMAIL>"},
      {"jürgen@müller.de", "<EMAIL>"},
      {"jane＠example．org", "<EMAIL>"},
      {"ja\u200Bne@exam\u200Bple.org", "<EMAIL>"},
      {"jane (at) example (dot) org", "<EMAIL>"},
      {"jane [at] example.org now", "<EMAIL> now"},
      {"jane @ example.org now", "<EMAIL> now"},
      {"root@[10.0.0.1]", "<EMAIL>"},
      {"\"jane doe\"@example.org", "<EMAIL>"},
      {"x@xn--bcher-kva.xn--p1ai", "<EMAIL>"},
      {"mailto:jane@example.org?subject=hi", "mailto:<EMAIL>?subject=hi"},
  });
  expect_untouched({"hello @john.doe", "meet @ 5.30 pm", "a@b", "array[i]@2.0",
                    "use @Override on it", "we met (at) noon", "@", "@@@", "a @ b"});
}

TEST(Pii, PhoneNumbers) {
  expect_all({
      {"call +1 (415) 555-0123", "call <PHONE>"},
      {"text (+1 (415) 555-4001)", "text (<PHONE>)"},
      {"(415) 555-0123 is mine", "<PHONE> is mine"},
      {"415-555-0123, 415.555.0123 or 415 555 0123", "<PHONE>, <PHONE> or <PHONE>"},
      {"it is 4155550123.", "it is <PHONE>."},
      {"1-800-555-0199 ext 5", "<PHONE> ext 5"},
      {"+44 20 7946 0958", "<PHONE>"},
      {"+442079460958!", "<PHONE>!"},
      {"+49 (0)30 1234567", "<PHONE>"},
      {"0049 30 1234567", "<PHONE>"},
      {"030 1234567 or 0171/2345678", "<PHONE> or <PHONE>"},
      {"07700 900123", "<PHONE>"},
      {"06 12 34 56 78", "<PHONE>"},
      {"(11) 91234-5678", "<PHONE>"},
      {"call me: 555-0123", "call me: <PHONE>"},
      {"my number is 612 345 678", "my number is <PHONE>"},
      {"+1 415 555\n0123", "<PHONE>"},
      {"+١ ٤١٥ ٥٥٥ ٠١٢٣", "<PHONE>"},
      {"＋１ （４１５） ５５５－０１２３", "<PHONE>"},
      {"+1\u00A0415\u2011555\u20110123", "<PHONE>"},
      {"4\u200B15-555-0123", "<PHONE>"},
      {"+1 415 555 0123 42 apples", "<PHONE> 42 apples"},
  });
  expect_untouched({"set an alarm for 10:30", "on 2024-05-06 at 10:30",
                    "from 01.02.2024 to 03.04.2025", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
                    "pi is 3.14159265358979", "order 12345678", "it costs $415 555 0123",
                    "C++ 17 20 23", "x+12345678", "1 2 3 4 5 6 7 8 9", "error 0x80070057",
                    "2000 3000 4000", "12/25/2023 10:00:00", "port 8080, pid 12345",
                    "call at 2024-05-06 10", "version 10.15.7", "the year 1984 and 2001",
                    "http://example.org/t/2157734567/"});
}

TEST(Pii, CardNumbersPassLuhn) {
  expect_all({
      {"4111 1111 1111 1111", "<CARD>"},
      {"my card (4111 1111 1111 1111)", "my card (<CARD>)"},
      {"4111111111111111", "<CARD>"},
      {"4111-1111-1111-1111 and 378282246310005", "<CARD> and <CARD>"},
      {"5555.5555.5555.4444", "<CARD>"},
      {"4111 1111\n1111 1111", "<CARD>"},
      {"card4111111111111111", "card<CARD>"},
      {"٤١١١ ١١١١ ١١١١ ١١١١", "<CARD>"},
      {"4111\u20071111\u20071111\u20071111", "<CARD>"},
      {"6011111111111117", "<CARD>"},
      {"4111 1111 1111 1111 078-05-1120", "<CARD> <SSN>"},
  });
  expect_untouched(
      {"4111 1111 1111 1112", "0000 0000 0000 0000", "9780306406157", "1700000000000"});
}

TEST(Pii, Ibans) {
  expect_all({
      {"DE89 3704 0044 0532 0130 00", "<IBAN>"},
      {"pay to GB82WEST12345698765432.", "pay to <IBAN>."},
      {"fr14 2004 1010 0505 0001 3m02 606", "<IBAN>"},
      {"NL91-ABNA-0417-1643-00", "<IBAN>"},
      {"NO93 8601 1117 947 thanks", "<IBAN> thanks"},
  });
  expect_untouched({"GB82WEST12345698765431", "XX82WEST12345698765432"});
}

TEST(Pii, SocialSecurityNumbers) {
  expect_all({
      {"ssn 078-05-1120", "ssn <SSN>"},
      {"(078-05-1120)", "(<SSN>)"},
      {"123 45 6789", "<SSN>"},
      {"123‑45‑6789", "<SSN>"},
      {"my SSN is 123456789", "my SSN is <SSN>"},
      {"912-50-1234", "<SSN>"},
  });
  expect_untouched({"000-12-3456", "666-12-3456", "123-00-4567", "123-45-0000", "123456789"});
}

TEST(Pii, IpAddressesButNotVersions) {
  expect_all({
      {"ping 203.0.113.7", "ping <IP>"},
      {"http://203.0.113.7:8080/x", "http://<IP>:8080/x"},
      {"2001:db8::ff00:42:8329", "<IP>"},
      {"2001:0db8:85a3:0000:0000:8a2e:0370:7334 up", "<IP> up"},
      {"fe80::1 and ::ffff:203.0.113.7", "<IP> and <IP>"},
      {"[2001:db8::1]:443", "[<IP>]:443"},
  });
  expect_untouched({"version 1.2.3.4", "v1.2.3.4", "v 1.2.3.4", "release 10.0.19041.1", "1.2.3",
                    "1.2.3.4.5", "256.1.1.1", "127.0.0.1:8080", "0.0.0.0", "::1", "std::cafe::bad",
                    "at 12:30:45", "a::b", "dead::beef", "std::vector", "::", "build 1.2.3.4"});
}

TEST(Pii, UrlsWithCredentials) {
  expect_all({
      {"git clone https://bob:hunter2@example.org/x.git now", "git clone <URL> now"},
      {"postgres://user:p/ss@db/app", "<URL>"},
      {"see https://token@example.org.", "see <URL>."},
  });
  expect_untouched(
      {"https://example.org/@user/post", "http://example.org:8080/a@b", "https://example.org"});
}

TEST(Pii, KeysAndTokens) {
  expect_all({
      {"sk-abcdEFGH1234ijklMNOP5678", "<KEY>"},
      {"use ghp_16C7e42F292c6912E7710c838347Ae178B4a.", "use <KEY>."},
      {"AKIAIOSFODNN7EXAMPLE", "<KEY>"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "<KEY>"},
      {"api key: 0123456789abcdef0123", "api key: <KEY>"},
      {"API_KEY=a81bc81b-dead-4e5d-abff-90865d1e13b1", "API_KEY=<KEY>"},
      {"Authorization: Bearer q1w2e3r4t5y6u7i8o9", "Authorization: Bearer <KEY>"},
      {"password: hunter!two", "password: <KEY>"},
      {"my password is hunter2x", "my password is <KEY>"},
      {"key wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLE9KEY", "key <KEY>"},
      {"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----!", "<KEY>!"},
      {"-----BEGIN PRIVATE KEY-----\nMIIEow", "<KEY>"},
  });
  expect_untouched({"my password is wrong", "the token is expired", "sk-learn is nice",
                    "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "tokenization of embeddings",
                    "the secret ingredient is love",
                    "src/learn/pii_numbers.cc and tests/learn/pii_test.cc",
                    "NullPointerException in getUserAccountDetails", "reset my password please"});
}

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

// A quadratic scanner would need minutes of processor time for these.
TEST(Pii, LongHostileTextsTakeLinearTime) {
  constexpr size_t kSize = size_t{1} << 18;
  const std::clock_t begin = std::clock();
  for (const char* unit : {"1",          "1 ",   "a",         "a@",
                           "@",          "a.",   "1.",        "(",
                           "::",         "a:",   "0:",        "http://",
                           "http://a:b", "@[",   "a@[",       "-----BEGIN PRIVATE KEY",
                           "DE89 ",      "DE89", "password:", "password is ",
                           "\"",         "=a",   "=",         "(at)",
                           "a (dot) ",   "+1",   "é",         "eyJ.",
                           "call 1 ",    "://@", "\"@",       "( ",
                           "x://a:b@"}) {
    std::string text;
    while (text.size() < kSize) text += unit;
    redact(text);
  }
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 30.0);
}

}  // namespace
}  // namespace pawl::learn
