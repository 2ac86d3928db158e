#include "learn/privacy/person_ids.h"

#include <gtest/gtest.h>

#include "learn/privacy/corrected_names.h"

namespace pawl::learn {
namespace {

TEST(PersonIds, NumbersOfPersonsAreFound) {
  for (const char* id : {"491701234567", "+49 170 1234567", "cust#2125550187", "user_2125550187",
                         "0171-2345678", "442079460958", "jane@example.org", "u-212-555-0187",
                         "00491701234567", "wa:491701234567"}) {
    EXPECT_TRUE(is_personal_id(id, IdOf::kThing)) << id;
    EXPECT_TRUE(is_personal_id(id, IdOf::kPerson)) << id;
  }
}

TEST(PersonIds, NamesAreFound) {
  for (const char* id : {"Jane Smith", "Zoë O'Neil", "Иван Петров"}) {
    EXPECT_TRUE(is_personal_id(id, IdOf::kThing)) << id;
    EXPECT_TRUE(is_personal_id(id, IdOf::kPerson)) << id;
  }
  for (const char* id :
       {"jane.smith", "jane_smith", "JaneSmith", "Jane", "jane-smith2", "Smith, Jane"})
    EXPECT_TRUE(is_personal_id(id, IdOf::kPerson)) << id;
}

TEST(PersonIds, OtherIdsStayAsTheyAre) {
  for (const char* id : {"",
                         "u1",
                         "u-17",
                         "user-7",
                         "test_user",
                         "conv-12",
                         "c0ffee",
                         "session_2024-01-05",
                         "17",
                         "4711",
                         "1700000000",
                         "1700000000000",
                         "1541815603606036480",
                         "doc-1",
                         "guest",
                         "anonymous-user",
                         "123e4567-e89b-12d3-a456-426614174000",
                         "01a218ea-821b-74cc-be57-a22d110d1a3e",
                         "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
                         "support-bot",
                         "alice",
                         "t-2fd4e1c67a2d28fced849ee1bb76e739",
                         "id-2fd4e1c67a2d28fced849ee1"}) {
    EXPECT_FALSE(is_personal_id(id, IdOf::kThing)) << id;
    EXPECT_FALSE(is_personal_id(id, IdOf::kPerson)) << id;
  }
  EXPECT_FALSE(is_personal_id("billing-question", IdOf::kThing));
}

TEST(PersonIds, FullNamesAreFoundInIdsOfAnyForm) {
  for (const char* id : {"chat-with-jane-smith", "john_doe_2024", "session/maria.garcia"})
    EXPECT_TRUE(is_personal_id(id, IdOf::kThing)) << id;
  for (const char* id : {"rose-gold-17", "mark_price_up", "chat-grace-period"})
    EXPECT_FALSE(is_personal_id(id, IdOf::kThing)) << id;
}

TEST(PersonalLabels, NamesNumbersAndAddressesAreFound) {
  for (const char* label :
       {"Jane Smith",         "jane_smith",       "JANE SMITH",       "JaneSmith",
        "ask Jane Smith",     "call_john_doe",    "Maria de la Cruz", "j.smith",
        "Smith, Jane",        "Mrs Smith",        "Иван Петров",      "anna_müller",
        "Priya K. Patel",     "wei.zhang",        "Yuki Tanaka",      "mohammed-ali",
        "2125550187",         "+49 170 1234567",  "call 212-555-0187", "491701234567",
        "jane@example.org",   "jane at example dot org", "10.1.2.3",  "12 Main Street",
        "221b Baker Street",  "Hauptstraße 5",    "12, rue de Rivoli", "Calle Mayor 3",
        "078-05-1120",        "4111 1111 1111 1111"})
    EXPECT_TRUE(is_personal_label(label)) << label;
}

TEST(PersonalLabels, WhatLabelsAreCalledStays) {
  for (const char* label :
       {"debug_error",     "casual_chat",     "PERSON",           "none_of_these",  "rose_gold",
        "mark_read",       "grant_access",    "grace_period",     "Lost Card",      "bill_due",
        "paris_weather",   "victoria_park",   "may_day",          "hp_laserjet_4",  "404",
        "http_502",        "top_up_by_card",  "why_verify_identity", "street_view_2", "lane_assist",
        "21_questions",    "2fa",             "route_66",         "5g_outage",      "x-ray",
        "e-mail",          "t_mobile",        "WORK_OF_ART",      "頼む",           "жалоба",
        "C++",             ":)",              "Will Call",        "jack_of_all_trades",
        "customer_name",   "ask for refund",  "thank you",        "rap_battle"})
    EXPECT_FALSE(is_personal_label(label)) << label;
}

TEST(CorrectedNames, WhatAPersonCallsOtherwiseIsNoName) {
  const std::string text = "about Redis and Kafka, says Bob";
  using Spans = std::vector<CodePointSpan>;
  const Spans taken = {{6, 21}, {28, 31}};
  const std::vector<EntitySpan> tech = {{6, 11, "TECH"}, {16, 21, "TECH"}};
  EXPECT_EQ(without_corrected(text, taken, tech), (Spans{{28, 31}}));
  EXPECT_EQ(without_corrected(text, taken, std::vector<EntitySpan>{{6, 11, "TECH"}}),
            (Spans{{12, 21}, {28, 31}}));
  EXPECT_EQ(without_corrected(text, taken, std::vector<EntitySpan>{{28, 31, "customer_name"}}),
            taken);
  EXPECT_EQ(without_corrected(text, taken, {}), taken);
  EXPECT_EQ(without_corrected(text, Spans{{-3, 99}}, std::vector<EntitySpan>{{-9, 200, "TECH"}}),
            Spans{});
}

TEST(CorrectedNames, LabelsOfPersons) {
  for (const char* label : {"PERSON", "PER", "person_name", "NAME", "CUSTOMER", "name"})
    EXPECT_TRUE(is_person_label(label)) << label;
  for (const char* label : {"TECH", "song_name", "ORG", "PRODUCT", "PERCENT", "file_name"})
    EXPECT_FALSE(is_person_label(label)) << label;
}

TEST(CorrectedNames, AnEntityOnARemovedNameThatSaysItIsNoneIsDropped) {
  const std::vector<TextEdit> edits = {{0, 3, 8, "PERSON"}};
  EXPECT_TRUE(move_entities(std::vector<EntitySpan>{{0, 3, "TECH"}}, edits).empty());
  EXPECT_EQ(move_entities(std::vector<EntitySpan>{{0, 3, "PERSON"}}, edits).size(), 1u);
}

}  // namespace
}  // namespace pawl::learn
