#include "training/loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/base/faulty_env.h"
#include "tests/training/tiny_corpus.h"
#include "training/evaluate.h"

namespace pawl {
namespace {

using test::component_block;
using test::kTinyBow;
using test::kTinyNer;
using test::kTinyTok2Vec;
using test::TemporaryFolder;
using test::tiny_blank;
using test::tiny_corpus;
using test::tiny_examples;

TrainingSettings quick_settings() {
  Json config = parse_config("[paths]\ntrain = \"a\"\ndev = \"b\"\n", "test",
                             {.interpolate = false, .overrides = {}});
  fill_training_defaults(config);
  TrainingSettings settings = read_training_settings(interpolate_config(config, "test"));
  settings.max_steps = 60;
  settings.eval_frequency = 20;
  settings.patience = 0;
  settings.dropout = 0.0;
  settings.learn_rate = 0.02;
  settings.optimizer.use_averages = true;
  settings.score_weights = {{"ents_f", 0.5}, {"cats_score", 0.5}};
  settings.score_names = {"ents_f", "cats_score"};
  return settings;
}

std::unique_ptr<Language> tiny_pipeline() {
  auto language = tiny_blank();
  language->add_pipe("tok2vec", component_block(kTinyTok2Vec));
  language->add_pipe("ner", component_block(kTinyNer));
  language->add_pipe("textcat", component_block(kTinyBow));
  Rng rng(0);
  const auto examples = tiny_examples(*language);
  for (const char* name : {"tok2vec", "ner", "textcat"})
    language->find_trainable(name)->initialize(examples, rng, Progress::silent());
  return language;
}

TrainingResult train_tiny(Language& language, const TrainingSettings& settings,
                          const std::optional<Path>& output,
                          std::vector<TrainingStep>* steps = nullptr,
                          Progress& progress = Progress::silent()) {
  Rng rng(0);
  TrainingCallbacks callbacks;
  callbacks.evaluated = [&](const TrainingStep& step) {
    if (steps) steps->push_back(step);
  };
  return train(Env::real(), language, settings, {tiny_examples(language), {}},
               tiny_corpus(language), rng, output, callbacks, progress);
}

class StopAfter : public Progress {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  void advance(uint64_t) override { --left_; }
  bool stop_requested() const override { return left_ <= 0; }

