#include "math/ops.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "tests/math/math_fixture.h"

namespace pawl {
namespace {

class OpsTest : public EveryIsa {
 protected:
  // sum(weights * f(x)) has the gradient that `backward` computes from d_y = weights.
  void expect_gradient(Matrix x, const std::function<Matrix(const Matrix&)>& forward,
                       const std::function<Matrix(const Matrix&, const Matrix&)>& backward,
                       double tolerance = 2e-2) {
    const Matrix y = forward(x);
    const Matrix weights = random(y.rows(), y.cols());
    const Matrix d_x = backward(x, weights);
    auto loss = [&] {
      const Matrix out = forward(x);
      double sum = 0;
      for (size_t i = 0; i < out.size(); ++i) {
        sum += double{out.data()[i]} * double{weights.data()[i]};
      }
      return sum;
    };
    for (size_t i = 0; i < x.size(); ++i) {
      const float kept = x.data()[i];
      const float step = 1e-2f;
      x.data()[i] = kept + step;
      const double above = loss();
      x.data()[i] = kept - step;
      const double below = loss();
      x.data()[i] = kept;
      const double slope = (above - below) / (2 * double{step});
      EXPECT_NEAR(d_x.data()[i], slope, tolerance * (1 + std::abs(slope))) << "input " << i;
    }
  }
};
PAWL_EVERY_ISA(OpsTest);

const size_t kSizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 64, 96, 97, 300};
const std::vector<uint32_t> kLengths = {3, 1, 0, 5, 2};

TEST_P(OpsTest, VectorOperations) {
  for (const size_t n : kSizes) {
    const Matrix x = random(1, n), y = random(1, n);
    std::vector<double> sum, scaled_sum, product, scaled;
    double inner = 0, norm = 0;
    for (size_t i = 0; i < n; ++i) {
      const double a = x.data()[i], b = y.data()[i];
      sum.push_back(b + a);
      scaled_sum.push_back(b + 0.5 * a);
      product.push_back(a * b);
      scaled.push_back(0.5 * b);
      inner += a * b;
      norm += a * a;
    }
    auto apply = [&](auto&& op) {
      Matrix out = y;
      op(out.data());
      return out;
    };
    expect_near(apply([&](float* out) { add(x.data(), out, n); }), sum);
    expect_near(apply([&](float* out) { axpy(0.5f, x.data(), out, n); }), scaled_sum);
    expect_near(apply([&](float* out) { multiply(x.data(), out, n); }), product);
    expect_near(apply([&](float* out) { scale(0.5f, out, n); }), scaled);
    EXPECT_NEAR(dot(x.data(), y.data(), n), inner, 1e-4);
    EXPECT_NEAR(squared_norm(x.data(), n), norm, 1e-4 * (1 + norm));
  }
}

TEST_P(OpsTest, SumOfRows) {
  const Matrix x = random(5, 19);
  Matrix sums(1, 19, 1.0f);
  sum_rows(x, sums.data());
  std::vector<double> expected(19, 1.0);
  for (size_t i = 0; i < 5; ++i) {
    for (size_t j = 0; j < 19; ++j) expected[j] += x(i, j);
  }
  expect_near(sums, expected);
}

TEST_P(OpsTest, MaxoutTakesTheFirstOfTheBestInBothLayouts) {
  for (const size_t pieces : {1, 2, 3, 5}) {
    for (const size_t outputs : {1, 7, 16, 96}) {
      Matrix planar = random(4, outputs * pieces);
      for (size_t i = 0; i < planar.size(); ++i) {
        planar.data()[i] = std::round(planar.data()[i]);  // so that ties happen
      }
      Matrix interleaved(4, outputs * pieces);
      const auto order = planar_order(outputs, pieces);
      for (size_t i = 0; i < 4; ++i) {
        for (size_t j = 0; j < order.size(); ++j) interleaved(i, order[j]) = planar(i, j);
      }
      Matrix best(4, outputs), best_planar(4, outputs);
      std::vector<uint8_t> which(4 * outputs), which_planar(4 * outputs);
      maxout(interleaved, pieces, best, which.data());
      maxout_planar(planar, pieces, best_planar, which_planar.data());
      EXPECT_EQ(which, which_planar);
      for (size_t i = 0; i < 4; ++i) {
        for (size_t o = 0; o < outputs; ++o) {
          const float* first = interleaved.row(i) + o * pieces;
          const float* top = std::max_element(first, first + pieces);
          EXPECT_EQ(best(i, o), *top);
          EXPECT_EQ(best_planar(i, o), *top);
          EXPECT_EQ(which[i * outputs + o], top - first);
        }
      }
      Matrix d(4, outputs * pieces), d_planar(4, outputs * pieces);
      backprop_maxout(best, which.data(), pieces, d);
      backprop_maxout_planar(best, which.data(), pieces, d_planar);
      for (size_t i = 0; i < 4; ++i) {
        for (size_t j = 0; j < order.size(); ++j) {
          EXPECT_EQ(d(i, order[j]), d_planar(i, j));
          const size_t o = order[j] / pieces;
          const bool chosen = order[j] % pieces == which[i * outputs + o];
          EXPECT_EQ(d(i, order[j]), chosen ? best(i, o) : 0.0f);
        }
      }
    }
  }
}

TEST_P(OpsTest, LayerNormMatchesItsDefinition) {
  for (const size_t n : {1, 5, 16, 96, 100}) {
    const Matrix x = random(3, n, 2.0), gain = random(1, n), bias = random(1, n);
    Matrix y(3, n);
    layer_norm(x, gain.data(), bias.data(), y);
    std::vector<double> expected;
    for (size_t i = 0; i < 3; ++i) {
      const double mean = std::accumulate(x.row(i), x.row(i) + n, 0.0) / static_cast<double>(n);
      double variance = 0;
      for (size_t j = 0; j < n; ++j) variance += (x(i, j) - mean) * (x(i, j) - mean);
      variance = variance / static_cast<double>(n) + 1e-8;
      for (size_t j = 0; j < n; ++j) {
        expected.push_back((x(i, j) - mean) / std::sqrt(variance) * gain(0, j) + bias(0, j));
      }
    }
    if (n > 1) expect_near(y, expected, 1e-4);
    Matrix in_place = x;
    layer_norm(in_place, gain.data(), bias.data(), in_place);
    EXPECT_EQ(std::memcmp(in_place.data(), y.data(), y.size() * sizeof(float)), 0);
  }
}

TEST_P(OpsTest, LayerNormGradient) {
  const size_t n = 21;
  const Matrix gain = random(1, n), bias = random(1, n);
  Matrix x_hat, d_gain(1, n), d_bias(1, n);
  FloatVector deviation(2);
  expect_gradient(
      random(2, n),
      [&](const Matrix& x) {
        Matrix y(x.rows(), n);
        layer_norm(x, gain.data(), bias.data(), y, &x_hat, deviation.data());
        return y;
      },
      [&](const Matrix&, const Matrix& d_y) {
        Matrix d_x(d_y.rows(), n);
        backprop_layer_norm(d_y, x_hat, deviation.data(), gain.data(), d_gain.data(), d_bias.data(),
                            d_x);
        for (size_t j = 0; j < n; ++j) {
          EXPECT_NEAR(d_bias(0, j), d_y(0, j) + d_y(1, j), 1e-5);
          EXPECT_NEAR(d_gain(0, j), d_y(0, j) * x_hat(0, j) + d_y(1, j) * x_hat(1, j), 1e-5);
        }
        return d_x;
      });
}

TEST_P(OpsTest, SoftmaxSumsToOneAndHasItsGradient) {
  Matrix y;
  expect_gradient(
      random(3, 7),
      [&](const Matrix& x) {
        y = x;
        softmax(y, 2.0f);
        for (size_t i = 0; i < 3; ++i) {
          EXPECT_NEAR(std::accumulate(y.row(i), y.row(i) + 7, 0.0), 1.0, 1e-5);
        }
        return y;
      },
      [&](const Matrix&, const Matrix& d_y) {
        Matrix d = d_y;
        backprop_softmax(y, d, 2.0f);
        return d;
      });
  Matrix huge(1, 2);
  huge(0, 0) = 1000.0f;
  huge(0, 1) = -1000.0f;
  softmax(huge);
  EXPECT_EQ(huge(0, 0), 1.0f);
}

TEST_P(OpsTest, LogisticAndReluHaveTheirGradients) {
  Matrix y;
  expect_gradient(
      random(2, 9),
      [&](const Matrix& x) {
        y = x;
        logistic(y);
        return y;
      },
      [&](const Matrix&, const Matrix& d_y) {
        Matrix d = d_y;
        backprop_logistic(y, d);
        return d;
      });
  Matrix x(1, 3);
  x(0, 0) = -1.0f;
  x(0, 1) = 0.0f;
  x(0, 2) = 2.0f;
  relu(x);
  EXPECT_EQ(x(0, 0), 0.0f);
  EXPECT_EQ(x(0, 2), 2.0f);
  Matrix d(1, 3, 1.0f);
  backprop_relu(x, d);
  EXPECT_EQ(d(0, 1), 0.0f);
  EXPECT_EQ(d(0, 2), 1.0f);
}

TEST_P(OpsTest, SoftmaxOverSequences) {
  Matrix y;
  expect_gradient(
      random(1, 11),
      [&](const Matrix& x) {
        y = x;
        softmax_sequences({y.data(), y.size()}, kLengths);
        EXPECT_NEAR(y(0, 0) + y(0, 1) + y(0, 2), 1.0, 1e-5);
        EXPECT_EQ(y(0, 3), 1.0f);
        return y;
      },
      [&](const Matrix&, const Matrix& d_y) {
        Matrix d = d_y;
        backprop_softmax_sequences({y.data(), y.size()}, kLengths, {d.data(), d.size()});
        return d;
      });
}

TEST_P(OpsTest, WindowsStopAtTheEndsOfTheirSequence) {
  const Matrix x = random(11, 3);
  for (const size_t window : {1, 2, 4}) {
    for (const Lengths lengths : {Lengths(kLengths), Lengths()}) {
      Matrix y(11, 3 * (2 * window + 1), 9.0f);
      seq2col(x, window, lengths, y);
      const std::vector<uint32_t> used =
          lengths.empty() ? std::vector<uint32_t>{11}
                          : std::vector<uint32_t>(lengths.begin(), lengths.end());
      size_t begin = 0;
      for (const uint32_t length : used) {
        for (size_t i = begin; i < begin + length; ++i) {
          for (size_t w = 0; w < 2 * window + 1; ++w) {
            const auto at = static_cast<int64_t>(i + w) - static_cast<int64_t>(window);
            const bool inside =
                at >= static_cast<int64_t>(begin) && at < static_cast<int64_t>(begin + length);
            for (size_t j = 0; j < 3; ++j) {
              EXPECT_EQ(y(i, w * 3 + j), inside ? x(static_cast<size_t>(at), j) : 0.0f);
            }
          }
        }
        begin += length;
      }
    }
  }
}

TEST_P(OpsTest, SequenceOperationsHaveTheirGradients) {
  using Forward = void (*)(ConstMatrixView, Lengths, MatrixView);
  const std::vector<uint32_t> full = {3, 1, 5, 2};
  const std::pair<Forward, Forward> pairs[] = {{reduce_sum, backprop_reduce_sum},
                                               {reduce_mean, backprop_reduce_mean},
                                               {reduce_first, backprop_reduce_first},
                                               {reduce_last, backprop_reduce_last}};
  for (const auto& [forward, backward] : pairs) {
    expect_gradient(
        random(11, 5),
        [&, forward = forward](const Matrix& x) {
          Matrix y(4, 5, 9.0f);
          forward(x, full, y);
          return y;
        },
        [&, backward = backward](const Matrix&, const Matrix& d_y) {
          Matrix d(11, 5, 9.0f);
          backward(d_y, full, d);
          return d;
        });
  }
  expect_gradient(
      random(11, 2),
      [](const Matrix& x) {
        Matrix y(11, 10);
        seq2col(x, 2, kLengths, y);
        return y;
      },
      [](const Matrix&, const Matrix& d_y) {
        Matrix d(11, 2, 9.0f);
        backprop_seq2col(d_y, 2, kLengths, d);
        return d;
      });
  std::vector<uint32_t> which(4 * 5);
  expect_gradient(
      random(11, 5, 10.0),
      [&](const Matrix& x) {
        Matrix y(4, 5);
        reduce_max(x, full, y, which.data());
        return y;
      },
      [&](const Matrix&, const Matrix& d_y) {
        Matrix d(11, 5, 9.0f);
        backprop_reduce_max(d_y, full, which.data(), d);
        return d;
      });
}

TEST_P(OpsTest, EmptySequencesReduceToZeros) {
  const Matrix x = random(11, 4);
  Matrix sum(5, 4, 9.0f), mean(5, 4, 9.0f);
  reduce_sum(x, kLengths, sum);
  reduce_mean(x, kLengths, mean);
  for (size_t j = 0; j < 4; ++j) {
    EXPECT_EQ(sum(2, j), 0.0f);
    EXPECT_EQ(mean(2, j), 0.0f);
    EXPECT_NEAR(mean(0, j), sum(0, j) / 3, 1e-6);
  }
}

TEST_P(OpsTest, GatherAddsRowsAndScatterAddsThemBack) {
  const Matrix table = random(10, 13);
  const std::vector<uint32_t> rows = {1, 2, 2, 9, 0, 0, 0, 0, 3, 4, 5, 6};
  Matrix y(3, 13, 9.0f);
  gather_add(table, rows, 4, y);
  Matrix gradient(10, 13);
  scatter_add(y, rows, 4, gradient);
  std::vector<double> sums(3 * 13), grads(10 * 13);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = 0; j < 13; ++j) sums[i / 4 * 13 + j] += table(rows[i], j);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = 0; j < 13; ++j) grads[rows[i] * 13 + j] += sums[i / 4 * 13 + j];
  }
  expect_near(y, sums);
  expect_near(gradient, grads);
}

