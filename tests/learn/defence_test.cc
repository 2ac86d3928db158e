#include "learn/data/defence.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pawl::learn {
namespace {

LabeledExample example(const std::string& label, std::vector<std::string> support,
                       Split split = Split::kTrain) {
  LabeledExample e;
  e.split = split;
  e.source = "correction";
  e.heads[Head::kIntent].label = label;
  e.heads[Head::kIntent].support = std::move(support);
  return e;
}

size_t count(const std::vector<LabeledExample>& examples, const std::string& label) {
  return static_cast<size_t>(std::count_if(examples.begin(), examples.end(), [&](const auto& e) {
    return e.label(Head::kIntent) == label;
  }));
}

const std::map<Head, std::set<std::string>> kKnown = {{Head::kIntent, {"known"}}};

TEST(Defence, ANewLabelNeedsSeveralAuthorsOrAnOperator) {
  std::vector<LabeledExample> examples = {example("lonely", {"ann"}), example("lonely", {"ann"}),
                                          example("shared", {"ann"}), example("shared", {"bob"}),
                                          example("known", {"ann"}),  example("operator", {})};
  admit(examples, kKnown, {});
  EXPECT_EQ(count(examples, "lonely"), 0u);
  EXPECT_EQ(count(examples, "shared"), 2u);
  EXPECT_EQ(count(examples, "known"), 1u);
  EXPECT_EQ(count(examples, "operator"), 1u);
}

TEST(Defence, ManyPeopleWithALabelEachMakeNone) {
  std::vector<LabeledExample> examples;
  for (int i = 0; i < 1200; ++i) examples.push_back(example("l" + std::to_string(i), {"u"}));
  admit(examples, kKnown, {});
  EXPECT_TRUE(examples.empty());
}

TEST(Defence, LabelsHaveALimitTheBestVouchedForFirst) {
  std::vector<LabeledExample> examples;
  for (size_t i = 0; i < kMaxLabels + 50; ++i)
    examples.push_back(example("l" + std::to_string(i), {"ann", "bob"}));
  examples.push_back(example("best", {"ann", "bob", "carl"}));
  admit(examples, {}, {});
  EXPECT_EQ(examples.size(), kMaxLabels);
  EXPECT_EQ(count(examples, "best"), 1u);
}

TEST(Defence, NoAuthorAloneDecidesWhatCertifiesALabel) {
  std::vector<LabeledExample> examples(5, example("known", {"ann"}, Split::kCertify));
  admit(examples, kKnown, {});
  EXPECT_EQ(examples.size(), 1u) << "which decides nothing";
  examples.assign(5, example("known", {"ann"}, Split::kCertify));
  examples.push_back(example("known", {"bob"}, Split::kCertify));
  examples.push_back(example("known", {}, Split::kCertify));
  admit(examples, kKnown, {});
  EXPECT_EQ(examples.size(), 4u) << "bob's, the operator's and as many of ann's";
  examples.assign(5, example("known", {"ann", "bob"}, Split::kCertify));
  admit(examples, kKnown, {});
  EXPECT_EQ(examples.size(), 5u);
}

TEST(Defence, OverAllCyclesOneAuthorIsAFifthOfALabelAtMost) {
  std::vector<LabeledExample> examples(40, example("known", {"mallory"}));
  for (int i = 0; i < 40; ++i) examples.push_back(example("known", {"u" + std::to_string(i)}));
  admit(examples, kKnown, {});
  EXPECT_EQ(examples.size(), 50u);
}

TEST(Defence, WhatIsSetAsideNeitherTrainsNorVouches) {
  std::vector<LabeledExample> examples = {example("new", {"ann"}), example("new", {"bob"})};
  examples[1].heads.at(Head::kIntent).set_aside = true;
  admit(examples, kKnown, {});
  EXPECT_TRUE(examples.empty());
}

TEST(Defence, WhatWasTakenOfAnAuthorCountsBesideWhatWaits) {
  // The two that were taken are all that is settled of somebody who contradicts everything.
  const Reputations records = {{"mallory", {.named = {1.8, 0.2}, .open = {0.5, 9.5}}},
                               {"ann", {.named = {1.8, 0.2}, .open = {0.2, 0.2}}}};
  std::vector<LabeledExample> examples = {example("known", {"mallory"}), example("known", {"ann"}),
                                          example("known", {"mallory"}, Split::kCertify),
                                          example("known", {"ann"}, Split::kCertify)};
  std::vector<LeftOut> left_out;
  admit(examples, kKnown, {}, records, &left_out);
  ASSERT_EQ(examples.size(), 2u);
  for (const LabeledExample& e : examples)
    EXPECT_EQ(e.heads.at(Head::kIntent).support.front(), "ann");
  ASSERT_EQ(left_out.size(), 2u);
  EXPECT_EQ(left_out[0].why, "doubtful_author");
}

TEST(Defence, OnePersonsWorkspaceTakesTheirWord) {
  std::vector<LabeledExample> examples(30, example("mine", {"ann"}));
  examples.push_back(example("mine", {"ann"}, Split::kCertify));
  admit(examples, kKnown, {.min_label_authors = 1});
  EXPECT_EQ(examples.size(), 31u);
}

}  // namespace
}  // namespace pawl::learn
