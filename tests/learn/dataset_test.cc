#include "learn/data/dataset.h"

#include <gtest/gtest.h>

namespace pawl::learn {
namespace {

LabeledExample example_of(const std::string& label, std::vector<std::string> support) {
  LabeledExample example;
  example.heads[Head::kIntent] = {
      .label = label, .spans = {}, .weight = 1, .support = std::move(support)};
  return example;
}

std::vector<LabeledExample> four_to_one(const std::vector<std::string>& support) {
  std::vector<LabeledExample> examples;
  for (int i = 0; i < 8; ++i) examples.push_back(example_of("often", {}));
  for (int i = 0; i < 2; ++i) examples.push_back(example_of("seldom", support));
  return examples;
}

TEST(EvenOutLabelsTest, RareLabelsWeighMoreByTheRootOfTheirShare) {
  auto examples = four_to_one({"somebody"});
  even_out_labels(examples, Head::kIntent);
  const double often = examples.front().weight(Head::kIntent);
  const double seldom = examples.back().weight(Head::kIntent);
  EXPECT_NEAR(seldom / often, 2, 1e-9);
  EXPECT_LT(often, 1);
  EXPECT_GT(seldom, 1);
}

TEST(EvenOutLabelsTest, WhatAnOperatorChoseStays) {
  auto examples = four_to_one({});
  even_out_labels(examples, Head::kIntent);
  for (const auto& example : examples) EXPECT_EQ(example.weight(Head::kIntent), 1);
}

TEST(EvenOutLabelsTest, HeadsAreIndependent) {
  auto examples = four_to_one({"somebody"});
  even_out_labels(examples, Head::kSentiment);
  for (const auto& example : examples) EXPECT_EQ(example.weight(Head::kIntent), 1);
}

}  // namespace
}  // namespace pawl::learn
