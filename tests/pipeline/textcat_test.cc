#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/textcat/grow.h"
#include "pipeline/textcat/ngrams.h"
#include "pipeline/tok2vec/link.h"
#include "tests/pipeline/textcat_fixture.h"

namespace pawl {
namespace {

using namespace textcat_testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<TrainableComponent> trained(const Json& block, uint64_t seed, double dropout = 0.0,
                                            int steps = 60) {
  auto component = make_trainable(block);
  auto examples = weather_and_music();
  Rng rng(seed);
  component->initialize(examples, rng, Progress::silent());
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < steps; ++i) {
    component->update(examples, {.dropout = dropout, .optimizer = &adam, .rng = &rng}, losses);
  }
  adam.settle(component->model());
  component->weights_changed();
  return component;
}

class EveryArchitecture : public ::testing::TestWithParam<std::pair<const char*, bool>> {
 protected:
  Json block() const {
    const auto [kind, exclusive] = GetParam();
    Json model;
    if (std::string(kind) == "bow") model = bow_block(exclusive);
    if (std::string(kind) == "ensemble") model = ensemble_block(exclusive);
    if (std::string(kind) == "reduce") {
      model = parse_json(R"({"@architectures": "spacy.TextCatReduce.v1", "use_reduce_first": true,
        "use_reduce_last": false, "use_reduce_max": true, "use_reduce_mean": true})");
      model["exclusive_classes"] = exclusive;
      model["tok2vec"] = tok2vec_block();
    }
    return textcat_block(exclusive ? "textcat" : "textcat_multilabel", model);
  }
};

INSTANTIATE_TEST_SUITE_P(Textcat, EveryArchitecture,
                         ::testing::Values(std::pair("bow", true), std::pair("bow", false),
                                           std::pair("ensemble", true),
                                           std::pair("ensemble", false), std::pair("reduce", true),
                                           std::pair("reduce", false)));

TEST_P(EveryArchitecture, LearnsItsExamples) {
  const auto component = trained(block(), 1);
  for (Example& example : weather_and_music()) {
    component->predict({&example.predicted, 1});
    const std::string& right = example.cats[0].first;
    EXPECT_GT(score(example.predicted, right), 0.7f) << example.predicted.text();
  }
}

TEST_P(EveryArchitecture, GivesTheSameWeightsForTheSameSeed) {
  const auto first = trained(block(), 7, 0.3, 10);
  const auto again = trained(block(), 7, 0.3, 10);
  EXPECT_EQ(nn::to_bytes(first->model()), nn::to_bytes(again->model()));
}

TEST_P(EveryArchitecture, ScoresATextAloneAsInABatch) {
  const auto component = trained(block(), 3);
  const std::vector<std::string> texts = {"will it", "", "play jazz outside please it is cold",
                                          "x"};
  auto together = make_docs(texts);
  component->predict(together);
  for (size_t i = 0; i < texts.size(); ++i) {
    Doc alone = make_doc(texts[i]);
    component->predict({&alone, 1});
    EXPECT_EQ(alone.cats(), together[i].cats()) << texts[i];
  }
}

TEST_P(EveryArchitecture, ClonesTrainApart) {
  const auto component = trained(block(), 3);
  Doc before = make_doc("play jazz");
  component->predict({&before, 1});
  auto copy = component->clone(vocab());
  auto& other = dynamic_cast<TrainableComponent&>(*copy);
  auto examples = weather_and_music();
  nn::Adam adam({.learn_rate = 0.05});
  Losses losses;
  other.update(examples, {.optimizer = &adam}, losses);
  other.weights_changed();
  Doc after = make_doc("play jazz");
  component->predict({&after, 1});
  EXPECT_EQ(before.cats(), after.cats());
  other.predict({&after, 1});
  EXPECT_NE(before.cats(), after.cats());
}

