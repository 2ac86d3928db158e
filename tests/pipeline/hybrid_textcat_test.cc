#include "pipeline/hybrid/hybrid_textcat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "pipeline/hybrid/label_texts.h"
#include "pipeline/registry.h"

namespace pawl {
namespace {

// A vector per text that tells topics apart by the texts' first letters.
class LetterVectors final : public SentenceVectors {
 public:
  explicit LetterVectors(size_t words_width = 4) : words_width_(words_width) {}
  size_t words_width() const override { return words_width_; }
  size_t width() const override { return 8; }
  size_t block_width() const override { return 4; }
  const std::string& fingerprint() const override { return name_; }
  Matrix encode(std::span<const std::string_view> texts) const override {
    asked += texts.size();
    return letters(texts, 8, 7);
  }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    return letters(texts, words_width_, 11);
  }
  mutable size_t asked = 0;

 private:
  static Matrix letters(std::span<const std::string_view> texts, size_t width, uint64_t seed) {
    Matrix rows(texts.size(), width);
    for (size_t i = 0; i < texts.size(); ++i) {
      const size_t letters = std::min<size_t>(texts[i].size(), 3);
      const uint64_t hash = murmur2_64a(texts[i].data(), letters, seed);
      for (size_t k = 0; k < width; ++k) {
        rows(i, k) = static_cast<float>((hash >> (8 * k)) & 255) / 255.0f - 0.5f;
      }
    }
    return rows;
  }
  size_t words_width_;
  std::string name_ = "letters";
};

// Words that tell the topic exactly, but of every fifth example, the fold held out, another one's.
class LyingWords final : public SentenceVectors {
 public:
  size_t width() const override { return 4; }
  const std::string& fingerprint() const override { return name_; }
  Matrix encode(std::span<const std::string_view> texts) const override {
    return Matrix(texts.size(), 4);
  }
  Matrix encode_words(std::span<const std::string_view> texts) const override {
    Matrix rows(texts.size(), 4);
    for (size_t i = 0; i < texts.size(); ++i) {
      const size_t topic = texts[i][0] == 'w' ? texts[i][1] == 'a' : 2;
      const bool lies = texts[i].back() == '0' || texts[i].back() == '5';
      rows(i, (topic + lies) % 3) = 1.0f;
    }
    return rows;
  }

