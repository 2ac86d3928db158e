#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/rng.h"
#include "learn/evidence/neighbours.h"
#include "learn/review/label_errors.h"
#include "learn/review/new_intents.h"
#include "learn/review/worth.h"

namespace pawl::learn {
namespace {

// Rows around a few directions: the row's group is its number modulo `groups`.
Matrix grouped(size_t rows, size_t groups, double spread, uint64_t seed = 1) {
  Rng rng(seed);
  Matrix vectors(rows, 16);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < vectors.cols(); ++j)
      vectors(i, j) = static_cast<float>(spread * (rng.uniform() - 0.5));
    vectors(i, i % groups) += 1;
  }
  normalize_rows(vectors);
  return vectors;
}

TEST(WorthTest, TheSameIsNotChosenTwiceAndWhatStandsForManyComesFirst) {
  // Ninety rows of one group, five of each of two others.
  Matrix vectors(100, 16);
  const Matrix parts = grouped(300, 3, 0.1);
  for (size_t i = 0; i < 100; ++i) {
    const size_t from = i < 90 ? 3 * i : i < 95 ? 3 * i + 1 : 3 * (i - 50) + 2;
    std::copy(parts.row(from), parts.row(from) + 16, vectors.row(i));
  }
  const std::vector<Doubt> doubts(100, Doubt{.uncertainty = 0.5});
  const auto chosen = most_worth(doubts, vectors, 3);
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_LT(chosen[0].row, 90u);
  EXPECT_GT(chosen[0].speaks_for, 30);
  EXPECT_GE(chosen[1].row, 90u);
  EXPECT_GE(chosen[2].row, 90u);
  EXPECT_NE(chosen[1].row < 95, chosen[2].row < 95);
  EXPECT_GE(chosen[0].value, chosen[1].value);
}

TEST(WorthTest, WhatIsDoubtedAndContradictedIsWorthMore) {
  const Matrix vectors = grouped(4, 4, 0.01);
  const auto chosen =
      most_worth(std::vector<Doubt>{{0.2}, {0.9}, {0.9, 1.0}, {0.9, 0, 3}}, vectors, 4);
  ASSERT_EQ(chosen.size(), 4u);
  EXPECT_EQ(chosen[0].row, 2u);
  EXPECT_EQ(chosen[1].row, 3u);
  EXPECT_EQ(chosen[2].row, 1u);
  EXPECT_EQ(chosen[3].row, 0u);
  EXPECT_TRUE(most_worth(std::vector<Doubt>{{0.0}}, grouped(1, 1, 0), 5).empty());
  EXPECT_TRUE(most_worth({}, Matrix(), 5).empty());
}

TEST(WorthTest, UncertaintyIsOneLessTheLead) {
  EXPECT_NEAR(uncertainty_of(std::vector<double>{0.1, 0.6, 0.3}), 0.7, 1e-12);
  EXPECT_NEAR(uncertainty_of(std::vector<double>{1.0}), 0.0, 1e-12);
  EXPECT_NEAR(uncertainty_of(std::vector<double>{0.5, 0.5}), 1.0, 1e-12);
}

TEST(LabelErrorsTest, FlippedLabelsAreFoundAndFewOthers) {
  const size_t rows = 200;
  const Matrix vectors = grouped(rows, 5, 0.9);
  std::vector<std::string> labels;
  for (size_t i = 0; i < rows; ++i) labels.push_back("l" + std::to_string(i % 5));
  std::set<size_t> flipped;
  for (size_t i = 7; i < rows; i += 20) {
    labels[i] = "l" + std::to_string((i + 2) % 5);
    flipped.insert(i);
  }
  const auto suspects = suspect_labels(labels, left_out_votes(vectors, labels));
  ASSERT_GE(suspects.size(), flipped.size());
  size_t right = 0;
  for (size_t k = 0; k < flipped.size(); ++k) {
    right += flipped.contains(suspects[k].row);
    EXPECT_GT(suspects[k].other, suspects[k].given);
  }
  EXPECT_GE(right, flipped.size() - 1);
  EXPECT_LT(suspects.size(), 2 * flipped.size() + 5);
}

class NewIntentsTest : public ::testing::Test {
 protected:
  // Thirty texts of three groups; the model does not know what to say of any.
  NewIntentsTest() : vectors_(grouped(30, 3, 0.3)) {
    const std::vector<std::string> about = {"water the plants in the garden",
                                            "buy a ticket for the opera",
                                            "translate this word to french"};
    for (size_t i = 0; i < 30; ++i) {
      texts_.push_back({.key = "key" + std::to_string(i),
                        .text = about[i % 3] + " number" + std::to_string(i),
                        .uncertainty = 0.7,
                        .authors = {"user" + std::to_string(i)}});
    }
    // Sure ones that share nothing: what the model places well.
    Matrix more(60, 16);
    std::copy(vectors_.data(), vectors_.data() + vectors_.size(), more.data());
    for (size_t i = 30; i < 60; ++i) {
      more(i, 3 + i % 13) = 1;
      texts_.push_back({.key = "sure" + std::to_string(i),
                        .text = "something else " + std::to_string(i),
                        .uncertainty = 0.05,
                        .authors = {"user" + std::to_string(i)}});
    }
    vectors_ = more;
  }