TEST_P(EveryArchitecture, ANewLabelLeavesOldScoresAloneUntilItIsTrained) {
  const auto component = trained(block(), 3);
  Doc before = make_doc("play some rain");
  component->predict({&before, 1});
  EXPECT_TRUE(component->add_label("news"));
  EXPECT_FALSE(component->add_label("news"));
  EXPECT_THAT(component->labels(), ElementsAre("weather", "music", "news"));
  Doc after = make_doc("play some rain");
  component->predict({&after, 1});
  EXPECT_EQ(score(after, "weather"), score(before, "weather"));
  EXPECT_EQ(score(after, "music"), score(before, "music"));
  EXPECT_LT(score(after, "news"), 0.05f);

  auto examples = weather_and_music();
  examples.push_back(category_example("read me the headlines", "news"));
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < 150; ++i) component->update(examples, {.optimizer = &adam}, losses);
  adam.settle(component->model());
  component->weights_changed();
  Doc news = make_doc("read me the headlines");
  component->predict({&news, 1});
  EXPECT_GT(score(news, "news"), 0.6f);
}

TEST_P(EveryArchitecture, RehearsingPullsBackToTheTeacher) {
  const auto teacher = trained(block(), 3);
  auto copy = teacher->clone(vocab());
  auto& pupil = dynamic_cast<TrainableComponent&>(*copy);
  std::vector<Example> spoilt = {category_example("will it rain tomorrow", "music")};
  spoilt[0].cats.emplace_back("weather", 0.0f);
  nn::Adam adam({.learn_rate = 0.02});
  Losses losses;
  for (int i = 0; i < 4; ++i) pupil.update(spoilt, {.optimizer = &adam}, losses);
  auto docs = make_docs({"will it rain tomorrow", "play some jazz"});
  // Momentum would carry the pupil on to scores of exactly 1, which have no gradient.
  nn::Adam fresh({.learn_rate = 0.02});
  Losses first, last;
  pupil.rehearse(docs, *teacher, {.optimizer = &fresh}, first);
  for (int i = 0; i < 60; ++i) {
    last.clear();
    pupil.rehearse(docs, *teacher, {.optimizer = &fresh}, last);
  }
  EXPECT_LT(last["topic"], 0.2 * first["topic"]);
}

TEST(Textcat, MissingLabelsTeachNothingWhereLabelsAreIndependent) {
  const Json block = textcat_block("textcat_multilabel", bow_block(false));
  auto component = trained(block, 1);
  Example unknown = category_example("will it rain tomorrow", "music");
  unknown.cats.clear();
  Losses losses;
  component->update({&unknown, 1}, {}, losses);
  EXPECT_EQ(losses["topic"], 0.0);
}

TEST(Textcat, RefusesCategoriesOutsideZeroToOneAndTwoRightLabels) {
  auto component = trained(textcat_block("textcat", bow_block(true)), 1);
  Losses losses;
  Example wrong = category_example("will it rain", "weather");
  wrong.cats[0].second = 2.0f;
  EXPECT_THROW(component->update({&wrong, 1}, {}, losses), Error);
  wrong.cats = {{"weather", 1.0f}, {"music", 1.0f}};
  EXPECT_THROW(component->update({&wrong, 1}, {}, losses), Error);
}

TEST(Textcat, NamesWhatIsWrongInItsConfiguration) {
  const auto message = [](const Json& block) -> std::string {
    try {
      make_trainable(block);
      return "no error";
    } catch (const Error& error) {
      return error.what();
    }
  };
  Json block = textcat_block("textcat", ensemble_block(true));
  block["model"]["tok2vec"]["encode"]["depth"] = 0;
  EXPECT_THAT(message(block), HasSubstr("components.topic.model.tok2vec.encode"));
  EXPECT_THAT(message(block), HasSubstr("depth"));
  block["model"]["tok2vec"]["encode"]["depth"] = 2;
  block["model"]["tok2vec"]["embed"]["include_static_vectors"] = 3;
  EXPECT_THAT(message(block), HasSubstr("include_static_vectors"));
  block["model"] = parse_json(R"({"@architectures": "spacy.TextCatEnsemble.v1"})");
  EXPECT_THAT(message(block), HasSubstr("TextCatEnsemble.v1"));
}

TEST(Textcat, SaysThatItMustBeInitialisedFirst) {
  const auto component = make_trainable(textcat_block("textcat", bow_block(true)));
  Doc doc = make_doc("hello");
  EXPECT_THROW(component->predict({&doc, 1}), Error);
}

