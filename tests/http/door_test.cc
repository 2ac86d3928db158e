#include <gtest/gtest.h>

#include "http/door/problem.h"
#include "http/door/route.h"
#include "http/gateway/chat_request.h"
#include "http/net/client.h"
#include "http/ops/metrics.h"

namespace pawl::http {
namespace {

RouteTable table_of(std::initializer_list<std::pair<const char*, const char*>> routes) {
  RouteTable table;
  for (const auto& [method, pattern] : routes)
    table.add({.method = method, .pattern = pattern, .least = {}, .name = pattern, .summary = ""});
  return table;
}

TEST(RouteTest, SegmentsMatchAndParametersAreDecoded) {
  const RouteTable table =
      table_of({{"GET", "/a"}, {"GET", "/a/live"}, {"GET", "/a/{id}"}, {"POST", "/a/{id}/b"}});
  EXPECT_EQ(table.match("GET", "/a").index, 0);
  EXPECT_EQ(table.match("HEAD", "/a").index, 0);
  EXPECT_EQ(table.match("GET", "/a/live").index, 1);
  const auto match = table.match("GET", "/a/x%2Fy%20z");
  EXPECT_EQ(match.index, 2);
  EXPECT_EQ(match.parameters.at("id"), "x/y z");
  EXPECT_EQ(table.match("POST", "/a/1/b").index, 3);
  for (const char* wrong : {"/", "/a/", "/a/%", "/a/%00", "/a/%FF", "/a//b", "/a/1/b/", "/aa"})
    EXPECT_EQ(table.match("GET", wrong).index, -1) << wrong;
  EXPECT_EQ(table.match("PUT", "/a/live").allowed, "GET, GET");
}

TEST(ProblemTest, TheFieldIsTheNameInQuotes) {
  const auto response = problem(Error(ErrorKind::kInvalidInput, "\"cron\" must have five fields"));
  EXPECT_EQ(response.status, 422);
  EXPECT_NE(response.body.find("\"field\":\"cron\""), std::string::npos);
  EXPECT_EQ(problem(Error(ErrorKind::kNotFound, "no")).status, 404);
  EXPECT_EQ(problem(Error(ErrorKind::kBusy, "no")).status, 409);
  EXPECT_EQ(problem(Error(ErrorKind::kIo, "no")).status, 500);
}

TEST(QueryTest, ParametersAreFoundAndDecoded) {
  EXPECT_EQ(query_parameter("a=1&b=x+y%21&c", "b"), "x y!");
  EXPECT_EQ(query_parameter("a=1&b=2&c", "c"), "");
  EXPECT_EQ(query_parameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("a=%zz", "a"), std::nullopt);
}

TEST(OriginTest, UrlsAreTakenApartOrRefused) {
  const Origin origin = parse_origin("https://api.example.com/v1/");
  EXPECT_TRUE(origin.tls);
  EXPECT_EQ(origin.port, 443);
  EXPECT_EQ(origin.base, "/v1");
  EXPECT_EQ(parse_origin("http://[::1]:99/x").host, "::1");
  EXPECT_EQ(parse_origin("http://[::1]:99/x").port, 99);
  for (const char* wrong : {"", "ftp://a", "http://", "http://a:0", "http://a:99999", "http://a:x",
                            "http://u@a", "http://a/b?c"})
    EXPECT_THROW(parse_origin(wrong), Error) << wrong;
}

Request chat(std::string body, Headers headers = {}) {
  Request request;
  request.body = std::move(body);
  request.headers = std::move(headers);
  return request;
}

TEST(ChatRequestTest, HeadersComeBeforeTheBody) {
  const char* body =
      R"({"model":"m","stream":true,"user":"bob","metadata":{"conversation_id":"c","consent":"true"},
    "messages":[{"role":"system","content":"s"},{"role":"user","content":"first"},{"role":"assistant","content":"a"},
    {"role":"user","content":[{"type":"text","text":"last"},{"type":"image_url"}]}]})";
  const ChatRequest plain = read_chat_request(chat(body), "key:1");
  EXPECT_EQ(plain.model, "m");
  EXPECT_TRUE(plain.stream);
  EXPECT_EQ(plain.user, "bob");
  EXPECT_EQ(plain.conversation, "c");
  EXPECT_EQ(plain.consent, true);
  EXPECT_EQ(plain.user_text, "last");
  const ChatRequest named = read_chat_request(
      chat(body,
           {{"X-Pawl-User", "eve"}, {"x-pawl-conversation", "d"}, {"x-pawl-consent", "false"}}),
      "key:1");
  EXPECT_EQ(named.user, "eve");
  EXPECT_EQ(named.conversation, "d");
  EXPECT_EQ(named.consent, false);
  EXPECT_THROW(read_chat_request(chat(body, {{"x-pawl-consent", "maybe"}}), "k"), Error);
}

TEST(ChatRequestTest, AConversationThatGrowsKeepsItsName) {
  const char* first = R"({"messages":[{"role":"user","content":"hello"}]})";
  const char* second =
      R"({"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"hi"},{"role":"user","content":"more"}]})";
  EXPECT_EQ(read_chat_request(chat(first), "k").conversation,
            read_chat_request(chat(second), "k").conversation);
  EXPECT_NE(read_chat_request(chat(first), "k").conversation,
            read_chat_request(chat(first), "l").conversation);
  EXPECT_FALSE(read_chat_request(chat(first), "k").consent.has_value());
}

TEST(ChatRequestTest, NothingOfOursGoesUpstream) {
  const Headers all = {{"Connection", "close, X-Hop"}, {"x-hop", "1"}, {"Traceparent", "00-"}};
  for (const char* ours : {"Authorization", "x-pawl-user", "X-PAWL-anything", "Host", "cookie",
                           "X-Hop", "te", "Connection"})
    EXPECT_FALSE(goes_upstream(all, ours)) << ours;
  for (const char* theirs : {"Traceparent", "OpenAI-Organization", "User-Agent", "Content-Type"})
    EXPECT_TRUE(goes_upstream(all, theirs)) << theirs;
  EXPECT_FALSE(goes_downstream(all, "x-pawl-turn"));
  EXPECT_TRUE(goes_downstream(all, "openai-processing-ms"));
}

TEST(MetricsTest, TheTextIsWhatPrometheusReads) {
  Metrics metrics;
  metrics.counter("pawl_x_total", "Help.", {{"a", "q\"\\\n"}}).add(3);
  Histogram& histogram = metrics.histogram("pawl_s", "Help.");
  histogram.observe(0.003);
  histogram.observe(1000);
  const std::string text = metrics.text();
  EXPECT_NE(text.find("pawl_x_total{a=\"q\\\"\\\\\\n\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("pawl_s_bucket{le=\"0.0025\"} 0\npawl_s_bucket{le=\"0.005\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("pawl_s_bucket{le=\"+Inf\"} 2\n"), std::string::npos) << text;
  EXPECT_EQ(metrics.total("pawl_x_total"), 3u);
}

}  // namespace
}  // namespace pawl::http
