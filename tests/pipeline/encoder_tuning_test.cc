#include "pipeline/encoder/encoder_tuning.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/encoder/encoder_component.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/registry.h"
#include "tests/pipeline/small_encoder.h"

namespace pawl {
namespace {

constexpr const char* kTopics[] = {"wake me at", "play some", "will it rain in"};

class StopsAtOnce final : public Progress {
 public:
  bool stop_requested() const override { return true; }
};

class CountsSteps final : public Progress {
 public:
  void begin(std::string_view, uint64_t total) override { announced = total; }
  void advance(uint64_t n) override { made += n; }
  uint64_t announced = 0, made = 0;
};

class StopsAfter final : public Progress {
 public:
  explicit StopsAfter(uint64_t steps) : steps_(steps) {}
  void advance(uint64_t n) override { made += n; }
  bool stop_requested() const override { return made >= steps_; }
  uint64_t made = 0;

 private:
  uint64_t steps_;
};

// In memory, at every step that is a multiple of some number.
class Kept final : public Checkpoint {
 public:
  explicit Kept(size_t every) : every_(every) {}
  std::string load() override { return state; }
  bool is_due() override { return ++asked_ % every_ == 0; }
  void save(std::string_view bytes) override { state = bytes; }
  std::string state;

 private:
  size_t every_, asked_ = 0;
};

class EncoderTuning : public testing::TestWithParam<nn::Precision> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / new_uuid(Env::real());
    Env::real().create_directories(folder_);
    encoder_ = SentenceEncoder::load(Env::real(), write_small_encoder(folder_, GetParam()));
    for (size_t i = 0; i < 360; ++i) {
      const auto& words = small_words();
      const std::string& one = words[14 + i % 16];
      const std::string& two = words[14 + i / 16 % 16];
      texts_.push_back(std::string(kTopics[i % 3]) + " " + one + " " + two);
    }
    for (size_t i = 0; i < texts_.size(); ++i) {
      tuning_.push_back({texts_[i], static_cast<uint32_t>(i % 3), 1.0f});
    }
  }
  void TearDown() override { Env::real().remove_all(folder_); }

  TuningResult tune(const TuningOptions& options = {.visits = 1500}) {
    return tune_layers(*encoder_, tuning_, 3, options, Progress::silent());
  }

  // Mean cosine of texts left out of tuning: with the same label, minus with another.
  double contrast(const SentenceEncoder& encoder) const {
    std::vector<size_t> rows;
    std::vector<std::string_view> texts;
    for (size_t i = 0; i < texts_.size(); ++i) {
      if (!left_out_of_tuning(texts_[i])) continue;
      rows.push_back(i);
      texts.push_back(texts_[i]);
    }
    const Matrix vectors = encoder.encode(texts);
    double sums[] = {0, 0}, counts[] = {0, 0};
    for (size_t i = 0; i < rows.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const bool same = tuning_[rows[i]].label == tuning_[rows[j]].label;
        sums[same] += static_cast<double>(dot(vectors.row(i), vectors.row(j), vectors.cols()));
        counts[same] += 1;
      }
    }
    return sums[1] / counts[1] - sums[0] / counts[0];
  }

  std::unique_ptr<HybridTextCat> make(std::shared_ptr<const SentenceVectors> vectors) {
    Json block = Json::object();
    block["factory"] = "pawl_hybrid_textcat";
    fill_component_defaults(block);
    auto head = std::make_unique<HybridTextCat>("intent", block, vocab_);
    head->set_vectors(std::move(vectors));
    return head;
  }
  std::vector<Example> examples(size_t count) const {
    std::vector<Example> all(count);
    for (size_t i = 0; i < count; ++i) {
      all[i].predicted = Doc(*vocab_, texts_[i]);
      all[i].cats.emplace_back(kTopics[i % 3], 1.0f);
    }
    return all;
  }
  std::unique_ptr<HybridTextCat> trained(size_t count = 360, const HybridTextCat* live = nullptr) {
    auto head = make(vectors_of(encoder_));
    if (live != nullptr) head->inherit(*live);
    Rng rng(1);
    head->initialize(examples(count), rng, Progress::silent());
    return head;
  }
  HybridHead saved(const HybridTextCat& head) {
    head.to_disk(Env::real(), folder_ / "head");
    return HybridHead::from_bytes(Env::real().read_file(folder_ / "head" / "model"));
  }

  Path folder_;
  std::shared_ptr<const SentenceEncoder> encoder_;
  std::vector<std::string> texts_;
  std::vector<TuningText> tuning_;
  std::shared_ptr<Vocab> vocab_ = std::make_shared<Vocab>();
};