TEST(Textcat, NeedsTwoLabelsToChooseFrom) {
  const auto component = make_trainable(textcat_block("textcat", bow_block(true)));
  std::vector<Example> examples = {category_example("play jazz", "music")};
  Rng rng(1);
  EXPECT_THROW(component->initialize(examples, rng, Progress::silent()), Error);
}

TEST(Ngrams, CountsDistinctOnesPerDocument) {
  const auto docs = make_docs({"a b a", "b"});
  const std::vector<const Doc*> refs = {&docs[0], &docs[1]};
  NgramCounts counts;
  extract_ngrams(refs, Attr::kOrth, 1, counts);
  EXPECT_THAT(counts.lengths, ElementsAre(2u, 1u));
  EXPECT_EQ(counts.values[0] + counts.values[1], 3.0f);
  extract_ngrams(refs, Attr::kOrth, 3, counts);
  EXPECT_THAT(counts.lengths, ElementsAre(5u, 1u));  // a, b, ab, ba, aba
}

// Listening -------------------------------------------------------------------------------------

Json listening_block() {
  Json model = ensemble_block(true);
  model["tok2vec"] =
      parse_json(R"({"@architectures": "spacy.Tok2VecListener.v1", "width": 16, "upstream": "*"})");
  return textcat_block("textcat", model);
}

struct Shared {
  Shared() {
    Json block = Json::object();
    block["factory"] = "tok2vec";
    block["model"] = tok2vec_block();
    tok2vec = make_trainable(block, "tok2vec");
    head = make_trainable(listening_block());
    Rng rng(1);
    tok2vec->initialize(examples, rng, Progress::silent());
    head->initialize(examples, rng, Progress::silent());
    listening().set_upstream(&upstream());
  }
  Tok2VecUpstream& upstream() { return dynamic_cast<Tok2VecUpstream&>(*tok2vec); }
  Tok2VecListening& listening() { return dynamic_cast<Tok2VecListening&>(*head); }

  std::vector<Example> examples = weather_and_music();
  std::unique_ptr<TrainableComponent> tok2vec, head;
};

TEST(SharedTok2Vec, LearnsFromItsListeners) {
  Shared shared;
  EXPECT_EQ(shared.listening().upstream_name(), "*");
  const std::string before = nn::to_bytes(shared.tok2vec->model());
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < 40; ++i) {
    losses.clear();
    shared.tok2vec->update(shared.examples, {.optimizer = &adam}, losses);
    shared.head->update(shared.examples, {.optimizer = &adam}, losses);
    shared.upstream().finish_batch();
  }
  EXPECT_GT(losses["tok2vec"], 0.0);
  EXPECT_NE(nn::to_bytes(shared.tok2vec->model()), before);
  shared.tok2vec->weights_changed();
  shared.head->weights_changed();
  for (Example& example : shared.examples) {
    shared.tok2vec->predict({&example.predicted, 1});
    shared.head->predict({&example.predicted, 1});
    EXPECT_GT(score(example.predicted, example.cats[0].first), 0.7f);
  }
}

TEST(SharedTok2Vec, StaysAsItIsWhenItIsFrozen) {
  Shared shared;
  std::vector<Doc> docs;
  for (Example& example : shared.examples) shared.tok2vec->predict({&example.predicted, 1});
  const std::string before = nn::to_bytes(shared.tok2vec->model());
  nn::Adam adam({.learn_rate = 0.01});
  Losses losses;
  for (int i = 0; i < 80; ++i) shared.head->update(shared.examples, {.optimizer = &adam}, losses);
  shared.head->weights_changed();
  EXPECT_EQ(nn::to_bytes(shared.tok2vec->model()), before);
  for (Example& example : shared.examples) {
    shared.head->predict({&example.predicted, 1});
    EXPECT_GT(score(example.predicted, example.cats[0].first), 0.7f);
  }
}

TEST(SharedTok2Vec, ItsListenersRefuseAnotherBatch) {
  Shared shared;
  Losses losses;
  shared.tok2vec->update(shared.examples, {}, losses);
  std::vector<Example> other = {category_example("play jazz", "music")};
  EXPECT_THROW(shared.head->update(other, {}, losses), Error);
}

}  // namespace
}  // namespace pawl