TEST_P(OpsTest, DropoutKeepsTheExpectationAndIsReproducible) {
  std::vector<float> mask(20000), again(20000);
  Rng first(3), second(3);
  dropout_mask(first, 0.2, mask);
  dropout_mask(second, 0.2, again);
  EXPECT_EQ(mask, again);
  const double mean = std::accumulate(mask.begin(), mask.end(), 0.0) / 20000;
  EXPECT_NEAR(mean, 1.0, 0.02);
  for (const float value : mask) EXPECT_TRUE(value == 0.0f || value == 1.25f);
  dropout_mask(first, 0.0, mask);
  EXPECT_EQ(std::count(mask.begin(), mask.end(), 1.0f), 20000);
  dropout_mask(first, 1.0, mask);
  EXPECT_EQ(std::count(mask.begin(), mask.end(), 0.0f), 20000);
}

class AdamTest : public EveryIsa {};
PAWL_EVERY_ISA(AdamTest);

const AdamStep kStep{0.9f, 0.999f, 1e-8f, 0.01f, 0.5f, 1e-3f, 0.8f};

TEST_P(AdamTest, StepMatchesItsDefinition) {
  for (const size_t n : {1, 8, 13, 40}) {
    const Matrix gradient = random(1, n);
    Matrix w = random(1, n), m1 = random(1, n, 0.1), m2(1, n, 0.04f), average = random(1, n);
    std::vector<double> expected_w, expected_average;
    for (size_t i = 0; i < n; ++i) {
      const double g = 0.5 * double{gradient(0, i)};
      const double first = 0.9 * double{m1(0, i)} + 0.1 * g;
      const double second = 0.999 * 0.04 + 0.001 * g * g;
      double value = double{w(0, i)} - 0.01 * first / (std::sqrt(second) + 1e-8);
      value -= 1e-3 * value;
      expected_w.push_back(value);
      expected_average.push_back(double{average(0, i)} - 0.8 * (double{average(0, i)} - value));
    }
    adam_step(kStep, gradient.data(), w.data(), m1.data(), m2.data(), average.data(), n);
    expect_near(w, expected_w);
    expect_near(average, expected_average);
  }
}