 private:
  std::string name_ = "lies";
};

const std::vector<std::pair<std::string, std::string>>& topics() {
  static const std::vector<std::pair<std::string, std::string>> table = {
      {"INTENT_alarm", "wake me at "},
      {"INTENT_music", "play some "},
      {"INTENT_rain", "will it rain in "}};
  return table;
}

Example hybrid_example(const Vocab& vocab, const std::string& text, const std::string& label) {
  Example example;
  example.predicted = Doc(vocab, text);
  example.cats.emplace_back(label, 1.0f);
  return example;
}

std::vector<Example> examples(const Vocab& vocab, size_t per_label) {
  std::vector<Example> all;
  for (size_t i = 0; i < per_label; ++i) {
    for (const auto& [label, words] : topics()) {
      all.push_back(hybrid_example(vocab, words + "thing" + std::to_string(i), label));
    }
  }
  return all;
}

class HybridTextCatTest : public testing::Test {
 protected:
  std::unique_ptr<HybridTextCat> make(const char* model = "") {
    Json block = Json::object();
    block["factory"] = "pawl_hybrid_textcat";
    if (*model) block["model"] = parse_json(model);
    fill_component_defaults(block);
    return std::make_unique<HybridTextCat>("intent", block, vocab_);
  }
  std::unique_ptr<HybridTextCat> trained(size_t per_label = 20,
                                         std::shared_ptr<const SentenceVectors> vectors = nullptr) {
    auto head = make();
    head->set_vectors(std::move(vectors));
    Rng rng(1);
    head->initialize(examples(*vocab_, per_label), rng, Progress::silent());
    return head;
  }
  std::string best(const HybridTextCat& head, const std::string& text) {
    Doc doc(*vocab_, text);
    head.predict({&doc, 1});
    const auto& cats = doc.cats();
    double sum = 0.0;
    for (const auto& cat : cats) sum += static_cast<double>(cat.second);
    EXPECT_NEAR(sum, 1.0, 1e-5);
    return std::max_element(cats.begin(), cats.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  std::shared_ptr<Vocab> vocab_ = std::make_shared<Vocab>();
};

TEST_F(HybridTextCatTest, LearnsFromAFewExamples) {
  const auto head = trained(5);
  EXPECT_EQ(best(*head, "wake me at noon"), "INTENT_alarm");
  EXPECT_EQ(best(*head, "play some jazz"), "INTENT_music");
}

TEST_F(HybridTextCatTest, ScoresTheSameAloneAndInABatch) {
  const auto head = trained(20, std::make_shared<LetterVectors>());
  std::vector<std::string_view> texts = {"wake me", "play", "", "rain in Rome", "xyz"};
  const auto all = head->answer(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(head->answer({&texts[i], 1})[0].probabilities, all[i].probabilities);
  }
}

TEST_F(HybridTextCatTest, AsksForVectorsOnlyWhenTheFirstTierIsNotSure) {
  const auto vectors = std::make_shared<LetterVectors>();
  const auto head = trained(60, vectors);
  vectors->asked = 0;
  best(*head, "wake me at thing3");
  EXPECT_EQ(vectors->asked, 0u);
  best(*head, "qqq");
  EXPECT_EQ(vectors->asked, 1u);
}

TEST_F(HybridTextCatTest, TheFirstTierReadsWordsWhereTheyHelp) {
  const auto words_width = [&](std::shared_ptr<const SentenceVectors> vectors) {
    const Path folder = Path(testing::TempDir()) / "hybrid_words";
    trained(50, std::move(vectors))->to_disk(Env::real(), folder);
    return HybridHead::from_bytes(Env::real().read_file(folder / "model")).first.transform.width();
  };
  EXPECT_EQ(words_width(std::make_shared<LetterVectors>()), 4u);
  EXPECT_EQ(words_width(std::make_shared<LyingWords>()), 0u);
}

TEST_F(HybridTextCatTest, AnswersWithTheFirstTierWithoutVectorsOrWithOthers) {
  const auto head = trained(20, std::make_shared<LetterVectors>());
  head->set_vectors(nullptr);
  EXPECT_EQ(best(*head, "wake me at noon"), "INTENT_alarm");
}

TEST_F(HybridTextCatTest, WordsOfAnotherWidthAreNotRead) {
  const auto head = trained(20, std::make_shared<LetterVectors>());
  std::vector<std::string_view> texts = {"qqq"};
  EXPECT_EQ(head->answer(texts)[0].tier, 2);
  head->set_vectors(std::make_shared<LetterVectors>(8));
  EXPECT_EQ(head->answer(texts)[0].tier, 1);
}

TEST_F(HybridTextCatTest, ACorrectionIsKnownAtOnceAndTheRestStays) {
  for (const bool with_vectors : {false, true}) {
    const auto head = trained(30, with_vectors ? std::make_shared<const LetterVectors>() : nullptr);
    std::vector<Example> news = {hybrid_example(*vocab_, "play some thing3", "INTENT_alarm"),
                                 hybrid_example(*vocab_, "book a table for two", "INTENT_table")};
    Losses losses;
    head->update(news, {}, losses);
    EXPECT_GT(losses["intent"], 0.0);
    EXPECT_EQ(head->labels().size(), 4u);
    EXPECT_EQ(best(*head, "book a table for six"), "INTENT_table");
    EXPECT_EQ(best(*head, "wake me at noon"), "INTENT_alarm");
    EXPECT_EQ(best(*head, "play some jazz"), "INTENT_music");
  }
}

TEST_F(HybridTextCatTest, ACloneLearnsWithoutChangingTheOriginal) {
  const auto head = trained();
  const auto copy = head->clone(vocab_);
  std::vector<Example> news = {hybrid_example(*vocab_, "book a table", "INTENT_table")};
  Losses losses;
  dynamic_cast<TrainableComponent&>(*copy).update(news, {}, losses);
  EXPECT_EQ(head->labels().size(), 3u);
  EXPECT_EQ(best(*head, "book a table"), best(*trained(), "book a table"));
}

TEST_F(HybridTextCatTest, CalibratedAsAnotherItTakesOverWhatWasFoundOutAboutThat) {
  const auto vectors = std::make_shared<LetterVectors>();
  const auto own = trained(60, vectors), without = trained(60);
  const auto calibrated_as = [&](const HybridTextCat& other) {
    auto head = make();
    head->set_vectors(vectors);
    head->calibrate_as(other);
    Rng rng(1);
    head->initialize(examples(*vocab_, 60), rng, Progress::silent());
    return head;
  };
  const std::vector<std::string_view> texts = {"wake me at noon", "play some jazz", "qqq"};
  const auto alone = own->answer(texts), same = calibrated_as(*own)->answer(texts);
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(alone[i].probabilities, same[i].probabilities) << texts[i];
  // Without vectors another bound was found, so that another number of texts is asked about.
  const auto asked = [&](const HybridTextCat& head) {
    vectors->asked = 0;
    head.answer(texts);
    return vectors->asked;
  };
  EXPECT_NE(asked(*calibrated_as(*without)), asked(*own));
}

TEST_F(HybridTextCatTest, OutOfScopeIsACategoryOfItsOwn) {
  Json block = Json::object();
  block["factory"] = "pawl_hybrid_textcat";
  block["none_of_these"] = "INTENT_none_of_these";
  fill_component_defaults(block);
  HybridTextCat head("intent", block, vocab_);
  Rng rng(1);
  head.initialize(examples(*vocab_, 40), rng, Progress::silent());
  EXPECT_EQ(best(head, "wake me at thing7"), "INTENT_alarm");
  EXPECT_EQ(best(head, "zzz 99 %%"), "INTENT_none_of_these");
}

TEST_F(HybridTextCatTest, SavedAndLoadedItScoresTheSame) {
  const Path folder = Path(testing::TempDir()) / "hybrid_saved";
  Env::real().remove_all(folder);
  const auto vectors = std::make_shared<LetterVectors>();
  const auto head = trained(20, vectors);
  head->to_disk(Env::real(), folder);
  const auto loaded = make();
  loaded->set_vectors(vectors);
  loaded->from_disk(Env::real(), folder);
  const std::vector<std::string_view> texts = {"wake me", "play", "", "rain in Rome"};
  const auto expected = head->answer(texts);
  const auto answers = loaded->answer(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(expected[i].probabilities, answers[i].probabilities);
    EXPECT_EQ(expected[i].tier, answers[i].tier);
  }
  // Without the examples a correction holds to the weights as they are; with them it weighs them.
  for (const bool resumed : {false, true}) {
    const auto again = make();
    again->set_vectors(vectors);
    again->from_disk(Env::real(), folder);
    if (resumed) again->resume(examples(*vocab_, 20));
    std::vector<Example> news = {hybrid_example(*vocab_, "book a table for two", "INTENT_table")};
    Losses losses;
    again->update(news, {}, losses);
    EXPECT_EQ(best(*again, "book a table for two"), "INTENT_table");
    EXPECT_EQ(best(*again, "wake me at noon"), "INTENT_alarm");
  }
}

TEST(HybridHead, TrustsAnAnswerMoreTheLongerTheTextUpToTwoTypicalLengths) {
  HybridHead head;
  EXPECT_EQ(head.trust(0.75f, 1000), 0.75);
  head.typical_length = 40.0;
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 40), 0.75);
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 60), 4.5 / 5.5);  // odds of 3 become 4.5
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 80), 6.0 / 7.0);
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 4000), 6.0 / 7.0);
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 20), 1.5 / 2.5);
  EXPECT_DOUBLE_EQ(head.trust(0.75f, 0), 1.5 / 2.5);
  EXPECT_EQ(head.trust(1.0f, 0), 1.0);
  EXPECT_EQ(head.trust(0.0f, 4000), 0.0);
}

