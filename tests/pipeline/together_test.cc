#include "pipeline/hybrid/together.h"

#include <gtest/gtest.h>

#include <numeric>

#include "pipeline/encoder/encoder_component.h"
#include "pipeline/encoder/encoder_tuning.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/registry.h"
#include "pipeline/run_components.h"
#include "tests/pipeline/small_encoder.h"

namespace pawl {
namespace {

using Wanted = std::vector<uint32_t>;

class Together : public testing::TestWithParam<nn::Precision> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / new_uuid(Env::real());
    Env::real().create_directories(folder_);
    encoder_ = SentenceEncoder::load(Env::real(), write_small_encoder(folder_, GetParam()));
    const auto& words = small_words();
    for (size_t i = 0; i < 90; ++i) {
      std::string text;
      for (size_t k = 0; k < i % 7; ++k) text += words[5 + (i * 5 + k * 3) % 25] + " ";
      texts_.push_back(text);
    }
    for (int k = 0; k < 90; ++k) texts_[40] += words[5 + static_cast<size_t>(k) % 25] + " ";
    for (const std::string& text : texts_) views_.push_back(text);
  }
  void TearDown() override { Env::real().remove_all(folder_); }

  std::shared_ptr<const SentenceEncoder> tuned(size_t seed, size_t labels) const {
    std::vector<TuningText> texts;
    for (size_t i = 0; i < texts_.size(); ++i)
      texts.push_back({texts_[i], static_cast<uint32_t>((i + seed) % labels), 1.0f});
    return encoder_->with_layers(
        *tune_layers(*encoder_, texts, labels, {.visits = 90}, Progress::silent()).layers);
  }

  std::unique_ptr<HybridTextCat> trained(const std::string& name, size_t labels, size_t step) {
    Json block = Json::object();
    block["factory"] = "pawl_hybrid_textcat";
    fill_component_defaults(block);
    auto head = std::make_unique<HybridTextCat>(name, block, vocab_);
    head->set_vectors(vectors_of(encoder_));
    std::vector<Example> examples(240);
    for (size_t i = 0; i < examples.size(); ++i) {
      const auto& words = small_words();
      examples[i].predicted =
          Doc(*vocab_, words[5 + i % 9] + " " + words[5 + i % 23] + " " + words[5 + i % 25]);
      examples[i].cats.emplace_back(name + std::to_string(i / step % labels), 1.0f);
    }
    Rng rng(1);
    head->initialize(examples, rng, Progress::silent());
    return head;
  }

  Path folder_;
  std::shared_ptr<const SentenceEncoder> encoder_;
  std::vector<std::string> texts_;
  std::vector<std::string_view> views_;
  std::shared_ptr<Vocab> vocab_ = std::make_shared<Vocab>();
};

INSTANTIATE_TEST_SUITE_P(, Together, testing::Values(nn::Precision::kFloat32, nn::Precision::kInt8),
                         [](const auto& of) { return std::string(precision_name(of.param)); });

std::vector<std::string_view> chosen(std::span<const std::string_view> texts,
                                     const Wanted& wanted) {
  std::vector<std::string_view> out;
  for (const uint32_t i : wanted) out.push_back(texts[i]);
  return out;
}

TEST_P(Together, InnerStatesAreTheMeanOfWhatTheLayersBetweenLeave) {
  const Matrix given = encoder_->encode_with_inner(views_);
  const size_t width = encoder_->width(), layers = encoder_->bert().config().layers;
  for (const size_t i : {3u, 13u, 89u}) {
    const std::vector<uint32_t> ids = encoder_->first_window(texts_[i]);
    const auto length = static_cast<uint32_t>(ids.size());
    std::vector<double> mean(width, 0.0);
    for (size_t layer = 2; layer < layers; ++layer) {
      Matrix states;
      encoder_->bert().states_below(layer, {ids, {&length, 1}}, states);
      for (size_t t = 0; t < length; ++t) {
        for (size_t k = 0; k < width; ++k)
          mean[k] += static_cast<double>(states(t, k)) / static_cast<double>(length * (layers - 2));
      }
    }
    for (size_t k = 0; k < width; ++k) EXPECT_NEAR(given(i, width + k), mean[k], 1e-4) << i;
  }
}

TEST_P(Together, EveryReaderGetsWhatItWouldGetAlone) {
  const auto one = tuned(0, 3), two = tuned(1, 2);
  Wanted all(texts_.size()), some, few = {0, 40, 41};
  std::iota(all.begin(), all.end(), 0u);
  for (uint32_t i = 0; i < texts_.size(); i += 3) some.push_back(i);
  const std::vector<std::vector<std::pair<const SentenceEncoder*, Wanted>>> cases = {
      {{encoder_.get(), all}},
      {{one.get(), some}},
      {{encoder_.get(), some}, {encoder_.get(), few}},
      {{one.get(), all}, {two.get(), some}},
      {{encoder_.get(), few}, {one.get(), some}, {two.get(), {}}},
      {{two.get(), {}}, {one.get(), {}}},
  };
  for (const auto& readers : cases) {
    std::vector<SentenceEncoder::Reader> given;
    for (const auto& [encoder, wanted] : readers) given.push_back({encoder, wanted});
    const auto rows = SentenceEncoder::encode_together(views_, given);
    ASSERT_EQ(rows.size(), readers.size());
    for (size_t r = 0; r < readers.size(); ++r) {
      const auto mine = chosen(views_, readers[r].second);
      ASSERT_EQ(rows[r].rows(), mine.size());
      for (size_t i = 0; i < mine.size(); ++i) {
        const Matrix alone = readers[r].first->encode_with_inner({&mine[i], 1});
        EXPECT_TRUE(std::equal(alone.data(), alone.data() + alone.size(), rows[r].row(i)))
            << r << " " << i;
      }
    }
  }
}

TEST_P(Together, HeadsOfAPipelineSayWhatTheySayAlone) {
  const auto first = trained("a", 3, 1), second = trained("b", 2, 5);
  const std::vector<const Component*> components = {first.get(), second.get()};
  std::vector<Doc> together, alone;
  for (const std::string& text : texts_) {
    together.emplace_back(*vocab_, text);
    alone.emplace_back(*vocab_, text);
  }
  run_components(components, together);
  for (Doc& doc : alone) {
    for (const Component* component : components) component->predict({&doc, 1});
  }
  size_t second_tier[2] = {0, 0};
  for (int h = 0; h < 2; ++h) {
    for (const HybridAnswer& answer : (h == 0 ? first : second)->answer(views_))
      second_tier[h] += answer.tier == 2;
  }
  EXPECT_GT(second_tier[0] + second_tier[1], 0u);
  for (size_t i = 0; i < texts_.size(); ++i) EXPECT_EQ(together[i].cats(), alone[i].cats()) << i;
}

}  // namespace
}  // namespace pawl
