#include "nn/bert_tuner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "nn/bert_tensors.h"

namespace pawl::nn {
namespace {

constexpr uint32_t kIds[] = {1, 5, 7, 2, 1, 3, 9, 9, 4, 2, 1, 2};
constexpr uint32_t kLengths[] = {4, 6, 2};

BertConfig small_config() {
  return {.layers = 3,
          .hidden = 12,
          .heads = 3,
          .intermediate = 20,
          .vocabulary = 11,
          .positions = 8,
          .types = 1};
}

// Weights large enough for every part to matter.
std::string random_weights(const BertConfig& config) {
  Rng rng(3);
  SafetensorsWriter out;
  for (const BertTensor& tensor : bert_tensors(config)) {
    size_t size = 1;
    for (uint64_t n : tensor.shape) size *= n;
    FloatVector values(size);
    const bool gain = tensor.name.ends_with("LayerNorm.weight");
    for (float& value : values) {
      value = static_cast<float>(rng.uniform() - 0.5) * 0.8f + (gain ? 1.0f : 0.0f);
    }
    out.add_floats(tensor.name, tensor.shape, values.data());
  }
  return out.finish();
}

class BertTuning : public testing::Test {
 protected:
  const BertConfig config_ = small_config();
  const std::string bytes_ = random_weights(config_);
  const Bert bert_{config_, Safetensors(bytes_), Precision::kFloat32};
  const Sequences sequences_{kIds, kLengths};
  Matrix direction_{3, 12};

  void SetUp() override {
    Rng rng(4);
    for (size_t i = 0; i < direction_.size(); ++i) {
      direction_.data()[i] = static_cast<float>(rng.uniform() - 0.5);
    }
  }

