#include "learn/distill/distill.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/registry.h"
#include "tests/learn/topics.h"
#include "tests/pipeline/tiny_pipeline.h"

namespace pawl::learn {
namespace {

constexpr const char* kHybrid = R"([c]
factory = "pawl_hybrid_textcat"
none_of_these = null
[c.model]
@architectures = "pawl.HybridTextCat.v1"
vectors = null
hash_bits = 12
c = 10.0
)";

LabeledExample labeled(const std::string& text, const std::string& intent,
                       Split split = Split::kTrain) {
  LabeledExample example;
  example.text = text;
  example.key = text_key(text);
  example.heads[Head::kIntent].label = intent;
  example.split = split;
  return example;
}

std::vector<LabeledExample> labeled_examples(size_t per_label) {
  std::vector<LabeledExample> examples;
  for (size_t i = 0; i < per_label; ++i) {
    for (const auto& [label, words] : topics())
      examples.push_back(labeled(words + "thing" + std::to_string(i), label));
  }
  return examples;
}

std::vector<UnlabelledText> turns(size_t per_label) {
  std::vector<UnlabelledText> texts;
  for (size_t i = 0; i < per_label; ++i) {
    for (const auto& [label, words] : topics()) {
      const std::string n = std::to_string(i);
      texts.push_back({words + "place " + n + " please", "conversation " + label + n});
    }
  }
  return texts;
}

std::unique_ptr<TrainableComponent> hybrid(const Language& nlp, const std::string& name) {
  auto component =
      std::make_unique<HybridTextCat>(name, test::component_block(kHybrid), nlp.shared_vocab());
  Rng rng(1);
  component->initialize(to_examples(labeled_examples(8), Head::kIntent, nlp), rng,
                        Progress::silent());
  return component;
}

class StoppingProgress : public Progress {
 public:
  explicit StoppingProgress(std::string stage) : stage_(std::move(stage)) {}
  void begin(std::string_view stage, uint64_t) override { stop_ |= stage.starts_with(stage_); }
  bool stop_requested() const override { return stop_; }

 private:
  std::string stage_;
  bool stop_ = false;
};

class DistillTest : public ::testing::Test {
 protected:
  DistillTest() : live_(test::tiny_blank()) {
    auto teacher = hybrid(*live_, "intent");
    const Json block = teacher->config();
    live_->add_component(std::move(teacher), block);
    data_.examples = labeled_examples(8);
    data_.unlabelled = turns(150);
    options_.train.min_updates = 60;
    options_.train.n_iter = 2;
    options_.train.min_select = 20;
    options_.variants = 2;
  }