  Matrix vectors_;
  std::vector<UnplacedText> texts_;
};

TEST_F(NewIntentsTest, ClustersAreProposedUnderTheirTypicalWords) {
  const auto proposals = propose_intents(texts_, vectors_, {});
  ASSERT_EQ(proposals.size(), 3u);
  std::set<size_t> groups, seen;
  for (const IntentProposal& proposal : proposals) {
    EXPECT_GE(proposal.rows.size(), 8u);
    for (const size_t row : proposal.rows) {
      EXPECT_EQ(row % 3, proposal.rows.front() % 3);
      EXPECT_TRUE(seen.insert(row).second);
    }
    groups.insert(proposal.rows.front() % 3);
    const std::vector<std::string> typical = {"garden", "opera", "french"};
    EXPECT_NE(
        std::find(proposal.words.begin(), proposal.words.end(), typical[proposal.rows.front() % 3]),
        proposal.words.end());
    EXPECT_FALSE(proposal.name.empty());
  }
  EXPECT_EQ(groups.size(), 3u);
}

TEST_F(NewIntentsTest, OnePersonMakesNone) {
  for (size_t i = 0; i < 30; ++i) {
    if (i % 3 == 0) texts_[i].authors = {"busy"};
  }
  const auto proposals = propose_intents(texts_, vectors_, {});
  EXPECT_EQ(proposals.size(), 2u);
  for (const auto& proposal : proposals) EXPECT_NE(proposal.rows.front() % 3, 0u);
}

TEST_F(NewIntentsTest, WhatAKnownExampleExplainsIsNone) {
  for (size_t i = 0; i < 30; ++i) {
    if (i % 3 == 1) texts_[i].explained = 0.99;
  }
  const auto proposals = propose_intents(texts_, vectors_, {});
  EXPECT_EQ(proposals.size(), 2u);
  for (const auto& proposal : proposals) EXPECT_NE(proposal.rows.front() % 3, 1u);
}

TEST_F(NewIntentsTest, TextsNearerToKnownExamplesThanToEachOtherAreNone) {
  double pairs = 0;
  for (size_t i = 1; i < 30; i += 3) {
    for (size_t j = 1; j < 30; j += 3) {
      for (size_t k = 0; k < vectors_.cols(); ++k)
        pairs += i == j ? 0 : vectors_(i, k) * vectors_(j, k) / 90;
    }
  }
  const auto explain_as = [&](double factor) {
    for (size_t i = 1; i < 30; i += 3) texts_[i].explained = factor * pairs;
    return propose_intents(texts_, vectors_, {});
  };
  const auto before = propose_intents(texts_, vectors_, {});
  EXPECT_EQ(explain_as(1.05).size(), 2u);
  const auto hardly = explain_as(0.85);
  ASSERT_EQ(hardly.size(), 3u);
  EXPECT_EQ(hardly.back().rows.front() % 3, 1u);
  EXPECT_LT(hardly.back().value, 0.9 * before.back().value);
}

TEST(NewIntentNamesTest, WhatWasRemovedIsNoTypicalWord) {
  const std::vector<std::string> inside = {"<PERSON> wants tea", "tea for <PERSON>",
                                           "<PERSON> and <IBAN> and tea"};
  const auto words = typical_words(inside, std::vector<std::string>{"a < b > c", "coffee"}, 3);
  ASSERT_FALSE(words.empty());
  EXPECT_EQ(words.front(), "tea");
  for (const std::string& word : words) EXPECT_NE(word, "person");
}

TEST(NewIntentNamesTest, TypicalWordsLeaveOutWhatStandsEverywhere) {
  const std::vector<std::string> inside = {"Please book the opera", "please book opera tickets",
                                           "the opera tonight, book it <PERSON>"};
  const std::vector<std::string> outside = {"please wake me", "please play the radio",
                                            "the news, please", "please stop"};
  const auto words = typical_words(inside, outside, 2);
  EXPECT_EQ(words, (std::vector<std::string>{"book", "opera"}));
  const std::vector<std::string> chinese = {"帮我订歌剧票", "订两张歌剧票", "歌剧票多少钱"};
  const auto signs = typical_words(chinese, std::vector<std::string>{"明天天气怎么样"}, 3);
  EXPECT_NE(std::find(signs.begin(), signs.end(), "歌剧"), signs.end());
}

}  // namespace
}  // namespace pawl::learn
