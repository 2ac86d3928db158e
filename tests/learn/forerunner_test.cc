#include "learn/train/forerunner.h"

#include <gtest/gtest.h>

#include <set>

namespace pawl::learn {
namespace {

LabeledExample example(const std::string& text, Split split) {
  LabeledExample e;
  e.text = text;
  e.key = text_key(text);
  e.split = split;
  e.heads[Head::kIntent].label = "greet";
  return e;
}

using Texts = std::vector<std::string>;

Texts texts(const std::vector<LabeledExample>& examples) {
  Texts out;
  for (const auto& e : examples) out.push_back(e.text);
  return out;
}

LabeledExample said_by(const std::string& author, const std::string& text,
                       Split split = Split::kTrain) {
  LabeledExample e = example(text, split);
  e.heads[Head::kIntent].support = {author};
  return e;
}

// What each of `people` said alone, some of it to certify by.
std::vector<LabeledExample> words_of(size_t people) {
  std::vector<LabeledExample> all;
  for (size_t i = 0; i < people; ++i) {
    const std::string name = "user " + std::to_string(i);
    for (const char* what : {" one", " two", " three"}) all.push_back(said_by(name, name + what));
    all.push_back(said_by(name, name + " select", Split::kSelect));
    all.push_back(said_by(name, name + " judge", Split::kCertify));
  }
  return all;
}

std::set<std::string> authors(const std::vector<LabeledExample>& examples) {
  std::set<std::string> all;
  for (const auto& e : examples) all.insert(e.heads.at(Head::kIntent).support.front());
  return all;
}

TEST(Forerunner, EachExampleIsUnseenByOneOfThemButForThoseToCertifyBy) {
  const auto fresh = words_of(30);
  size_t unseen = 0;
  for (size_t i = 0; i < kForerunners; ++i) {
    const auto judges = unseen_by_forerunner({}, fresh, Head::kIntent, {.index = i});
    const auto trains = forerunner_data({}, fresh, Head::kIntent, {.index = i}, {}).fresh;
    EXPECT_EQ(judges.size() + trains.size(), 30u * 4);
    EXPECT_FALSE(judges.empty());
    unseen += judges.size();
  }
  EXPECT_EQ(unseen, 30u * 4);
}

TEST(Forerunner, IsNotTaughtByThoseWhoJudgeIt) {
  const auto fresh = words_of(30);
  for (size_t i = 0; i < kForerunners; ++i) {
    const auto judges = authors(unseen_by_forerunner({}, fresh, Head::kIntent, {.index = i}));
    for (const auto& teacher :
         authors(forerunner_data({}, fresh, Head::kIntent, {.index = i}, {}).fresh))
      EXPECT_FALSE(judges.contains(teacher)) << teacher;
  }
}

TEST(Forerunner, WhatOneReviewerSaidIsDividedByItsTexts) {
  std::vector<LabeledExample> fresh;
  for (int i = 0; i < 60; ++i) {
    fresh.push_back(said_by("operator", "text " + std::to_string(i)));
    fresh.back().heads[Head::kIntent].reviewed = true;
  }
  for (size_t i = 0; i < kForerunners; ++i) {
    EXPECT_GT(unseen_by_forerunner({}, fresh, Head::kIntent, {.index = i}).size(), 5u);
    EXPECT_GT(forerunner_data({}, fresh, Head::kIntent, {.index = i}, {}).fresh.size(), 20u);
  }
}

TEST(Forerunner, WhereAllIsOnePersonsWordTextsAreDividedInstead) {
  std::vector<LabeledExample> fresh;
  for (int i = 0; i < 60; ++i) fresh.push_back(said_by("me", "text " + std::to_string(i)));
  for (size_t i = 0; i < kForerunners; ++i) {
    const Fold fold{.index = i, .by_author = false};
    EXPECT_GT(unseen_by_forerunner({}, fresh, Head::kIntent, fold).size(), 5u);
    EXPECT_GT(forerunner_data({}, fresh, Head::kIntent, fold, {}).fresh.size(), 20u);
  }
}

TEST(Forerunner, RemembersAllButExamplesToCertifyBy) {
  const std::vector<LabeledExample> memory = {example("old", Split::kTrain),
                                              example("old judge", Split::kCertify)};
  EXPECT_EQ(texts(forerunner_data(memory, {}, Head::kIntent, {}, {}).memory), Texts{"old"});
}

TEST(Forerunner, IsNotJudgedOnTextsThatMemoryHasNorByADoubtedWord) {
  const std::vector<LabeledExample> memory = {example("Known text", Split::kTrain)};
  auto doubted = example("doubted", Split::kTrain);
  doubted.heads[Head::kIntent].doubted = true;
  const std::vector<LabeledExample> fresh = {example("known text!", Split::kTrain), doubted};
  for (size_t i = 0; i < kForerunners; ++i)
    EXPECT_TRUE(unseen_by_forerunner(memory, fresh, Head::kIntent, {.index = i}).empty());
}

}  // namespace
}  // namespace pawl::learn