  DistilledHead distill() {
    auto heads = distill_heads(*live_, kIntent, data_, options_, Progress::silent());
    EXPECT_EQ(heads.size(), 1u);
    return std::move(heads.front());
  }
  // What a student says, to the last bit.
  std::vector<std::pair<std::string, float>> scores(const DistilledHead& head) const {
    std::vector<std::pair<std::string, float>> all;
    for (const auto& [label, words] : topics()) {
      Doc doc = live_->make_doc(words + "anything");
      head.trained.component->predict({&doc, 1});
      all.insert(all.end(), doc.cats().begin(), doc.cats().end());
    }
    return all;
  }
  std::string message() {
    try {
      distill();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static constexpr Head kIntent[] = {Head::kIntent};
  std::unique_ptr<Language> live_;
  DistillData data_;
  DistillOptions options_;
};

TEST_F(DistillTest, AStockStudentSaysWhatItsTeacherSays) {
  const DistilledHead head = distill();
  EXPECT_EQ(head.trained.component->factory(), "textcat");
  EXPECT_EQ(head.trained.component->name(), "intent");
  EXPECT_EQ(head.labels, find_head(*live_, Head::kIntent)->labels());
  EXPECT_EQ(head.trained.component->labels(), head.labels);
  EXPECT_GT(head.held_out, 30u);
  EXPECT_GT(head.agreed, head.held_out * 9 / 10);
  EXPECT_EQ(head.scores.size(), recipes(Head::kIntent).size());
}

TEST_F(DistillTest, WithFewTextsToSelectByTheRichestRecipeIsTaken) {
  options_.train.min_select = 10000;
  const DistilledHead head = distill();
  EXPECT_EQ(head.scores.size(), 1u);
  EXPECT_EQ(head.trained.recipe, recipes(Head::kIntent).back().name);
}

TEST_F(DistillTest, TextsOfTurnsGoWhereTheirConversationDoes) {
  size_t train = data_.examples.size(), certify = 0;
  for (const auto& turn : data_.unlabelled) {
    const Split split = assign_split(turn.conversation_id, options_.validation_split);
    train += split == Split::kTrain;
    certify += split == Split::kCertify;
  }
  const DistilledHead head = distill();
  EXPECT_EQ(head.texts, train);
  EXPECT_EQ(head.labelled, data_.examples.size());
  EXPECT_EQ(head.held_out, certify);
}

TEST_F(DistillTest, VariantsOfTheTextsAreMadeWhileThereIsRoom) {
  options_.validation_split = 0.0;
  const DistilledHead head = distill();
  EXPECT_EQ(head.held_out, 0u);
  EXPECT_EQ(head.variants, options_.variants * head.texts);
  options_.max_texts = head.texts + 10;
  EXPECT_EQ(distill().variants, 10u);
  options_.max_texts = head.texts - 10;
  EXPECT_EQ(distill().variants, 0u);
  EXPECT_EQ(distill().texts, head.texts);
}

TEST_F(DistillTest, AVariantThatIsAHeldOutTextDoesNotTrain) {
  options_.validation_split = 0.0;
  for (const auto& turn : turns(150)) {
    const std::string shorter = turn.text.substr(0, turn.text.rfind(' '));
    data_.examples.push_back(labeled(shorter, "rain", Split::kCertify));
  }
  const DistilledHead head = distill();
  EXPECT_GT(head.variants, head.texts);
  EXPECT_LT(head.variants, options_.variants * head.texts);
}

TEST_F(DistillTest, ATextThatJudgesNeverTrainsHoweverOftenItWasSaid) {
  const DistilledHead before = distill();
  for (const auto& [label, words] : topics()) {
    for (size_t i = 0; i < 30; ++i) {
      const std::string text = words + "judge " + std::to_string(i);
      data_.examples.push_back(labeled(text, topics().front().first, Split::kCertify));
      for (int again = 0; again < 3; ++again) {
        const std::string n = label + std::to_string(i) + "-" + std::to_string(again);
        data_.unlabelled.push_back({"  " + text + "!", "judge " + n});
      }
    }
  }
  const DistilledHead after = distill();
  EXPECT_EQ(after.texts, before.texts);
  EXPECT_EQ(after.certified, 90u);
  EXPECT_EQ(after.held_out, before.held_out + 90);
  EXPECT_EQ(after.teacher_right, 30u);
  EXPECT_EQ(scores(after), scores(before));
}

TEST_F(DistillTest, AKnownLabelWeighsAgainstTheTeachersOpinion) {
  for (size_t i = 0; i < 60; ++i)
    data_.examples.push_back(labeled("play some chess " + std::to_string(i), "alarm"));
  auto says = [&](double label_share) {
    options_.label_share = label_share;
    const DistilledHead head = distill();
    Doc doc = live_->make_doc("play some chess");
    head.trained.component->predict({&doc, 1});
    return best_label(doc, Head::kIntent).label;
  };
  EXPECT_EQ(says(0.0), "music");
  EXPECT_EQ(says(0.9), "alarm");
}

TEST_F(DistillTest, TheNewestLabelOfATextCounts) {
  const size_t count = data_.examples.size();
  data_.examples.push_back(labeled(data_.examples.front().text, "music"));
  const DistilledHead head = distill();
  EXPECT_EQ(head.labelled, count);
}

TEST_F(DistillTest, TooFewTextsAreCounted) {
  data_.unlabelled = turns(3);
  options_.validation_split = 0.0;
  const std::string what = message();
  EXPECT_NE(what.find("33 different texts"), std::string::npos) << what;
  EXPECT_NE(what.find("24 of them labelled"), std::string::npos) << what;
  EXPECT_NE(what.find("100 are needed"), std::string::npos) << what;
}

TEST_F(DistillTest, TheSeedDecidesTheWeights) {
  const auto first = scores(distill()), again = scores(distill());
  options_.train.seed = 7;
  EXPECT_EQ(first, again);
  EXPECT_NE(first, scores(distill()));
}

TEST_F(DistillTest, StopsWhenAskedTo) {
  for (const char* stage : {"asking", "training"}) {
    StoppingProgress progress(stage);
    try {
      distill_heads(*live_, kIntent, data_, options_, progress);
      FAIL() << stage;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInterrupted) << error.what();
    }
  }
}

TEST_F(DistillTest, TheStockPipelineKeepsEverythingElse) {
  Json bow = test::component_block(test::kTinyBow);
  auto other = make_component("topic", bow, live_->shared_vocab());
  Rng rng(1);
  dynamic_cast<TrainableComponent&>(*other).initialize(
      to_examples(data_.examples, Head::kIntent, *live_), rng, Progress::silent());
  live_->add_component(std::move(other), bow);
  const PawlComponents own = find_pawl_components(*live_);
  ASSERT_EQ(own.hybrid_heads, std::vector<Head>{Head::kIntent});
  auto heads = distill_heads(*live_, own.hybrid_heads, data_, options_, Progress::silent());
  const auto stock = stock_pipeline(*live_, heads);
  EXPECT_EQ(stock->pipe_names(), live_->pipe_names());
  EXPECT_TRUE(find_pawl_components(*stock).hybrid_heads.empty());
  EXPECT_EQ(find_pawl_components(*live_).hybrid_heads, own.hybrid_heads);

  test::TemporaryFolder folder;
  stock->to_disk(Env::real(), folder / "stock");
  EXPECT_EQ(Env::real().read_file(folder / "stock/config.cfg").find("pawl"), std::string::npos);
  const auto opened = Language::from_disk(Env::real(), folder / "stock");
  EXPECT_EQ((*opened)("wake me at noon").cats(), (*stock)("wake me at noon").cats());
}

TEST_F(DistillTest, AHeadThatNoStockComponentStandsInForIsNamed) {
  auto other = hybrid(*live_, "topic");
  const Json block = other->config();
  live_->add_component(std::move(other), block);
  try {
    find_pawl_components(*live_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("'topic'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pawl::learn
