#include "math/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "math/int8.h"
#include "math/transformer_kernels.h"
#include "tests/math/math_fixture.h"

namespace pawl {
namespace {

bool same(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(a.data(), a.data() + a.size(), b.data());
}

class Transformer : public EveryIsa {};

PAWL_EVERY_ISA(Transformer);

TEST_P(Transformer, GeluFollowsTheNormalDistribution) {
  Matrix x(1, 4001);
  for (size_t i = 0; i < x.cols(); ++i) x(0, i) = static_cast<float>(i) * 0.005f - 10.0f;
  const Matrix before = x;
  gelu(x);
  for (size_t i = 0; i < x.cols(); ++i) {
    const double v = static_cast<double>(before(0, i));
    const double expected = v * 0.5 * std::erfc(-v / std::sqrt(2.0));
    EXPECT_NEAR(static_cast<double>(x(0, i)), expected, 3e-7 * std::max(1.0, std::abs(v))) << v;
  }
}

TEST_P(Transformer, GeluStaysFiniteFarOut) {
  Matrix x(1, 4);
  x(0, 0) = -1e30f;
  x(0, 1) = 1e30f;
  x(0, 2) = -40.0f;
  x(0, 3) = 40.0f;
  gelu(x);
  EXPECT_EQ(x(0, 0), 0.0f);
  EXPECT_EQ(x(0, 1), 1e30f);
  EXPECT_NEAR(x(0, 2), 0.0f, 1e-30f);
  EXPECT_EQ(x(0, 3), 40.0f);
}

TEST_P(Transformer, GeluGradientIsItsSlope) {
  Matrix x(1, 2001), d(1, 2001, 2.0f);
  for (size_t i = 0; i < x.cols(); ++i) x(0, i) = static_cast<float>(i) * 0.01f - 10.0f;
  backprop_gelu(x, d);
  for (size_t i = 0; i < x.cols(); ++i) {
    const double v = static_cast<double>(x(0, i));
    const double phi = std::exp(-0.5 * v * v) / std::sqrt(2.0 * M_PI);
    const double expected = 0.5 * std::erfc(-v / std::sqrt(2.0)) + v * phi;
    EXPECT_NEAR(static_cast<double>(d(0, i)), 2.0 * expected, 1e-6 * (1.0 + std::abs(v))) << v;
  }
}

TEST_P(Transformer, AttentionGradientIsTheSlopeOfAttention) {
  constexpr uint32_t kSequences[] = {3, 1, 0, 5};
  constexpr size_t kHeads = 2, kWidth = 10;
  Matrix qkv = random(9, 3 * kWidth), d_qkv(9, 3 * kWidth, 7.0f), out(9, kWidth);
  const Matrix d_out = random(9, kWidth);
  backprop_self_attention(qkv, kHeads, kSequences, d_out, d_qkv);
  const auto value = [&] {
    self_attention(qkv, kHeads, kSequences, out);
    double sum = 0.0;
    for (size_t i = 0; i < out.size(); ++i) {
      sum += static_cast<double>(out.data()[i]) * static_cast<double>(d_out.data()[i]);
    }
    return sum;
  };
  for (size_t i = 0; i < qkv.size(); ++i) {
    const float kept = qkv.data()[i];
    qkv.data()[i] = kept + 0.01f;
    const double above = value();
    qkv.data()[i] = kept - 0.01f;
    const double below = value();
    qkv.data()[i] = kept;
    EXPECT_NEAR(static_cast<double>(d_qkv.data()[i]), (above - below) / 0.02, 2e-3) << i;
  }
}

TEST_P(Transformer, LayerNormCentresAndScalesTheSum) {
  for (const size_t width : {1, 7, 40, 384}) {
    const Matrix x = random(3, width), y = random(3, width);
    const Matrix gain = random(1, width), bias = random(1, width);
    Matrix out(3, width);
    add_layer_norm(x, y, gain.data(), bias.data(), 1e-12f, out);
    for (size_t i = 0; i < 3; ++i) {
      double mean = 0.0, variance = 0.0;
      const auto sum = [&](size_t k) {
        return static_cast<double>(x(i, k)) + static_cast<double>(y(i, k));
      };
      for (size_t k = 0; k < width; ++k) mean += sum(k) / static_cast<double>(width);
      for (size_t k = 0; k < width; ++k) {
        variance += (sum(k) - mean) * (sum(k) - mean) / static_cast<double>(width);
      }
      for (size_t k = 0; k < width && width > 1; ++k) {
        const double hat = (sum(k) - mean) / std::sqrt(variance + 1e-12);
        EXPECT_NEAR(out(i, k),
                    hat * static_cast<double>(gain(0, k)) + static_cast<double>(bias(0, k)), 1e-5);
      }
    }
    Matrix in_place = x;
    add_layer_norm(in_place, y, gain.data(), bias.data(), 1e-12f, in_place);
    EXPECT_TRUE(same(in_place, out));
  }
}

// One head of one sequence at `row` of the batch, in double.
double attended(const Matrix& qkv, size_t width, size_t head, size_t heads, size_t row,
                size_t length, size_t i, size_t d) {
  const size_t part = width / heads;
  const auto at = [&](size_t which, size_t token, size_t k) {
    return static_cast<double>(qkv(row + token, which * width + head * part + k));
  };
  double total = 0.0, mixed = 0.0;
  for (size_t j = 0; j < length; ++j) {
    double score = 0.0;
    for (size_t k = 0; k < part; ++k) score += at(0, i, k) * at(1, j, k);
    const double weight = std::exp(score / std::sqrt(static_cast<double>(part)));
    total += weight;
    mixed += weight * at(2, j, d);
  }
  return mixed / total;
}

TEST_P(Transformer, AttentionMixesEachSequenceByItself) {
  const std::vector<uint32_t> lengths = {1, 5, 37, 0, 70, 2};
  constexpr size_t kWidth = 60, kHeads = 3;
  const Matrix qkv = random(115, 3 * kWidth);
  Matrix out(115, kWidth);
  self_attention(qkv, kHeads, lengths, out);
  size_t row = 0;
  for (const uint32_t length : lengths) {
    for (size_t i = 0; i < length; i += 3) {
      for (size_t c = 0; c < kWidth; c += 7) {
        const size_t head = c / (kWidth / kHeads), d = c % (kWidth / kHeads);
        EXPECT_NEAR(out(row + i, c), attended(qkv, kWidth, head, kHeads, row, length, i, d), 2e-6);
      }
    }
    const uint32_t alone[] = {length};
    Matrix single(length, kWidth);
    if (length > 0) {
      self_attention(qkv.view().slice_rows(row, length), kHeads, alone, single);
      EXPECT_TRUE(std::equal(single.data(), single.data() + single.size(), out.row(row)));
    }
    row += length;
  }
}

TEST_P(Transformer, ProductsOfBytesAreExactOnQuantisedValues) {
  for (const size_t inner : {1, 3, 5, 64, 100}) {
    for (const size_t outputs : {1, 31, 33, 80}) {
      const Matrix weights = random(outputs, inner);
      std::vector<uint32_t> exact;
      if (inner > 4) exact = {1, 4};
      const Int8Weights bytes = quantize_weights(weights, exact);
      ASSERT_TRUE(fits_products(bytes));
      const Matrix bias = random(1, outputs);
      const PackedInt8 packed(bytes, std::span<const float>(bias.data(), outputs));
      const Matrix a = random(27, inner);
      Matrix c(27, outputs);
      gemm_int8(a, packed, c);
      for (size_t i = 0; i < a.rows(); ++i) {
        for (size_t j = 0; j < outputs; ++j) {
          double expected = static_cast<double>(bias(0, j)), error = 0.0;
          float low = inner > 4 ? 0.0f : a(i, 0), high = low;
          for (size_t k = 0; k < inner; ++k) {
            if (std::ranges::find(exact, k) != exact.end()) continue;
            low = std::min(low, a(i, k));
            high = std::max(high, a(i, k));
          }
          const double step = static_cast<double>(high - low) / kInt8Levels;
          for (size_t k = 0; k < inner; ++k) {
            const auto e = std::ranges::find(exact, k) - exact.begin();
            if (e < std::ssize(exact)) {
              expected += static_cast<double>(a(i, k)) * static_cast<double>(weights(j, k));
            } else {
              const double w = static_cast<double>(bytes.scales[j]) * bytes.values[j * inner + k];
              expected += static_cast<double>(a(i, k)) * w;
              error += std::abs(w) * step / 2;
            }
          }
          EXPECT_NEAR(c(i, j), expected, error + 1e-4) << i << ' ' << j << ' ' << inner;
        }
      }
      for (const size_t row : {0, 13, 26}) {
        Matrix alone(1, outputs);
        gemm_int8(a.view().slice_rows(row, 1), packed, alone);
        EXPECT_TRUE(std::equal(alone.data(), alone.data() + outputs, c.row(row)));
      }
    }
  }
}

TEST_P(Transformer, GreatestBytesDoNotOverflow) {
  constexpr size_t kInner = 1536;
  Int8Weights bytes;
  bytes.rows = 2;
  bytes.cols = kInner;
  bytes.scales = {1.0f, 1.0f};
  for (size_t k = 0; k < 2 * kInner; ++k) {
    const int value = k % 2 == 0 ? 127 : kInt8Pair - 127;
    bytes.values.push_back(static_cast<int8_t>(k < kInner ? value : -value));
  }
  const std::vector<float> bias = {0.0f, 0.0f};
  const PackedInt8 packed(bytes, bias);
  Matrix a(1, kInner, static_cast<float>(kInt8Levels));
  a(0, kInner - 1) = 0.0f;  // weight 25: the rest are at the highest level
  Matrix c(1, 2);
  gemm_int8(a, packed, c);
  const float expected = static_cast<float>(kInt8Levels * (kInner / 2 * kInt8Pair - 25));
  EXPECT_FLOAT_EQ(c(0, 0), expected);
  EXPECT_FLOAT_EQ(c(0, 1), -expected);
  bytes.values[1] = 26;
  EXPECT_FALSE(fits_products(bytes));
}

TEST_P(Transformer, RowsOfOneValueAndTablesOfZerosAreExact) {
  const Matrix weights = random(5, 16);
  const Int8Weights bytes = quantize_weights(weights, {});
  const std::vector<float> bias(5, 0.0f);
  Matrix c(1, 5);
  gemm_int8(Matrix(1, 16, 2.0f), PackedInt8(bytes, bias), c);
  for (size_t j = 0; j < 5; ++j) {
    double sum = 0.0;
    for (size_t k = 0; k < 16; ++k) sum += bytes.values[j * 16 + k];
    EXPECT_NEAR(c(0, j), 2.0 * sum * static_cast<double>(bytes.scales[j]), 1e-4);
  }
  const Int8Weights zeros = quantize_weights(Matrix(2, 6), {});
  EXPECT_EQ(zeros.scales, std::vector<float>(2, 0.0f));
  EXPECT_EQ(quantize_table(Matrix(2, 6)).values, std::vector<int8_t>(12, 0));
}

// A machine with VNNI never takes the kernels for AVX-512 without it by itself.
TEST(TransformerKernels, Avx512AgreesWithAndWithoutVnni) {
  if (&active_transformer_kernels() != &vnni_transformer_kernels()) {
    GTEST_SKIP() << "this machine lacks VNNI, or PAWL_ISA chose another instruction set";
  }
  constexpr size_t kRows = 13, kColumns = 45, kPadded = 64, kInner = 20;
  Rng rng(5);
  std::vector<uint8_t> a(kRows * 64);
  std::vector<int8_t> b(kPadded * kInner);
  for (uint8_t& v : a) v = static_cast<uint8_t>(rng.below(kInt8Levels + 1));
  for (int8_t& v : b) v = static_cast<int8_t>(static_cast<int>(rng.below(kInt8Pair + 1)) - 76);
  const std::vector<float> per_row(kRows, 0.5f), per_column(kPadded, 0.25f), x(kRows * 2, 3.0f),
      y(kPadded * 2, 4.0f);
  Matrix with(kRows, kColumns), without(kRows, kColumns);
  Int8GemmArgs args{
      a.data(),          64,       per_row.data(), per_row.data(),    kRows,
      b.data(),          kColumns, kInner / 4,     per_column.data(), per_column.data(),
      per_column.data(), 2,        x.data(),       y.data(),          kPadded,
      with.data(),       kColumns};
  vnni_transformer_kernels().int8.gemm(args);
  args.c = without.data();
  avx512_transformer_kernels().int8.gemm(args);
  EXPECT_TRUE(same(with, without));
  EXPECT_NE(with(0, 0), with(12, 44));
}

}  // namespace
}  // namespace pawl