TEST_F(HybridTextCatTest, TheSecondTierIsAskedAboutShortTextsRatherThanLongOnes) {
  const auto vectors = std::make_shared<LetterVectors>();
  const Path folder = Path(testing::TempDir()) / "hybrid_length";
  Env::real().remove_all(folder);
  trained(20, vectors)->to_disk(Env::real(), folder);
  HybridHead head = HybridHead::from_bytes(Env::real().read_file(folder / "model"));
  double bytes = 0.0;
  for (const auto& [label, words] : topics()) {
    for (int i = 0; i < 20; ++i) {
      bytes += static_cast<double>((words + "thing" + std::to_string(i)).size());
    }
  }
  EXPECT_DOUBLE_EQ(head.typical_length, bytes / 60.0);
  const std::vector<std::string_view> text = {"wake me at thing"};
  head.first.floor = {-1e9, 0.0};
  head.first.temperature = 10.0;  // of scores that leave no doubt on so few words
  head.acceptance = 0.0;
  const HybridAnswer alone = head.answer(text, vectors.get())[0];
  head.acceptance = static_cast<double>(alone.probabilities[alone.best]);
  const auto tier = [&](double factor) {
    head.typical_length = static_cast<double>(text[0].size()) / factor;
    const HybridHead read = HybridHead::from_bytes(head.to_bytes());
    EXPECT_EQ(read.typical_length, head.typical_length);
    return static_cast<int>(read.answer(text, vectors.get())[0].tier);
  };
  EXPECT_EQ(tier(0.7), 2);
  EXPECT_EQ(tier(1.5), 1);
}