INSTANTIATE_TEST_SUITE_P(, EncoderTuning,
                         testing::Values(nn::Precision::kFloat32, nn::Precision::kInt8),
                         [](const auto& of) { return std::string(precision_name(of.param)); });

TEST_P(EncoderTuning, EncodersOfOneFingerprintAreSharedAndStillChecked) {
  Env& env = Env::real();
  env.create_directories(folder_ / "again");
  const Path again = write_small_encoder(folder_ / "again", GetParam());
  EXPECT_EQ(SentenceEncoder::load(env, again), encoder_);
  env.create_directories(folder_ / "wider");
  const Path wider = write_small_encoder(folder_ / "wider", GetParam(), 3, 32);
  EXPECT_NE(SentenceEncoder::load(env, wider), encoder_);
  env.write_file(again / "model.safetensors", "not these weights", false);
  EXPECT_THROW(SentenceEncoder::load(env, again), Error);
}

TEST_P(EncoderTuning, AFifthOfTheTextsIsLeftOut) {
  size_t left_out = 0;
  for (int i = 0; i < 10000; ++i) left_out += left_out_of_tuning("text " + std::to_string(i));
  EXPECT_NEAR(static_cast<double>(left_out), 2000.0, 150.0);
}

TEST_P(EncoderTuning, LabelsComeApartOnTextsItHasNotSeen) {
  // By their last word, which a mean over all of a text's words hardly shows.
  for (size_t i = 0; i < tuning_.size(); ++i) tuning_[i].label = i / 16 % 2;
  EXPECT_LT(contrast(*encoder_), 0.1);
  for (const double adversarial : {0.0, 0.01}) {
    const TuningOptions options{
        .learn_rate = 3e-3, .visits = 6000, .max_passes = 20, .adversarial = adversarial};
    EXPECT_GT(contrast(*encoder_->with_layers(*tune(options).judged)), 0.3) << adversarial;
  }
}

TEST_P(EncoderTuning, MovesGoWhereTheLossGrows) {
  // Long ones keep random layers from telling apart what moves the other way would not.
  for (size_t i = 0; i < tuning_.size(); ++i) tuning_[i].label = i / 16 % 2;
  const TuningOptions options{
      .learn_rate = 3e-3, .visits = 6000, .max_passes = 20, .adversarial = 0.2, .plain = 0.0};
  EXPECT_LT(contrast(*encoder_->with_layers(*tune(options).judged)), 0.05);
}

TEST_P(EncoderTuning, TheFirstPassesBeginWithPlainSteps) {
  const auto plain = tune({.visits = 1500, .adversarial = 0.0});
  const auto later = tune({.visits = 1500, .plain = 1.0});
  EXPECT_EQ(later.judged->weights, plain.judged->weights);
  EXPECT_NE(later.layers->weights, plain.layers->weights);
  const auto half = tune({.visits = 1500}).judged->weights;
  EXPECT_NE(half, plain.judged->weights);
  EXPECT_NE(half, tune({.visits = 1500, .plain = 0.0}).judged->weights);
}

TEST_P(EncoderTuning, StepsAreAdversarialWhereLabelsHaveTextsEnough) {
  const auto plain = tune({.visits = 1500, .adversarial = 0.0}).judged->weights;
  EXPECT_EQ(tune({.visits = 1500, .adversarial_from = 121}).judged->weights, plain);
  EXPECT_NE(tune({.visits = 1500, .adversarial_from = 120}).judged->weights, plain);
}

TEST_P(EncoderTuning, TextsThatAreLeftOutMatterOnlyOnceTheLayersWereJudged) {
  const TuningResult before = tune();
  EXPECT_NE(before.layers->weights, before.judged->weights);
  for (TuningText& text : tuning_) {
    if (left_out_of_tuning(text.text)) text.label = (text.label + 1) % 3;
  }
  const TuningResult after = tune();
  EXPECT_EQ(after.judged->weights, before.judged->weights);
  EXPECT_NE(after.layers->weights, before.layers->weights);
  for (TuningText& text : tuning_) text.label = (text.label + 1) % 3;
  EXPECT_NE(tune().judged->weights, before.judged->weights);
}

