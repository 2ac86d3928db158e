#include "learn/teacher/teacher.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/error.h"
#include "learn/data/defence.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

const LabelSets kTaught = {{Head::kIntent, {"billing", "debug_error"}},
                           {Head::kSentiment, {"negative", "positive"}}};

std::string chat(const std::string& content) {
  Json message = Json::object(), choice = Json::object(), reply = Json::object();
  message["content"] = content;
  choice["message"] = std::move(message);
  reply["choices"] = Json(Json::Array{choice});
  return to_json(reply);
}

HttpReply answer(int status, std::string body = "", double retry_after = 0) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.retry_after = retry_after;
  return reply;
}

const char* const kGood = R"({"intent": "billing", "sentiment": null})";

class TeacherTest : public ::testing::Test {
 protected:
  // What the endpoint says, one after the other; then good answers for ever.
  TeacherReport ask(std::deque<HttpReply> script, size_t questions, size_t max_calls = 100) {
    TeacherOptions options;
    options.url = "http://127.0.0.1:1/v1/";
    options.model = "m";
    options.key = "secret";
    options.post = [&](const HttpRequest& request, const Progress&) {
      requests_.push_back(request);
      if (script.empty()) return answer(200, chat(kGood));
      HttpReply reply = script.front();
      script.pop_front();
      return reply;
    };
    Teacher teacher(Env::real(), folder_ / "", options);
    author_ = teacher.author();
    std::vector<TeacherQuestion> asked;
    for (size_t i = 0; i < questions; ++i)
      asked.push_back({"t" + std::to_string(i), "text " + std::to_string(i)});
    TeacherRun run;
    run.max_calls = max_calls;
    run.keep = [&](const TeacherQuestion& question, const std::map<Head, std::string>& labels,
                   size_t calls) {
      kept_[question.turn_id] = labels;
      calls_ += calls;
    };
    return teacher.ask(asked, kTaught, run, Progress::silent());
  }

  pawl::test::TemporaryFolder folder_;
  std::vector<HttpRequest> requests_;
  std::map<std::string, std::map<Head, std::string>> kept_;
  size_t calls_ = 0;
  std::string author_;
};

TEST_F(TeacherTest, AnswersAreStatementsOfTheLabelsThatTheyName) {
  const auto report = ask({}, 2);
  EXPECT_EQ(report.asked, 2u);
  EXPECT_EQ(report.answered, 2u);
  EXPECT_EQ(report.labels, 2u);
  EXPECT_EQ(report.stopped, "");
  EXPECT_EQ(kept_.at("t1"), (std::map<Head, std::string>{{Head::kIntent, "billing"}}));
  EXPECT_TRUE(is_teacher(author_));
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_EQ(requests_[0].url, "http://127.0.0.1:1/v1/chat/completions");
  EXPECT_EQ(requests_[0].bearer, "secret");
  const Json body = parse_json(requests_[1].body);
  EXPECT_EQ(body.at("messages").as_array()[1].at("content").as_string(), "text 1\n");
  EXPECT_NE(body.at("messages")
                .as_array()[0]
                .at("content")
                .as_string()
                .find("intent: billing, debug_error\nsentiment: negative, positive"),
            std::string::npos);
  const Json& schema = body.at("response_format").at("json_schema").at("schema");
  EXPECT_EQ(schema.at("properties").at("intent").at("enum").as_array().size(), 3u);
}

TEST_F(TeacherTest, WhatIsNoObjectOfKnownLabelsIsNoAnswer) {
  const std::deque<HttpReply> broken = {
      answer(200, "no JSON"),
      answer(200, "{}"),
      answer(200, R"({"choices": []})"),
      answer(200, R"({"choices": [{"message": {"content": 3}}]})"),
      answer(200, chat("billing")),
      answer(200, chat(R"({"intent": "refund"})")),
      answer(200, chat(R"({"mood": "positive"})")),
      answer(200, chat(R"({"intent": ["billing"]})")),
      answer(200, chat("```json\n{\"intent\": \"refund\"}\n```"))};
  const auto report = ask(broken, broken.size() + 1);
  EXPECT_EQ(report.no_answer, broken.size());
  EXPECT_EQ(report.answered, 1u);
  for (size_t i = 0; i < broken.size(); ++i) EXPECT_TRUE(kept_.at("t" + std::to_string(i)).empty());
}

TEST_F(TeacherTest, AnEndpointThatKnowsNoSchemaIsAskedForLess) {
  const auto report = ask({answer(400), answer(422)}, 2);
  EXPECT_EQ(report.answered, 2u);
  EXPECT_EQ(report.asked, 4u);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(parse_json(requests_[1].body).at("response_format").at("type").as_string(),
            "json_object");
  EXPECT_EQ(parse_json(requests_[2].body).find("response_format"), nullptr);
  EXPECT_EQ(parse_json(requests_[3].body).find("response_format"), nullptr);
}

TEST_F(TeacherTest, WhoIsToldToComeLaterWaitsAsLongAndAsksAgain) {
  const auto begun = std::chrono::steady_clock::now();
  const auto report = ask({answer(429, "", 0.1)}, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(100));
  EXPECT_EQ(report.limited, 1u);
  EXPECT_EQ(report.answered, 1u);
  const std::string stopped = ask({answer(429, "", 3600)}, 5).stopped;
  EXPECT_TRUE(stopped.ends_with(" answered 429")) << stopped;
}

