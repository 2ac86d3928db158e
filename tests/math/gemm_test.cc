#include "math/gemm.h"

#include <algorithm>
#include <cstring>

#include "tests/math/math_fixture.h"

namespace pawl {
namespace {

class GemmTest : public EveryIsa {};
PAWL_EVERY_ISA(GemmTest);

struct Shape {
  size_t m, n, k;
};

const Shape kShapes[] = {{1, 1, 1},     {1, 288, 96},  {2, 64, 106},  {3, 33, 17},  {5, 31, 8},
                         {6, 16, 24},   {7, 48, 384},  {13, 32, 9},   {97, 65, 96}, {200, 7, 130},
                         {4, 300, 500}, {31, 288, 96}, {16, 64, 800}, {12, 8, 0},   {0, 8, 4}};

// a(i, k) * b(k, j) summed, through accessors.
template <typename A, typename B>
std::vector<double> reference(const Shape& s, A&& a, B&& b) {
  std::vector<double> out(s.m * s.n, 0.0);
  for (size_t i = 0; i < s.m; ++i) {
    for (size_t j = 0; j < s.n; ++j) {
      for (size_t k = 0; k < s.k; ++k) out[i * s.n + j] += double{a(i, k)} * double{b(k, j)};
    }
  }
  return out;
}

void add_bias(std::vector<double>& out, const Matrix& bias) {
  for (size_t i = 0; i < out.size(); ++i) out[i] += bias.data()[i % bias.cols()];
}

TEST_P(GemmTest, TimesTransposeWithBias) {
  for (const Shape& s : kShapes) {
    const Matrix a = random(s.m, s.k), b = random(s.n, s.k), bias = random(1, s.n);
    Matrix c(s.m, s.n, 99.0f);
    gemm_nt(a, b, bias.data(), c);
    auto expected = reference(
        s, [&](size_t i, size_t k) { return a(i, k); },
        [&](size_t k, size_t j) { return b(j, k); });
    add_bias(expected, bias);
    expect_near(c, expected, 1e-4);
  }
}

TEST_P(GemmTest, TimesMatrixAndAccumulates) {
  for (const Shape& s : kShapes) {
    const Matrix a = random(s.m, s.k), b = random(s.k, s.n);
    Matrix c(s.m, s.n, 99.0f);
    gemm_nn(a, b, c);
    auto expected = reference(
        s, [&](size_t i, size_t k) { return a(i, k); },
        [&](size_t k, size_t j) { return b(k, j); });
    expect_near(c, expected, 1e-4);
    gemm_nn(a, b, c, true);
    for (double& value : expected) value *= 2;
    expect_near(c, expected, 1e-4);
  }
}

TEST_P(GemmTest, TransposeTimesMatrixAndAccumulates) {
  for (const Shape& s : kShapes) {
    const Matrix a = random(s.k, s.m), b = random(s.k, s.n);
    Matrix c(s.m, s.n, 1.0f);
    gemm_tn(a, b, c, true);
    auto expected = reference(
        s, [&](size_t i, size_t k) { return a(k, i); },
        [&](size_t k, size_t j) { return b(k, j); });
    for (double& value : expected) value += 1;
    expect_near(c, expected, 1e-4);
  }
}

TEST_P(GemmTest, PackedEqualsUnpackedBitForBit) {
  for (const Shape& s : kShapes) {
    const Matrix a = random(s.m, s.k), b = random(s.n, s.k), bias = random(1, s.n);
    Matrix plain(s.m, s.n), packed(s.m, s.n);
    gemm_nt(a, b, bias.data(), plain);
    gemm(a, PackedMatrix(b), bias.data(), packed);
    EXPECT_TRUE(std::equal(plain.data(), plain.data() + plain.size(), packed.data()));
  }
}

TEST_P(GemmTest, PackedRowsCanBeReordered) {
  const Matrix a = random(9, 20), b = random(6, 20);
  const std::vector<uint32_t> order = {5, 0, 2, 1, 4, 3};
  Matrix plain(9, 6), ordered(9, 6), unpacked(9, 6);
  gemm_nt(a, b, nullptr, plain);
  gemm(a, PackedMatrix(b, order), nullptr, ordered);
  gemm_nt(a, b, nullptr, unpacked, false, &order);
  for (size_t i = 0; i < 9; ++i) {
    for (size_t j = 0; j < 6; ++j) {
      EXPECT_EQ(ordered(i, j), plain(i, order[j]));
      EXPECT_EQ(unpacked(i, j), plain(i, order[j]));
    }
  }
}

TEST_P(GemmTest, ARowDoesNotDependOnItsBatch) {
  const Matrix a = random(101, 288), b = random(100, 288);
  const PackedMatrix packed(b);
  Matrix all(101, 100);
  gemm(a, packed, nullptr, all);
  for (size_t i = 0; i < a.rows(); ++i) {
    Matrix one(1, 100);
    gemm({a.row(i), 1, 288}, packed, nullptr, one);
    EXPECT_EQ(std::memcmp(one.data(), all.row(i), 100 * sizeof(float)), 0) << "row " << i;
  }
}

TEST_P(GemmTest, StridesAreRespectedAndNothingElseIsWritten) {
  const Matrix a = random(10, 40), b = random(12, 50);
  Matrix c(10, 30, -5.0f);
  gemm_nt({a.data() + 3, 10, 20, 40}, {b.data() + 7, 12, 20, 50}, nullptr,
          {c.data() + 4, 10, 12, 30});
  for (size_t i = 0; i < 10; ++i) {
    for (size_t j = 0; j < 30; ++j) {
      if (j < 4 || j >= 16) {
        EXPECT_EQ(c(i, j), -5.0f);
        continue;
      }
      double sum = 0;
      for (size_t k = 0; k < 20; ++k) sum += double{a(i, 3 + k)} * double{b(j - 4, 7 + k)};
      EXPECT_NEAR(c(i, j), sum, 1e-4);
    }
  }
}

TEST_P(GemmTest, PackedWeightsSurviveAChangeOfInstructionSet) {
  const Matrix a = random(5, 30), b = random(40, 30);
  const PackedMatrix packed(b);
  Matrix before(5, 40), after(5, 40);
  gemm(a, packed, nullptr, before);
  {
    const ScopedIsa other(Isa::kBaseline);
    gemm(a, packed, nullptr, after);
  }
  EXPECT_EQ(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)), 0);
}

}  // namespace
}  // namespace pawl