TEST_P(EncoderTuning, IsTheSameEveryTime) {
  const TuningResult once = tune(), again = tune();
  EXPECT_EQ(once.judged->weights, again.judged->weights);
  EXPECT_EQ(once.layers->weights, again.layers->weights);
}

TEST_P(EncoderTuning, WeightsOfTextsMatter) {
  const auto before = tune().judged;
  for (size_t i = 0; i < tuning_.size(); ++i) tuning_[i].weight = i % 2 == 0 ? 1.0f : 0.2f;
  EXPECT_NE(tune().judged->weights, before->weights);
}

TEST_P(EncoderTuning, OfManyTextsNoMoreAreVisitedThanAllowed) {
  CountsSteps steps;
  tune_layers(*encoder_, tuning_, 3, {.batch_size = 10, .most_visits = 100}, steps);
  // One pass for the labels' first vectors, one to learn, one with texts that were left out before.
  EXPECT_EQ(steps.announced, 30u);
  EXPECT_EQ(steps.made, 30u);
}

TEST_P(EncoderTuning, CanBeInterrupted) {
  StopsAtOnce stop;
  try {
    tune_layers(*encoder_, tuning_, 3, {}, stop);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

TEST_P(EncoderTuning, TheHeadKeepsItsLayersAndTheEncoderStaysAsItWas) {
  const Matrix before = vectors_of(encoder_)->encode(std::vector<std::string_view>{"wake me"});
  const auto head = trained();
  const HybridHead kept = saved(*head);
  ASSERT_NE(kept.tuned, nullptr);
  EXPECT_EQ(kept.tuned->encoder, encoder_->fingerprint());
  EXPECT_EQ(kept.tuned->examples, 360 + 3u);
  EXPECT_NE(kept.fingerprint, encoder_->fingerprint());
  const Matrix after = vectors_of(encoder_)->encode(std::vector<std::string_view>{"wake me"});
  EXPECT_TRUE(std::equal(before.data(), before.data() + before.size(), after.data()));

  auto again = make(vectors_of(encoder_));
  again->from_disk(Env::real(), folder_ / "head");
  const std::vector<std::string_view> asked = {"wake the cat", "will it rain", "mat", ""};
  const auto expected = head->answer(asked), answers = again->answer(asked);
  size_t second = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(answers[i].probabilities, expected[i].probabilities);
    second += answers[i].tier == 2;
  }
  EXPECT_GT(second, 0u);
}

// Blanks change nothing that a tier reads.
TEST_P(EncoderTuning, BothBoundsOfTheFirstTierWeighTheLengthsOfTexts) {
  std::vector<LabeledText> plain, padded;
  for (size_t i = 0; i < 360; ++i) {
    plain.push_back({texts_[i], static_cast<uint32_t>(i / 16 % 3)});
    padded.push_back(plain.back());
    if (i % 2 == 0) continue;
    padded[i].text.append(60, ' ');
    while (left_out_of_tuning(padded[i].text) != left_out_of_tuning(plain[i].text)) {
      padded[i].text += ' ';
    }
  }
  HybridTrainer one({"a", "b", "c"}, {}, vectors_of(encoder_));
  HybridTrainer other({"a", "b", "c"}, {}, vectors_of(encoder_));
  one.fit(plain, Progress::silent());
  other.fit(padded, Progress::silent());
  const HybridHead &before = *one.head(), &after = *other.head();
  ASSERT_NE(before.tuned, nullptr);
  EXPECT_EQ(before.tuned->weights, after.tuned->weights);
  EXPECT_EQ(before.second.temperature, after.second.temperature);
  ASSERT_LE(before.tuned_acceptance, 1.0);
  EXPECT_NE(before.tuned_acceptance, after.tuned_acceptance);
  ASSERT_LE(before.acceptance, 1.0);
  EXPECT_NE(before.acceptance, after.acceptance);
}

TEST_P(EncoderTuning, LeftOutTextsAreJudgedAtTheFirstTiersOwnTemperature) {
  std::vector<LabeledText> all, learnt;
  std::vector<std::string_view> left_out;
  for (size_t i = 0; i < 360; ++i) {
    all.push_back({texts_[i], static_cast<uint32_t>(i / 16 % 3)});
    if (left_out_of_tuning(texts_[i])) {
      left_out.push_back(texts_[i]);
    } else {
      learnt.push_back(all.back());
    }
  }
  HybridTrainer trainer({"a", "b", "c"}, {}, vectors_of(encoder_));
  trainer.fit(all, Progress::silent());
  const HybridHead& head = *trainer.head();
  ASSERT_NE(head.tuned, nullptr);
  ASSERT_LE(head.tuned_acceptance, 1.0);

  HybridTrainer on_learnt({"a", "b", "c"}, {.tune = false}, vectors_of(encoder_));
  on_learnt.fit(learnt, Progress::silent());
  HybridHead judged = *on_learnt.head();
  ASSERT_EQ(judged.first.transform.width(), head.first.transform.width());
  ASSERT_NE(judged.first.temperature, head.first.temperature);
  judged.first.temperature = head.first.temperature;
  judged.acceptance = 0.0;
  double nearest = 1.0;
  const auto answers = judged.answer(left_out, on_learnt.vectors().get());
  for (size_t i = 0; i < answers.size(); ++i) {
    const double trust = head.trust(answers[i].probabilities[answers[i].best], left_out[i].size());
    nearest = std::min(nearest, std::abs(trust - head.tuned_acceptance));
  }
  EXPECT_LT(nearest, 1e-4);
}

TEST_P(EncoderTuning, AnotherEncoderLeavesTheFirstTierToAnswer) {
  const auto head = trained();
  Env::real().create_directories(folder_ / "other");
  const auto other =
      SentenceEncoder::load(Env::real(), write_small_encoder(folder_ / "other", GetParam(), 3, 32));
  head->set_vectors(vectors_of(other));
  for (const HybridAnswer& answer : head->answer(std::vector<std::string_view>{"mat", "cat"})) {
    EXPECT_EQ(answer.tier, 1);
  }
}

TEST_P(EncoderTuning, LayersAreInheritedUntilExamplesHaveGrownByHalf) {
  const auto live = trained(210);
  const auto layers = saved(*live).tuned;
  ASSERT_NE(layers, nullptr);
  EXPECT_EQ(saved(*trained(300, live.get())).tuned->weights, layers->weights);
  EXPECT_NE(saved(*trained(360, live.get())).tuned->weights, layers->weights);
}

// Labels that the encoder's own vectors tell apart, and layers that make all texts alike.
TEST_P(EncoderTuning, PostponedItIsSaidToBeDueAndWhatWasTunedServesMeanwhile) {
  const auto postponed = [&](size_t count, const HybridTextCat* live) {
    auto head = make(vectors_of(encoder_));
    if (live != nullptr) head->inherit(*live);
    head->postpone_tuning();
    Rng rng(1);
    head->initialize(examples(count), rng, Progress::silent());
    return head;
  };
  const auto first = postponed(240, nullptr);
  EXPECT_EQ(saved(*first).tuned, nullptr);
  EXPECT_TRUE(first->tuning_is_due());
  const auto copy = first->clone(vocab_);
  EXPECT_TRUE(dynamic_cast<const HybridTextCat&>(*copy).tuning_is_due());
  EXPECT_FALSE(postponed(150, nullptr)->tuning_is_due());

  const auto live = trained(210);
  EXPECT_FALSE(live->tuning_is_due());
  const auto grown = postponed(360, live.get());
  EXPECT_EQ(saved(*grown).tuned->weights, saved(*live).tuned->weights);
  EXPECT_TRUE(grown->tuning_is_due());
  EXPECT_FALSE(postponed(240, live.get())->tuning_is_due());
}

TEST_P(EncoderTuning, LayersThatDoWorseThanTheEncodersOwnAreDropped) {
  const nn::BertConfig config = small_bert(4, 24);
  SafetensorsWriter zeros;
  for (size_t layer = 1; layer < 4; ++layer) {
    for (const nn::BertTensor& tensor : nn::bert_layer_tensors(config, layer)) {
      zeros.add_floats(tensor.name, tensor.shape, FloatVector(24 * 48, 0.0f).data());
    }
  }
  const auto dull = std::make_shared<const TunedLayers>(TunedLayers{
      .first = 1, .count = 3, .weights = zeros.finish(), .encoder = encoder_->fingerprint()});
  Rng rng(5);
  std::vector<std::string> texts(700);
  for (std::string& text : texts) {
    for (int i = 0; i < 6; ++i) text += small_words()[5 + rng.below(25)] + " ";
  }
  const Matrix vectors = encoder_->encode(texts);
  std::vector<float> first;
  for (size_t i = 0; i < texts.size(); ++i) first.push_back(vectors(i, 3) - vectors(i, 5));
  std::vector<float> sorted = first;
  std::nth_element(sorted.begin(), sorted.begin() + 350, sorted.end());
  std::vector<LabeledText> examples;
  for (size_t i = 0; i < texts.size(); ++i) examples.push_back({texts[i], first[i] > sorted[350]});
  HybridTrainer trainer({"one", "other"}, {}, vectors_of(encoder_));
  HybridHead known;
  known.tuned = dull;
  trainer.fit(examples, Progress::silent(), std::make_shared<const HybridHead>(known));
  EXPECT_EQ(trainer.head()->tuned, nullptr);
  EXPECT_EQ(trainer.vectors()->fingerprint(), encoder_->fingerprint());
}

TEST_P(EncoderTuning, LayersOfAnotherEncoderAreNotInherited) {
  const auto live = trained(210);
  Env::real().create_directories(folder_ / "other");
  encoder_ =
      SentenceEncoder::load(Env::real(), write_small_encoder(folder_ / "other", GetParam(), 3, 32));
  const auto layers = saved(*trained(210, live.get())).tuned;
  ASSERT_NE(layers, nullptr);
  EXPECT_EQ(layers->encoder, encoder_->fingerprint());
}

TEST_P(EncoderTuning, LayersAreNotInheritedWhereTuningIsSwitchedOff) {
  const auto known = std::make_shared<const HybridHead>(saved(*trained(360)));
  ASSERT_NE(known->tuned, nullptr);
  std::vector<LabeledText> examples;
  for (size_t i = 0; i < 360; ++i) examples.push_back({texts_[i], static_cast<uint32_t>(i % 3)});
  HybridTrainer trainer({"a", "b", "c"}, {.tune = false}, vectors_of(encoder_));
  trainer.fit(examples, Progress::silent(), known);
  EXPECT_EQ(trainer.head()->tuned, nullptr);
}

// As little as to tune anew for would do as well: too few examples.
TEST_P(EncoderTuning, WhereTuningAnewComesToNothingEarlierLayersStay) {
  const auto earlier = std::make_shared<const HybridHead>(saved(*trained(360)));
  ASSERT_NE(earlier->tuned, nullptr);
  std::vector<LabeledText> examples;
  for (size_t i = 0; i < 150; ++i) examples.push_back({texts_[i], static_cast<uint32_t>(i % 3)});
  HybridTrainer trainer({"a", "b", "c"}, {}, vectors_of(encoder_));
  trainer.fit(examples, Progress::silent());
  EXPECT_EQ(trainer.head()->tuned, nullptr);
  trainer.fit(examples, Progress::silent(), nullptr, earlier);
  EXPECT_EQ(trainer.head()->tuned, earlier->tuned);
}

// They have met the texts that were left out at first.
TEST_P(EncoderTuning, InheritedLayersAreTrustedNoFurtherThanWhenTheyWereTuned) {
  HybridHead known = saved(*trained(360));
  ASSERT_NE(known.tuned, nullptr);
  known.second.temperature = 17.0;
  known.second.floor = {-25.0, 0.5};
  known.tuned_acceptance = 1.5;  // never
  std::vector<LabeledText> examples;
  for (size_t i = 0; i < 360; ++i) examples.push_back({texts_[i], static_cast<uint32_t>(i % 3)});
  HybridTrainer trainer({"a", "b", "c"}, {}, vectors_of(encoder_));
  trainer.fit(examples, Progress::silent(), std::make_shared<const HybridHead>(known));
  const HybridHead& head = *trainer.head();
  ASSERT_NE(head.tuned, nullptr);
  EXPECT_EQ(head.second.temperature, 17.0);
  EXPECT_NEAR(head.second.floor.at(static_cast<double>(head.support[0])),
              known.second.floor.at(static_cast<double>(known.support[0])), 1e-9);
  EXPECT_EQ(head.tuned_acceptance, 1.5);
  EXPECT_EQ(head.acceptance, 1.5);
  EXPECT_EQ(HybridHead::from_bytes(head.to_bytes()).tuned_acceptance, 1.5);
}

// Their tensors may all be there: what lies below them is not.
TEST_P(EncoderTuning, LayersBeyondTheEncodersAreRefused) {
  TunedLayers layers = *tune().layers;
  layers.first = 9;
  SafetensorsWriter weights;
  for (const nn::BertTensor& tensor : nn::bert_layer_tensors(small_bert(4, 24), 9)) {
    weights.add_floats(tensor.name, tensor.shape, FloatVector(24 * 48, 0.0f).data());
  }
  layers.count = 1;
  layers.precision = nn::Precision::kFloat32;
  layers.weights = weights.finish();
  try {
    encoder_->with_layers(layers);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_NE(std::string(error.what()).find("first"), std::string::npos);
  }
}

TEST_P(EncoderTuning, CorrectionsAreLearntOnTheTunedVectors) {
  auto head = trained();
  const auto layers = saved(*head).tuned;
  Example wrong;
  wrong.predicted = Doc(*vocab_, "the cat sat on the mat");
  wrong.cats.emplace_back("INTENT_cat", 1.0f);
  Losses losses;
  head->update({&wrong, 1}, {}, losses);
  const auto answers = head->answer(std::vector<std::string_view>{"the cat sat on the mat"});
  EXPECT_EQ(head->labels()[answers[0].best], "INTENT_cat");
  EXPECT_EQ(saved(*head).tuned->weights, layers->weights);
}

TEST_P(EncoderTuning, NothingIsTunedWhenSwitchedOffOrWithFewExamples) {
  EXPECT_EQ(saved(*trained(90)).tuned, nullptr);
  Json block = Json::object();
  block["factory"] = "pawl_hybrid_textcat";
  block["model"] = parse_json(R"({"@architectures": "pawl.HybridTextCat.v1", "tune": false})");
  fill_component_defaults(block);
  HybridTextCat head("intent", block, vocab_);
  head.set_vectors(vectors_of(encoder_));
  Rng rng(1);
  head.initialize(examples(360), rng, Progress::silent());
  EXPECT_EQ(saved(head).tuned, nullptr);
}

TEST_P(EncoderTuning, BrokenLayersAreRefusedNamingWhere) {
  HybridHead head = saved(*trained());
  TunedLayers broken = *head.tuned;
  broken.count += 1;
  head.tuned = std::make_shared<const TunedLayers>(broken);
  Env::real().write_file(folder_ / "head" / "model", head.to_bytes(), false);
  auto other = make(vectors_of(encoder_));
  try {
    other->from_disk(Env::real(), folder_ / "head");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_NE(std::string(error.what()).find("encoder.layer."), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("intent"), std::string::npos) << error.what();
  }
}

TEST_P(EncoderTuning, CutOffAnywhereItGoesOnFromTheCheckpointToTheSameWeights) {
  const TuningOptions plain{.visits = 1500, .adversarial_from = 1};
  const TuningResult whole = tune(plain);
  CountsSteps all;
  tune_layers(*encoder_, tuning_, 3, plain, all);
  for (const uint64_t stop_at : {all.made / 3, all.made / 2 + 1, all.made - 4}) {
    Kept kept(3);
    TuningOptions options = plain;
    options.checkpoint = &kept;
    StopsAfter stop(stop_at);
    EXPECT_THROW(tune_layers(*encoder_, tuning_, 3, options, stop), Error);
    ASSERT_FALSE(kept.state.empty());
    CountsSteps again;
    const TuningResult resumed = tune_layers(*encoder_, tuning_, 3, options, again);
    EXPECT_EQ(resumed.layers->weights, whole.layers->weights) << stop_at;
    EXPECT_EQ(resumed.judged->weights, whole.judged->weights) << stop_at;
    EXPECT_EQ(again.made, all.made);
  }
}

TEST_P(EncoderTuning, ACheckpointOfOtherTextsOrADamagedOneIsNotGoneOnFrom) {
  const TuningResult whole = tune();
  Kept kept(3);
  TuningOptions options{.visits = 1500, .checkpoint = &kept};
  auto others = tuning_;
  others.front().label = 2;
  StopsAfter stop(30);
  EXPECT_THROW(tune_layers(*encoder_, others, 3, options, stop), Error);
  ASSERT_FALSE(kept.state.empty());
  EXPECT_EQ(tune(options).layers->weights, whole.layers->weights);
  kept.state = "damaged";
  EXPECT_EQ(tune(options).layers->weights, whole.layers->weights);
}

}  // namespace
}  // namespace pawl