TEST_F(TeacherTest, FailuresAreSurvivedAndThreeInARowAreEnough) {
  HttpReply silent;
  silent.failure = "Timeout was reached";
  auto report = ask({answer(500), silent, answer(200, chat(kGood)), answer(500)}, 5);
  EXPECT_EQ(report.failed, 3u);
  EXPECT_EQ(report.answered, 2u);
  EXPECT_EQ(report.stopped, "");
  report = ask({silent, silent, silent}, 9);
  EXPECT_EQ(report.asked, 3u);
  EXPECT_EQ(report.stopped, "the endpoint could not be asked: Timeout was reached");
  EXPECT_EQ(ask({answer(401)}, 9).asked, 1u);
}

TEST_F(TeacherTest, JsonInAFenceIsTakenOutOfIt) {
  const auto report = ask({answer(200, chat("```json\n{\"intent\": \"billing\"}\n```\n"))}, 1);
  EXPECT_EQ(report.answered, 1u);
  EXPECT_EQ(report.labels, 1u);
}

TEST_F(TeacherTest, TenUnusableAnswersInARowAreEnoughAndWhatTheySaidIsNotTold) {
  const std::deque<HttpReply> replies(30, answer(200, chat("I would say jane's billing")));
  const auto report = ask(replies, 30);
  EXPECT_EQ(report.asked, 10u);
  EXPECT_EQ(report.no_answer, 10u);
  EXPECT_NE(report.stopped.find("no JSON object"), std::string::npos) << report.stopped;
  EXPECT_EQ(report.stopped.find("jane"), std::string::npos) << report.stopped;
  const std::deque<HttpReply> pages(30, answer(200, "<html>"));
  EXPECT_NE(ask(pages, 30).stopped.find("teacher.url"), std::string::npos);
}

TEST_F(TeacherTest, APromptIsReadAsEditorsLeaveItAndMustBeUtf8) {
  const Path file = folder_ / "prompts/teacher.txt";
  ask({}, 1);
  Env::real().write_file(file, "\xEF\xBB\xBFSay {labels}.\r\n---\r\n{text}\r\n", false);
  ask({}, 1);
  const auto messages = parse_json(requests_.back().body).at("messages").as_array();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0].at("content").as_string().starts_with("Say "));
  Env::real().write_file(file, "\xFF{labels} {text}", false);
  try {
    ask({}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("not UTF-8 at byte 0"), std::string::npos);
  }
}

TEST_F(TeacherTest, TheBudgetCountsEveryCall) {
  const auto report = ask({answer(400), answer(500)}, 9, 4);
  EXPECT_EQ(report.asked, 4u);
  EXPECT_EQ(calls_, 4u);
  EXPECT_EQ(requests_.size(), 4u);
  EXPECT_NE(report.stopped.find("used up"), std::string::npos);
}

TEST_F(TeacherTest, ThePromptIsAFileAndAnotherOneIsAnotherTeacher) {
  ask({}, 1);
  const std::string before = author_;
  const Path file = folder_ / "prompts/teacher.txt";
  ASSERT_TRUE(Env::real().exists(file));
  Env::real().write_file(file, "Say {labels} of {text}!", false);
  ask({}, 1);
  EXPECT_NE(author_, before);
  EXPECT_EQ(parse_json(requests_.back().body).at("messages").as_array().size(), 1u);
  Env::real().write_file(file, "no place for it", false);
  EXPECT_THROW(ask({}, 1), Error);
}

TEST_F(TeacherTest, SettingsThatNameNoEndpointAreRefusedByName) {
  const auto told = [&](TeacherOptions options) {
    try {
      Teacher(Env::real(), folder_ / "", options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  TeacherOptions options;
  EXPECT_NE(told(options).find("teacher.url"), std::string::npos);
  options.url = "ftp://x";
  EXPECT_NE(told(options).find("teacher.url"), std::string::npos);
  options.url = "https://x";
  EXPECT_NE(told(options).find("teacher.model"), std::string::npos);
}

TEST_F(TeacherTest, WhatOnlyATeacherSaysTrainsAndNeverJudges) {
  std::vector<LabeledExample> examples;
  for (const Split split : {Split::kTrain, Split::kCertify}) {
    for (const auto& support :
         {std::vector<std::string>{"teacher:m#1"}, std::vector<std::string>{"teacher:m#1", "u"}}) {
      LabeledExample& e = examples.emplace_back();
      e.text = "text";
      e.source = "correction";
      e.split = split;
      e.heads[Head::kIntent].label = "billing";
      e.heads[Head::kIntent].support = support;
    }
  }
  for (const size_t authors : {size_t{1}, size_t{2}}) {
    DefenceOptions options;
    options.min_label_authors = authors;
    auto admitted = examples;
    admit(admitted, {{Head::kIntent, {"billing"}}}, options);
    ASSERT_EQ(admitted.size(), 3u);
    EXPECT_EQ(admitted[2].split, Split::kCertify);
    EXPECT_EQ(admitted[2].heads.at(Head::kIntent).support.size(), 2u);
  }
}

}  // namespace
}  // namespace pawl::learn