 private:
  int left_;
};

TEST(Training, LearnsEveryComponentAndTheSharedTok2Vec) {
  auto language = tiny_pipeline();
  const FloatVector before =
      nn::walk(language->find_trainable("tok2vec")->model()).back()->params.empty()
          ? FloatVector()
          : nn::walk(language->find_trainable("tok2vec")->model()).back()->params[0]->value;
  std::vector<TrainingStep> steps;
  const TrainingResult result = train_tiny(*language, quick_settings(), {}, &steps);
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_GT(result.best_score, 0.95);
  EXPECT_GT(steps[1].losses.at("tok2vec"), 0.0);
  EXPECT_LT(steps[3].losses.at("ner"), steps[1].losses.at("ner"));
  EXPECT_LT(steps[3].losses.at("textcat"), steps[1].losses.at("textcat"));
  const Doc doc = (*language)("go to Oslo .");
  ASSERT_EQ(doc.entities().size(), 1u);
  EXPECT_EQ(doc.entities()[0].start, 2u);
  EXPECT_GT(doc.cats()[0].second, 0.5f);
}

TEST(Training, CheckpointsAreWholePipelinesWithTheBestScore) {
  auto language = tiny_pipeline();
  const TemporaryFolder folder;
  train_tiny(*language, quick_settings(), folder.path());
  for (const char* name : {"model-best", "model-last"}) {
    const auto loaded = Language::from_disk(Env::real(), folder / name);
    const Json scores = evaluate(*loaded, tiny_corpus(*loaded));
    EXPECT_GT(scores.at("ents_f").as_double(), 0.95) << name;
    EXPECT_GT(loaded->meta().at("performance").at("ents_f").as_double(), 0.95) << name;
  }
  EXPECT_EQ(Env::real().list_directory(folder.path()),
            (std::vector<std::string>{"model-best", "model-last"}));
}

// A disk that takes no more pipelines.
class FullDisk : public test::FaultyEnv {
 public:
  void write_file(const Path& path, std::string_view bytes, bool sync, int mode) override {
    if (full) throw Error(ErrorKind::kIo, path.string() + ": No space left on device");
    FaultyEnv::write_file(path, bytes, sync, mode);
  }
  bool full = false;
};

TEST(Training, WhatWasTrainedBeforeStaysUntilTheNewFolderStands) {
  const TemporaryFolder folder;
  FullDisk env;
  const auto train_once = [&](TrainingCallbacks callbacks) {
    auto language = tiny_pipeline();
    Rng rng(0);
    const auto examples = tiny_examples(*language);
    train(env, *language, quick_settings(), {examples, {}}, tiny_corpus(*language), rng,
          folder.path(), callbacks, Progress::silent());
  };
  train_once({});
  for (const bool at_once : {true, false}) {
    int evaluations = 0;
    env.full = at_once;
    TrainingCallbacks callbacks;
    callbacks.evaluated = [&](const TrainingStep&) { env.full = ++evaluations > 1; };
    EXPECT_THROW(train_once(callbacks), Error);
    env.full = false;
    for (const char* name : {"model-best", "model-last"}) {
      const auto loaded = Language::from_disk(env, folder / name);
      EXPECT_EQ(loaded->pipe_names().size(), 3u) << name;
    }
    EXPECT_EQ(env.list_directory(folder.path()).size(), 2u);
  }
}

TEST(Training, TheSameSeedGivesTheSameWeights) {
  std::string bytes[2];
  for (std::string& one : bytes) {
    auto language = tiny_pipeline();
    train_tiny(*language, quick_settings(), {});
    for (const char* name : {"tok2vec", "ner", "textcat"})
      one += nn::to_bytes(language->find_trainable(name)->model());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(Training, FrozenComponentsStayAsTheyAre) {
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.frozen_components = {"tok2vec", "ner"};
  settings.annotating_components = {"tok2vec"};
  const std::string before = nn::to_bytes(language->find_trainable("ner")->model());
  train_tiny(*language, settings, {});
  EXPECT_EQ(nn::to_bytes(language->find_trainable("ner")->model()), before);
}

TEST(Training, AFrozenTok2VecFeedsAHeadThatLearns) {
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.frozen_components = {"tok2vec"};
  settings.annotating_components = {"tok2vec"};
  const std::string before = nn::to_bytes(language->find_trainable("tok2vec")->model());
  std::vector<TrainingStep> steps;
  train_tiny(*language, settings, {}, &steps);
  EXPECT_EQ(nn::to_bytes(language->find_trainable("tok2vec")->model()), before);
  EXPECT_LT(steps[3].losses.at("ner"), steps[1].losses.at("ner"));
}

TEST(Training, PatienceEndsItEarly) {
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.patience = 25;
  settings.max_steps = 0;
  settings.learn_rate = 0.0;
  settings.optimizer.use_averages = false;
  EXPECT_EQ(train_tiny(*language, settings, {}).steps, 26u);
}

TEST(Training, StoppingSavesWhatThereIsAndSaysSo) {
  auto language = tiny_pipeline();
  const TemporaryFolder folder;
  StopAfter progress(7);
  try {
    train_tiny(*language, quick_settings(), folder.path(), nullptr, progress);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
    EXPECT_NE(std::string(error.what()).find("model-last"), std::string::npos);
  }
  EXPECT_NO_THROW(Language::from_disk(Env::real(), folder / "model-last"));
}

TEST(Training, SubdivisionKeepsEveryExampleOnce) {
  const auto language = tiny_blank();
  const auto examples = tiny_examples(*language);
  const auto parts = subdivide(examples, {0, 1, 2, 3, 4, 5, 6}, 3);
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].size() + parts[1].size() + parts[2].size() + parts[3].size(), 7u);
  EXPECT_EQ(subdivide(examples, {0, 1}, 5).size(), 1u);
}

TEST(Training, WeightsBeyondAllBoundsAreNotSaved) {
  TemporaryFolder folder;
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.learn_rate = 1e308;
  try {
    train_tiny(*language, settings, folder.path() / "out");
    FAIL() << "trained";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("training.optimizer.learn_rate"), std::string::npos);
  }
  const Path last = folder.path() / "out" / "model-last";
  if (Env::real().exists(last)) {
    EXPECT_NO_THROW(Language::from_disk(Env::real(), last));
  }
}

TEST(Training, AScoreThatIsNoNumberCannotBeWeighed) {
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.score_weights = {{"ents_per_type", 1.0}};
  EXPECT_THROW(train_tiny(*language, settings, {}), Error);
}

TEST(Training, AStreamIsTakenInItsOrderPassAfterPass) {
  auto language = tiny_pipeline();
  TrainingSettings settings = quick_settings();
  settings.stream = true;
  settings.max_steps = 5;
  settings.patience = 0;
  settings.batcher = parse_json(R"({"@batchers": "spacy.batch_by_sequence.v1", "size": 2})");
  int passes = 0;
  size_t given = 0;
  const auto examples = tiny_examples(*language);
  TrainingData data;
  data.stream = [&](const std::function<bool(Example)>& take) {
    ++passes;
    for (size_t i = 0; i < 4; ++i) {
      ++given;
      if (!take(examples[i])) return;
    }
  };
  Rng rng(0);
  const auto dev = tiny_corpus(*language);
  const TrainingResult result =
      train(Env::real(), *language, settings, std::move(data), dev, rng, {}, {});
  EXPECT_EQ(result.steps, 6u);  // as spaCy counts: the last step is the one numbered max_steps
  EXPECT_EQ(passes, 3);
  EXPECT_EQ(given, 12u);
}

}  // namespace
}  // namespace pawl