TEST_F(HybridTextCatTest, AMissingModelOfATrainedHeadIsNamed) {
  const Path folder = Path(testing::TempDir()) / "hybrid_missing";
  Env::real().remove_all(folder);
  trained()->to_disk(Env::real(), folder);
  Env::real().remove_all(folder / "model");
  try {
    make()->from_disk(Env::real(), folder);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_NE(std::string(error.what()).find((folder / "model").string()), std::string::npos);
  }
}

TEST_F(HybridTextCatTest, TheSameExamplesGiveTheSameBytes) {
  const Path a = Path(testing::TempDir()) / "hybrid_a", b = Path(testing::TempDir()) / "hybrid_b";
  trained()->to_disk(Env::real(), a);
  trained()->to_disk(Env::real(), b);
  EXPECT_EQ(Env::real().read_file(a / "model"), Env::real().read_file(b / "model"));
}

TEST_F(HybridTextCatTest, RefusesSettingsItDoesNotKnow) {
  EXPECT_THROW(make(R"({"@architectures": "pawl.Other.v1"})"), Error);
  EXPECT_THROW(make(R"({"@architectures": "pawl.HybridTextCat.v1", "hash_bits": 40})"), Error);
  EXPECT_THROW(make(R"({"@architectures": "pawl.HybridTextCat.v1", "c": -1})"), Error);
  EXPECT_THROW(make(R"({"@architectures": "pawl.HybridTextCat.v1", "vectors": 3})"), Error);
}

TEST_F(HybridTextCatTest, RefusesToPredictOrTrainOnNothing) {
  const auto head = make();
  Doc doc(*vocab_, "x");
  EXPECT_THROW(head->predict({&doc, 1}), Error);
  Rng rng(1);
  EXPECT_THROW(head->initialize({}, rng, Progress::silent()), Error);
}

TEST_F(HybridTextCatTest, EveryTruncatedOrAlteredModelIsRefusedOrSane) {
  const Path folder = Path(testing::TempDir()) / "hybrid_hostile";
  const LetterVectors vectors;
  trained(3, std::make_shared<LetterVectors>())->to_disk(Env::real(), folder);
  const std::string bytes = Env::real().read_file(folder / "model");
  const size_t tiers = bytes.find("block_width");
  Rng rng(5);
  for (int i = 0; i < 300; ++i) {
    std::string bad = bytes.substr(0, rng.below(bytes.size()));
    EXPECT_THROW(HybridHead::from_bytes(bad), Error);
    bad = bytes;
    const size_t from = i % 2 == 0 ? 0 : tiers;
    for (int k = 0; k < 3; ++k) bad[from + rng.below(300)] = static_cast<char>(rng.next());
    try {
      const HybridHead head = HybridHead::from_bytes(bad);
      const std::string_view text = "wake me";
      for (const SentenceVectors* given : {static_cast<const SentenceVectors*>(nullptr),
                                           static_cast<const SentenceVectors*>(&vectors)}) {
        const auto answer = head.answer({&text, 1}, given);
        EXPECT_EQ(answer[0].probabilities.size(), head.classes);
      }
    } catch (const Error&) {
    }
  }
}

TEST(LabelTexts, AreTheWordsOfTheNames) {
  const std::vector<std::string> labels = {"INTENT_set_alarm", "INTENT_PlayMusic", "INTENT_7",
                                           "INTENT_größe.ändern"};
  EXPECT_EQ(label_texts(labels),
            (std::vector<std::string>{"set alarm", "play music", "", "größe ändern"}));
}

TEST(NgramTable, RefusesWhatIsNoTable) {
  EXPECT_THROW(NgramTable(20, {1, 1}, {1.0f, 1.0f}), Error);
  EXPECT_THROW(NgramTable(4, {16}, {1.0f}), Error);
  EXPECT_THROW(NgramTable(20, {1}, {}), Error);
  EXPECT_THROW(NgramTable(25, {}, {}), Error);
  EXPECT_THROW(NgramTable(20, {1}, {std::nanf("")}), Error);
}

TEST(NgramTable, GroupsHaveLengthOneAndUnknownBucketsDoNotCount) {
  const std::vector<TextNgrams> texts = {count_ngrams("Play some jazz!", 20),
                                         count_ngrams("stop", 20)};
  const NgramTable table = NgramTable::build(texts, 20, 1);
  double square = 0.0;
  for (float value : table.transform("play SOME jazz").values) {
    square += static_cast<double>(value) * static_cast<double>(value);
  }
  EXPECT_NEAR(square, 2.0, 1e-5);
  EXPECT_TRUE(table.transform("").columns.empty());
  EXPECT_TRUE(table.transform("東京").columns.empty());
}

}  // namespace
}  // namespace pawl
