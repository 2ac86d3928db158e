// One contract, run on every instruction set this machine has; references are computed in double.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/rng.h"
#include "math/isa.h"
#include "math/matrix.h"

namespace pawl {

class EveryIsa : public testing::TestWithParam<Isa> {
 protected:
  Matrix random(size_t rows, size_t cols, double scale = 1.0) {
    Matrix out(rows, cols);
    for (size_t i = 0; i < out.size(); ++i) {
      out.data()[i] = static_cast<float>(scale * rng_.normal());
    }
    return out;
  }

  ScopedIsa isa_{GetParam()};
  Rng rng_{7};
};

inline std::string isa_test_name(const testing::TestParamInfo<Isa>& info) {
  return std::string(isa_name(info.param));
}

inline void expect_near(ConstMatrixView actual, const std::vector<double>& expected,
                        double tolerance = 1e-5) {
  ASSERT_EQ(actual.rows * actual.cols, expected.size());
  for (size_t i = 0; i < actual.rows; ++i) {
    for (size_t j = 0; j < actual.cols; ++j) {
      const double want = expected[i * actual.cols + j];
      ASSERT_NEAR(actual.row(i)[j], want, tolerance * (1.0 + std::abs(want)))
          << "at row " << i << ", column " << j;
    }
  }
}

}  // namespace pawl

#define PAWL_EVERY_ISA(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(supported_isas()), isa_test_name)