  double value(BertTuner& tuner) const {
    Matrix sums;
    tuner.forward(sequences_, sums);
    return value_of(sums);
  }
  double value_of(const Matrix& sums) const {
    double value = 0.0;
    for (size_t i = 0; i < sums.size(); ++i) {
      value += static_cast<double>(sums.data()[i]) * static_cast<double>(direction_.data()[i]);
    }
    return value;
  }
};

TEST_F(BertTuning, BeginsWithWhatTheEncoderComputes) {
  BertTuner tuner(bert_, 1, 2);
  Matrix sums, expected(3, 12);
  tuner.forward(sequences_, sums);
  bert_.sum_states(sequences_, expected);
  for (size_t i = 0; i < sums.size(); ++i) {
    EXPECT_NEAR(sums.data()[i], expected.data()[i], 1e-4) << i;
  }
}

TEST_F(BertTuning, GradientsAreThoseOfTheValue) {
  BertTuner tuner(bert_, 1, 2);
  value(tuner);
  tuner.backward(direction_);
  size_t parameter = 0;
  for (Param* param : tuner.params()) {
    ASSERT_TRUE(param->has_gradient());
    double steepest = 0.0;
    for (float g : param->gradient) steepest = std::max(steepest, std::abs(double{g}));
    for (size_t i = 0; i < param->size(); i += param->size() / 7 + 1) {
      const float kept = param->value[i];
      constexpr float kStep = 4e-3f;
      param->value[i] = kept + kStep;
      const double above = value(tuner);
      param->value[i] = kept - kStep;
      const double below = value(tuner);
      param->value[i] = kept;
      const double slope = (above - below) / (2.0 * double{kStep});
      EXPECT_NEAR(double{param->gradient[i]}, slope, 2e-3 * steepest + 2e-3)
          << "parameter " << parameter << ", value " << i;
    }
    ++parameter;
  }
}

TEST_F(BertTuning, TheGradientOfTheInputsIsThatOfTheValue) {
  BertTuner tuner(bert_, 1, 2);
  value(tuner);
  Matrix gradient, sums;
  tuner.backward(direction_, &gradient);
  ASSERT_EQ(gradient.rows(), std::size(kIds));
  ASSERT_EQ(tuner.inputs().rows(), std::size(kIds));
  constexpr float kStep = 4e-3f;
  Matrix moves(gradient.rows(), gradient.cols());
  for (size_t i = 0; i < moves.size(); i += 5) {
    moves.data()[i] = kStep;
    tuner.forward_moved(moves, sums);
    const double above = value_of(sums);
    moves.data()[i] = -kStep;
    tuner.forward_moved(moves, sums);
    moves.data()[i] = 0.0f;
    EXPECT_NEAR(double{gradient.data()[i]}, (above - value_of(sums)) / (2.0 * double{kStep}), 4e-3)
        << i;
  }
}

TEST_F(BertTuning, GradientsAfterAMoveAreThoseOfTheMovedValue) {
  BertTuner tuner(bert_, 1, 2);
  value(tuner);
  Matrix moves, sums;
  tuner.backward(direction_, &moves);
  for (Param* param : tuner.params()) param->clear_gradient();
  tuner.forward_moved(moves, sums);
  tuner.backward(direction_);
  Param& param = *tuner.params().front();
  constexpr float kStep = 4e-3f;
  for (size_t i = 0; i < param.size(); i += 13) {
    const float kept = param.value[i];
    param.value[i] = kept + kStep;
    tuner.forward_moved(moves, sums);
    const double above = value_of(sums);
    param.value[i] = kept - kStep;
    tuner.forward_moved(moves, sums);
    param.value[i] = kept;
    EXPECT_NEAR(double{param.gradient[i]}, (above - value_of(sums)) / (2.0 * double{kStep}), 4e-3)
        << i;
  }
}

TEST_F(BertTuning, AStepAlongTheGradientRaisesTheValueAsMuchAsItsLengthSays) {
  BertTuner tuner(bert_, 1, 2);
  const double before = value(tuner);
  Matrix moves, sums;
  tuner.backward(direction_, &moves);
  constexpr double kShare = 1e-3;
  double expected = 0.0;
  size_t first = 0;
  for (uint32_t tokens : kLengths) {
    double steepness = 0.0, length = 0.0;
    for (size_t i = first * 12; i < (first + tokens) * 12; ++i) {
      steepness += double{moves.data()[i]} * double{moves.data()[i]};
      length += double{tuner.inputs().data()[i]} * double{tuner.inputs().data()[i]};
    }
    expected += kShare * std::sqrt(length) * std::sqrt(steepness);
    first += tokens;
  }
  scale_moves(tuner.inputs(), kLengths, kShare, moves);
  tuner.forward_moved(moves, sums);
  EXPECT_NEAR(value_of(sums) - before, expected, 0.05 * expected);
}

TEST_F(BertTuning, WhereThereIsNoGradientThereIsNoMove) {
  BertTuner tuner(bert_, 1, 2);
  value(tuner);
  std::fill_n(direction_.row(1), 12, 0.0f);
  Matrix moves;
  tuner.backward(direction_, &moves);
  scale_moves(tuner.inputs(), kLengths, 0.1, moves);
  for (size_t i = 0; i < 12 * 12; ++i) {
    const size_t row = i / 12;
    EXPECT_EQ(moves.data()[i] == 0.0f, row >= 4 && row < 10) << i;
  }
}

TEST_F(BertTuning, WrittenLayersTakeThePlaceOfTheEncodersOwn) {
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    BertTuner tuner(bert_, 1, 1);
    for (Param* param : tuner.params()) {
      for (float& v : param->value) v *= 1.1f;
    }
    Matrix expected, sums(3, 12);
    tuner.forward(sequences_, expected);
    SafetensorsWriter out;
    tuner.write(precision, sequences_, out);
    const std::string bytes = out.finish();
    const BertLayers layers(config_, Safetensors(bytes), precision, 1, 1);
    bert_.sum_states(sequences_, sums, &layers);
    const double tolerance = precision == Precision::kFloat32 ? 1e-4 : 0.3;
    for (size_t i = 0; i < sums.size(); ++i) {
      EXPECT_NEAR(sums.data()[i], expected.data()[i], tolerance) << i;
    }
    Matrix own(3, 12);
    bert_.sum_states(sequences_, own);
    EXPECT_GT(std::abs(own(0, 0) - sums(0, 0)) + std::abs(own(1, 3) - sums(1, 3)), 0.01f);
  }
}

}  // namespace
}  // namespace pawl::nn