TEST_P(AdamTest, StepsAtOnceEqualStepsOneByOneBitForBit) {
  const size_t n = 37;
  std::vector<AdamStep> steps(900, kStep);  // long enough for momentum to vanish
  for (size_t i = 0; i < steps.size(); ++i) steps[i].average = 1.0f / static_cast<float>(i + 1);
  const Matrix gradient = random(1, n);
  std::vector<Matrix> one = {random(1, n), random(1, n), Matrix(1, n, 0.1f), random(1, n)};
  std::vector<Matrix> many = one;
  for (const AdamStep& step : steps) {
    adam_step(step, &step == &steps.back() ? gradient.data() : nullptr, one[0].data(),
              one[1].data(), one[2].data(), one[3].data(), n);
  }
  adam_steps(steps, gradient.data(), many[0].data(), many[1].data(), many[2].data(), many[3].data(),
             n);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(std::memcmp(one[i].data(), many[i].data(), n * sizeof(float)), 0) << "array " << i;
  }
}

TEST_P(AdamTest, ZeroWithoutGradientStaysExactlyZero) {
  Matrix w(1, 20), m1(1, 20), m2(1, 20), average(1, 20);
  const std::vector<AdamStep> steps(10, kStep);
  adam_steps(steps, nullptr, w.data(), m1.data(), m2.data(), average.data(), 20);
  for (const Matrix* values : {&w, &m1, &m2, &average}) {
    for (size_t i = 0; i < 20; ++i) EXPECT_EQ(values->data()[i], 0.0f);
  }
}

}  // namespace
}  // namespace pawl
