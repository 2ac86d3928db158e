#include "http/gateway/sse.h"

#include <gtest/gtest.h>

#include "http/gateway/answer.h"

namespace pawl::http {
namespace {

std::vector<std::string> events_of(std::string_view bytes, size_t piece, size_t* whole = nullptr) {
  SseParser parser;
  std::vector<std::string> events;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    parser.feed(bytes.substr(at, piece),
                [&](const SseParser::Event& event) { events.emplace_back(event.data); });
  }
  if (whole != nullptr) *whole = parser.whole();
  EXPECT_EQ(parser.fed(), bytes.size());
  return events;
}

TEST(SseTest, HoweverTheBytesAreCutTheEventsAreTheSame) {
  const std::string bytes =
      "\xEF\xBB\xBF: comment\r\n\r\ndata: one\r\n\r\ndata:two\ndata: lines\n\nid: "
      "1\ndata\n\nevent: x\n\r\rdata: "
      "\xC3\xA4\r\rrest";
  const std::vector<std::string> expected = {"one", "two\nlines", "", "\xC3\xA4"};
  for (size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_EQ(events_of(bytes, piece), expected) << piece;
}

TEST(SseTest, WhatNoBlankLineEndedIsNotWhole) {
  for (const size_t piece : {1u, 3u, 100u}) {
    size_t whole = 0;
    events_of("data: a\n\ndata: b\r\n\r\ndata: c\n", piece, &whole);
    EXPECT_EQ(whole, 20u);
  }
}

TEST(SseTest, AnEventThatIsTooLargeIsReportedAndTheNextOneIsRead) {
  SseParser parser(100);
  std::vector<std::pair<bool, std::string>> events;
  const std::string bytes = "data: " + std::string(1000, 'x') + "\n\ndata: y\n\n";
  for (const char c : bytes) {
    parser.feed({&c, 1},
                [&](const SseParser::Event& e) { events.emplace_back(e.too_large, e.data); });
  }
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].first);
  EXPECT_FALSE(events[1].first);
  EXPECT_EQ(events[1].second, "y");
}

TEST(AnswerTest, EventsAreToldApart) {
  EXPECT_EQ(classify_event(R"({"choices":[]})"), EventKind::kGood);
  EXPECT_EQ(classify_event(R"({"error":{"message":"no"}})"), EventKind::kError);
  EXPECT_EQ(classify_event(R"({"error":null,"choices":[]})"), EventKind::kGood);
  EXPECT_EQ(classify_event("[DONE]"), EventKind::kDone);
  EXPECT_EQ(classify_event("{"), EventKind::kBroken);
  EXPECT_EQ(classify_event("[]"), EventKind::kBroken);
}

TEST(AnswerTest, AStreamIsCompleteWhenItSaysThatItEnded) {
  const std::string words =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n";
  EXPECT_FALSE(read_stream(words, 100).complete);
  EXPECT_TRUE(read_stream(words + "data: [DONE]\n\n", 100).complete);
  const auto ended = read_stream(
      words + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", 100);
  EXPECT_TRUE(ended.complete);
  EXPECT_EQ(ended.text, "Hello");
  EXPECT_EQ(ended.finish_reason, "stop");
  EXPECT_FALSE(read_stream(words + "data: {\"error\":{}}\n\ndata: [DONE]\n\n", 100).complete);
}

TEST(AnswerTest, ACompletionNeedsAChoice) {
  EXPECT_TRUE(read_completion(R"({"choices":[{"message":{"content":"a"}}]})", 10).complete);
  EXPECT_FALSE(read_completion(R"({"choices":[]})", 10).complete);
  EXPECT_FALSE(read_completion(R"({"error":{}})", 10).complete);
  EXPECT_FALSE(read_completion("<html>", 10).complete);
}

}  // namespace
}  // namespace pawl::http
